"""A screen of our own and the program on it, started and handled as a person does: by key, mouse and sight.

Nothing in the program knows that it is tested. What it shows is read from the X server; where its widgets lie is
asked of a second window, built the same way without a display.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tests.e2e.x11 import ask_to_close

ROOT = Path(__file__).resolve().parents[2]
CHECKOUT = (sys.executable, str(ROOT / "main.py"))
PATIENCE = 30.0  # seconds; for a machine that is busy with other things

T = TypeVar("T")
Point = tuple[int, int]
Box = tuple[int, int, int, int]  # left, top, width, height


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Looks until there is something to see, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)


class Screen:
    """An X server that draws into a file, from which its picture can be read."""

    size = (1600, 1000)

    def __init__(self, folder: Path, *more: str) -> None:
        """Starts the server, with more of its options."""
        self._picture = folder / "Xvfb_screen0"
        readable, writable = os.pipe()
        width, height = self.size
        # The server looks for a free display by itself and tells its number when it is ready.
        options = ["-screen", "0", f"{width}x{height}x24", "-dpi", "96", "-nolisten", "tcp", "-noreset", *more]
        with (folder / "xvfb.log").open("wb") as log:
            self._server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writable), "-fbdir", str(folder), *options],
                pass_fds=[writable],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(writable)
        with os.fdopen(readable) as number:
            self.display = f":{number.readline().strip()}"
        assert self.display != ":", (folder / "xvfb.log").read_text()

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=PATIENCE)

    def pixels(self, box: Box | None = None) -> npt.NDArray[np.uint8]:
        """(height, width, 3), red first. The file is an X window dump: a header, a colour table, the rows."""
        dump = np.memmap(self._picture, dtype=np.uint8, mode="r")
        header = dump[:100].view(">u4")
        length, width, height, bytes_per_line, colours = (int(header[i]) for i in (0, 4, 5, 12, 19))
        start = length + 12 * colours
        rows = dump[start : start + height * bytes_per_line].reshape(height, bytes_per_line // 4, 4)
        left, top, w, h = box or (0, 0, width, height)
        return np.array(rows[top : top + h, left : left + w, 2::-1])

    def save(self, path: Path) -> None:
        from PIL import Image

        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(self.pixels()).save(path)


class Program:
    """The program with a home of its own, and the hands of a person at it."""

    def __init__(self, screen: Screen, home: Path, command: Sequence[str] = CHECKOUT, **variables: str) -> None:
        self.screen = screen
        self.environment = environment(home, DISPLAY=screen.display) | variables
        self._output = home / "output.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    # --- eyes

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def windows(self) -> list[str]:
        """The program's visible windows that have a title, which leaves tooltips out."""
        if self.process.poll() is not None:
            raise AssertionError(f"ended with exit code {self.process.returncode}:\n{self.output()}")
        search = self._run("search", "--onlyvisible", "--all", "--pid", str(self.process.pid), "--name", ".")
        return search.stdout.split()

    def title(self, window: str) -> str:
        return self._run("getwindowname", window).stdout.strip()

    def wait_for_window(self, title: str = "", but: Sequence[str] = ()) -> str:
        """The first window whose title matches ``title`` and that is not among ``but``."""

        def found() -> str:
            new = [window for window in self.windows() if window not in but]
            return next((window for window in new if re.search(title, self.title(window))), "")

        return until(found, f"a window titled {title!r}")

    def wait_for_title(self, window: str, pattern: str) -> str:
        def matching() -> str:
            title = self.title(window)
            return title if re.search(pattern, title) else ""

        return until(matching, f"a title like {pattern!r}; it is {self.title(window)!r}")

    def box(self, window: str) -> Box:
        """Where the window lies on the screen."""
        shell = self._run("getwindowgeometry", "--shell", window).stdout
        values = {key: int(value) for key, value in re.findall(r"^(\w+)=(-?\d+)$", shell, re.MULTILINE)}
        return values["X"], values["Y"], values["WIDTH"], values["HEIGHT"]

    # --- hands

    def focus(self, window: str) -> None:
        """There is no window manager here that would give a new window the keyboard."""
        self._do("windowfocus", "--sync", window)

    def key(self, *keys: str) -> None:
        self._do("key", *keys)

    def resize(self, window: str, size: tuple[int, int]) -> None:
        self._do("windowsize", "--sync", window, *map(str, size))

    def click(self, window: str, at: Point) -> None:
        self._do("mousemove", "--window", window, *map(str, at), "click", "1")

    def drag(self, window: str, path: Sequence[Point]) -> None:
        """Presses at the first point, moves through the others at a hand's pace, lets go at the last."""
        start, *rest = [["mousemove", "--window", window, str(x), str(y)] for x, y in path]
        moves = [word for move in rest for word in ("sleep", "0.01", *move)]
        self._do(*start, "mousedown", "1", *moves, "sleep", "0.01", "mouseup", "1")

    def close(self, window: str) -> None:
        """As the window's own close button does it: a polite question, which the program may answer with another."""
        ask_to_close(self.screen.display, int(window))

    def exit_code(self, seconds: float) -> int:
        """Fails if the program is still there after ``seconds``."""
        return self.process.wait(timeout=seconds)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=PATIENCE)

    def _do(self, *words: str) -> None:
        done = self._run(*words)
        assert done.returncode == 0, f"xdotool {' '.join(words)}: {done.stderr}"

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's, but with nobody's settings and no choice of platform."""
    hidden = ("XDG_", "QT_", "WAYLAND_", "XAUTHORITY", "DISPLAY", "DBUS_", "PYTEST_", "NNVIZ_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    folders = {}
    for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        folder = home / name.lower()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders[f"XDG_{name}"] = str(folder)
    return kept | folders | {"HOME": str(home), "LANG": "C.UTF-8"} | more


TWIN = """
import json, os, sys
import numpy as np
from nnviz.app import create_window
from nnviz.cards.stage.prediction.answer_view import Answer
from PyQt5.QtCore import QPoint, QRect
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QWidget
window = create_window()
window.resize(int(sys.argv[1]), int(sys.argv[2]))
window.show()
while window.session.data.dataset is None:  # the answer has the room that its classes need
    QApplication.processEvents()
