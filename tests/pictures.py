"""Makes the README's pictures of the window, in assets/pictures. Look at them before they go in.

Those of Fashion-MNIST need its files: the Debian package dataset-fashion-mnist, or what was downloaded before.

python -m tests.pictures
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.assets_folder import ASSETS

ROOT = ASSETS.parent
FOLDER = ASSETS / "pictures"
TRAINED = ("--epochs", "20", "--draw")
PICTURES: dict[str, tuple[str, ...]] = {
    "window-dark.png": ("--theme", "dark", *TRAINED),
    "window-light.png": ("--theme", "light", *TRAINED),
    "inside-dark.png": ("--workspace", "inside", "--theme", "dark", *TRAINED),
    "inside-light.png": ("--workspace", "inside", "--theme", "light", *TRAINED),
    "plane-dark.png": ("--theme", "dark", "--data", "spirals", "--epochs", "200"),
    "plane-light.png": ("--theme", "light", "--data", "spirals", "--epochs", "200"),
    "table-dark.png": ("--theme", "dark", "--data", "mpg", "--epochs", "40"),
    "table-light.png": ("--theme", "light", "--data", "mpg", "--epochs", "40"),
    "fashion-dark.png": ("--theme", "dark", "--data", "fashion-mnist", "--epochs", "10"),
    "fashion-light.png": ("--theme", "light", "--data", "fashion-mnist", "--epochs", "10"),
    "window-1280x720.png": ("--theme", "dark", "--size", "1280x720", *TRAINED),
    "window-200-percent.png": ("--theme", "light", *TRAINED),
    "window-training.png": ("--theme", "dark", "--epochs", "12", "--of", "20", "--draw"),
}
SCALED = {"window-200-percent.png": "2"}


def make(file: Path, *options: str, scale: str = "1") -> None:
    """A picture of the window, as a PNG; the options are those of the screenshot command."""
    command = [sys.executable, "main.py", "screenshot", str(file), *options]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "QT_SCALE_FACTOR": scale}, check=True)


def main() -> None:
    """All of them, one after the other."""
    for name, options in PICTURES.items():
        make(FOLDER / name, *options, scale=SCALED.get(name, "1"))
        print(f"{name}: {(FOLDER / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
