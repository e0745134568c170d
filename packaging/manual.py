"""Makes the manual pages from ``--help`` with help2man: ``python packaging/manual.py FOLDER``.

There is a page for the program, and one for each of its commands and of the actions of ``runs``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.version import __version__
from nnviz.commands.options import parser

_AS_HELP2MAN_EXPECTS = (
    (r"^(usage|options|examples):", lambda found: found[0].capitalize()),
    (r"(?<=^Examples:\n)", "\n"),
    (r"^  (?=nnviz )", "  $ "),
)
_MORE = """[environment]
.TP
.B NNVIZ_LIBRARY
The file in which runs are recorded.
.TP
.B NNVIZ_CACHE
The folder of downloaded data.
.TP
.B XDG_CONFIG_HOME, XDG_DATA_HOME
The folders in which nnviz has a folder of settings and presets, and one of runs, examples and the log.

[see also]
{pages}
"""


def pages(name: str, command: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yields the name of the page of a command, and those of the commands in it."""
    yield name, command
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from pages(f"{name}-{word}", inner)


def write_page(page: Path, about: str, command: argparse.ArgumentParser, others: list[str]) -> None:
    """Writes a page, with the names of others at its end. Raises CalledProcessError if help2man fails."""
    words = command.format_help()
    for pattern, replacement in _AS_HELP2MAN_EXPECTS:
        words = re.sub(pattern, replacement, words, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        program, more = Path(folder) / page.stem, Path(folder) / "more"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{words}END\n", encoding="utf-8")
        program.chmod(0o755)
        more.write_text(_MORE.format(pages=",\n".join(f".BR {name} (1)" for name in others)))
        options = ["--no-info", "--locale=C.UTF-8", f"--name={about}", f"--version-string={__version__}"]
        subprocess.run(["help2man", *options, f"--include={more}", f"--output={page}", program], check=True)


def main(folder: Path) -> None:
    """Writes all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["COLUMNS"] = "10000"  # man breaks the lines
    sys.argv[0] = "nnviz"  # so the program calls itself
    every = dict(pages("nnviz", parser()))
    for name, command in every.items():
        about = (command.description or "").split(" (")[0].split(":")[0].rstrip(".")
        about = "train a neural network and watch it learn" if name == "nnviz" else about[0].lower() + about[1:]
        write_page(folder / f"{name}.1", about, command, [other for other in every if other != name])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
