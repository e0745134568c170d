"""Makes the manual pages from ``--help`` with help2man: ``python packaging/manual.py FOLDER``.

There is a page for the program, and one for each of its commands.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.version import __version__
from nnviz.commands.options import parser

_AS_HELP2MAN_EXPECTS = (
    (r"^(usage|options|examples):", lambda found: found[0].capitalize()),
    (r"(?<=^Examples:\n)", "\n"),
    (r"^  (?=nnviz )", "  $ "),
)


def write_page(page: Path, about: str, command: argparse.ArgumentParser) -> None:
    """Writes the page of a command, or of the whole program. Raises CalledProcessError if help2man fails."""
    words = command.format_help()
    for pattern, replacement in _AS_HELP2MAN_EXPECTS:
        words = re.sub(pattern, replacement, words, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / page.stem
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{words}END\n", encoding="utf-8")
        program.chmod(0o755)
        options = ["--no-info", "--locale=C.UTF-8", f"--name={about}", f"--version-string={__version__}"]
        subprocess.run(["help2man", *options, f"--output={page}", program], check=True)


def main(folder: Path) -> None:
    """Writes all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["COLUMNS"] = "10000"  # man breaks the lines
    sys.argv[0] = "nnviz"  # so the program calls itself
    whole = parser()
    write_page(folder / "nnviz.1", "train a neural network and watch it learn", whole)
    for name, command in whole.commands.items():
        about = command.description.split(" (")[0].rstrip(".")
        write_page(folder / f"nnviz-{name}.1", about[0].lower() + about[1:], command)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
