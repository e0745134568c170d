"""Makes the pictures of the window in assets/pictures, and notes what they were made from.

    python -m tests.pictures

A test fails where the window was changed since: run it again then, and look at what it made.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from engine.assets_folder import ASSETS

ROOT = ASSETS.parent
FOLDER = ASSETS / "pictures"
NOTE = FOLDER / "made-from.txt"
TRAINED = ("--epochs", "20", "--draw")
PICTURES: dict[str, tuple[str, ...]] = {
    "window-dark.png": ("--theme", "dark", *TRAINED),
    "window-light.png": ("--theme", "light", *TRAINED),
    "window-1280x720.png": ("--theme", "dark", "--size", "1280x720", *TRAINED),
    "window-200-percent.png": ("--theme", "light", *TRAINED),
    "window-training.png": ("--theme", "dark", "--epochs", "12", "--of", "20", "--draw"),
}
SCALED = {"window-200-percent.png": "2"}


def made_from() -> str:
    """A checksum of all that the window is drawn from: its code, style sheet, fonts and icons."""
    files = [*(ROOT / "nnviz").rglob("*.py"), *(ROOT / "nnviz").rglob("*.qss")]
    files += [*(ASSETS / "fonts").glob("*.otf"), *(ASSETS / "icons").glob("*.svg")]
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.relative_to(ROOT).as_posix().encode())
        whole.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


def make() -> None:
    """All of them, one after the other."""
    for name, options in PICTURES.items():
        scale = {"QT_SCALE_FACTOR": SCALED[name]} if name in SCALED else {}
        command = [sys.executable, "main.py", "screenshot", str(FOLDER / name), *options]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **scale}, check=True)
        print(f"{name}: {(FOLDER / name).stat().st_size / 1000:.0f} kB")
    NOTE.write_text(f"{made_from()}\n", encoding="utf-8")


def stale() -> list[Path]:
    """Pictures that are missing; and all of them where the window is another by now."""
    note = NOTE.read_text(encoding="utf-8").strip() if NOTE.exists() else ""
    files = [FOLDER / name for name in PICTURES]
    return [file for file in files if note != made_from() or not file.exists()]


if __name__ == "__main__":
    make()
