"""Draws the three workspaces in both themes, of any version of nnviz: it uses nothing of it but what is stable.

It starts where the program lies, and shows what the settings and the library of the home folder say, or the run FILE:
python render_scenes.py SIZE HOME [FILE]. The pictures are HOME/WORKSPACE-THEME.png.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, os.getcwd())
import main  # of the version in the working folder

main.set_threads()
import numpy as np  # noqa: E402
from PyQt5.QtCore import QEventLoop, Qt, QTimer  # noqa: E402
from PyQt5.QtTest import QTest  # noqa: E402
from PyQt5.QtWidgets import QAction, QTableView  # noqa: E402

from nnviz.app import create_window  # noqa: E402

WORKSPACES, THEMES = ("train", "inside", "runs"), ("Light", "Dark")
DIGIT = [np.array([(60.0, 60.0), (200.0, 60.0), (120.0, 250.0)])]
LOOKS, MILLISECONDS = (
    10,
    50,
)  # it rests if it did nothing at this number of looks in a row, with that pause between them
LITTLE = 0.003  # seconds of the interface between two looks that count as nothing
_new_rng = np.random.default_rng
np.random.default_rng = lambda seed=1: _new_rng(seed)  # the example that the window chooses at random is the same


def settle() -> None:
    """Runs the event loop until nothing works any more: no event, no other thread, no child process."""
    calm = 0
    while calm < LOOKS:
        before, loop = time.thread_time(), QEventLoop()
        QTimer.singleShot(MILLISECONDS, loop.quit)
        loop.exec()
        calm = 0 if time.thread_time() - before > LITTLE or _works(os.getpid()) else calm + 1


def _works(process: int) -> bool:
    """Whether a thread of the process, but for the calling one, or of its children wants a core or reads a disk."""
    for task in Path(f"/proc/{process}/task").glob("*"):
        try:
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            children = (task / "children").read_text().split()
        except OSError:
            continue  # it has ended meanwhile
        if int(task.name) != os.getpid() and state in "RD":
            return True
        if any(_works(int(child)) for child in children):
            return True
    return False


def draw(window: Any, home: Path) -> None:
    """Writes the pictures of all workspaces in both themes."""
    if window.session.dataset.example_shape == (28, 28):
        window.canvas.set_strokes(DIGIT)
    window.show_workspace("runs")
    settle()
    table = window.findChild(QTableView, "runsTable")
    for row in (0, 1):  # a click compares
        place = table.visualRect(table.model().index(row, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        settle()
    for theme in THEMES:
        window.findChild(QAction, f"actionTheme{theme}").trigger()
        for workspace in WORKSPACES:
            window.show_workspace(workspace)
            settle()
            window.grab().save(str(home / f"{workspace}-{theme.lower()}.png"))


def show(size: str, home: Path, file: str | None = None) -> None:
    """Opens the window; with a run only so that the next one begins with that."""
    window = create_window(settings=home / "settings.json", opens=file)
    window.resize(*map(int, size.split("x")))
    window.show()
    settle()
    if file is None:
        draw(window, home)
    window.close()


if __name__ == "__main__":
    show(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