for _ in range(20):
    QApplication.processEvents()
places = {}
for widget in window.findChildren(QWidget):
    if widget.objectName() and widget.isVisible():
        corner = widget.mapTo(window, widget.rect().topLeft())
        places[widget.objectName()] = (corner.x(), corner.y(), widget.width(), widget.height())
view, looks = window.stage.answer.view, []
view.show_answers((Answer("8", "100 % sure"),))
corner, slots = view.mapTo(window, QPoint(0, 0)), view._slots
place = QRect(corner.x(), corner.y() + int(slots.name), view.width(), int(slots.caption - slots.name))
places["answer"] = place.getRect()
for answers in (*((Answer(str(digit), "100 % sure"),) for digit in range(10)), ()):
    view.show_answers(answers)
    QApplication.processEvents()
    image = window.grab(place).toImage().convertToFormat(QImage.Format_RGB888)
    memory = image.constBits()
    memory.setsize(image.byteCount())
    rows = np.frombuffer(memory, np.uint8).reshape(image.height(), image.bytesPerLine())
    looks.append(rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy())
np.save(sys.argv[3], np.stack(looks))
print("places", json.dumps(places), flush=True)
os._exit(0)
"""


def twin_of(size: tuple[int, int], home: Path) -> tuple[dict[str, Box], npt.NDArray[np.uint8]]:
    """A window of ``size`` that needs no display: where its named widgets lie, and how the answers 0 to 9 look there.

    The looks of the large answer, and of none, are (11, height, width, 3). Its place is called "answer".
    """
    home.mkdir(parents=True, exist_ok=True)
    file = home / "answers.npy"
    twin = subprocess.run(
        [sys.executable, "-c", TWIN, *map(str, size), str(file)],
        cwd=ROOT,
        env=environment(home, QT_QPA_PLATFORM="offscreen"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    found = re.search(r"^places (.*)$", twin.stdout, re.MULTILINE)
    assert found, twin.stderr
    looks: npt.NDArray[np.uint8] = np.load(file)
    return {name: tuple(box) for name, box in json.loads(found[1]).items()}, looks
