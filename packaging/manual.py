"""Makes the manual pages from ``--help`` with help2man: ``python packaging/manual.py PROGRAM FOLDER``.

There is a page for the program, and one for each of its commands.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine.version import __version__
from nnviz.commands.options import parser


def write_page(program: str, page: Path, about: str, command: str = "") -> None:
    """Writes one page. Raises CalledProcessError if help2man fails."""
    options = ["--no-info", f"--name={about}", f"--help-option={command} --help", f"--version-string={__version__}"]
    subprocess.run(["help2man", *options, f"--output={page}", program], check=True)


def main(program: str, folder: Path) -> None:
    """Writes all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_page(program, folder / "nnviz.1", "train a neural network and watch it learn")
    for name, command in parser().commands.items():
        about = command.description.split(" (")[0].rstrip(".")
        write_page(program, folder / f"nnviz-{name}.1", about[0].lower() + about[1:], name)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
