"""How long large data take to open, what they take of memory, and whether the mouse stays quick meanwhile.

    python -m tests.benchmarks.importing [--rows N] [--pictures N] [--rounds N] [--platform offscreen|xcb] [--json FILE]

A CSV of a million rows and 20 columns, and a folder of 20,000 PNG of 64 × 64, are made in a temporary folder, opened
with the preview, and used, each time in a new window of a new process. The mouse moves 125 times a second meanwhile;
its latency is from the moment a move is posted until it is handled. Memory is that of the window and of the process
that reads, together, at its highest. Where pandas is installed, it reads the same file after each window, with the
same rest before: memory that another process gave back a moment ago is had faster. Medians of the rounds. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import main

main.set_threads()

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from PyQt5.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer  # noqa: E402
from PyQt5.QtGui import QMouseEvent  # noqa: E402
from PyQt5.QtWidgets import QWidget  # noqa: E402

from nnviz.app import create_window  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from tests.benchmarks.hand import EVENTS_PER_SECOND, percentiles  # noqa: E402

COLUMNS, CLASSES = 20, 10
REST_SECONDS = 3.0
_AT_ONCE = 50_000  # rows that are written
_PANDAS = (
    "import sys, time, pandas; start = time.perf_counter(); pandas.read_csv(sys.argv[1]);"
    "print(time.perf_counter() - start)"
)


# ---- the data


def write_table(file: Path, rows: int) -> None:
    """Numbers of six digits; the last column is a sum of two others."""
    rng = np.random.default_rng(0)
    names = [*(f"x{number}" for number in range(1, COLUMNS)), "y"]
    with file.open("w") as out:
        out.write(",".join(names) + "\n")
        for start in range(0, rows, _AT_ONCE):
            inputs = rng.normal(size=(min(_AT_ONCE, rows - start), COLUMNS - 1))
            np.savetxt(out, np.column_stack([inputs, 2 * inputs[:, 0] + inputs[:, 1]]), "%.6g", ",")


def write_pictures(folder: Path, count: int, side: int = 64) -> None:
    """Noise, brighter from class to class."""
    rng = np.random.default_rng(0)
    for number in range(count):
        of_class = folder / f"class {number % CLASSES}"
        of_class.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 25 * (1 + number % CLASSES), (side, side), np.uint8)
        Image.fromarray(pixels).save(of_class / f"{number}.png")


# ---- what is measured


class Hand(QObject):
    """Moves the mouse over a widget, in a thread of its own, and notes how long each move waits to be handled."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.waited: list[float] = []
        self.peak = 0.0
        self._widget = widget
        self._posted: deque[float] = deque()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._move, self._watch_memory)]
        widget.setMouseTracking(True)  # else moves without a button are dropped
        widget.installEventFilter(self)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()
        QCoreApplication.processEvents()
        self._widget.removeEventFilter(self)

    def _move(self) -> None:
        due = time.perf_counter()
        while not self._ends.is_set():
            due += 1 / EVENTS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            move = QMouseEvent(
                QEvent.Type.MouseMove,
                QPointF(5, 5),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
            )
            self._posted.append(time.perf_counter())
            QCoreApplication.postEvent(self._widget, move)

    def _watch_memory(self) -> None:
        while not self._ends.wait(0.02):
            self.peak = max(self.peak, sum(map(_megabytes, [os.getpid(), *_children()])))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees a move when it is handled."""
        if event.type() == QEvent.Type.MouseMove and self._posted:
            self.waited.append(time.perf_counter() - self._posted.popleft())
        return False


def _children() -> list[int]:
    found: list[int] = []
    for file in Path("/proc/self/task").glob("*/children"):
        try:
            found += map(int, file.read_text().split())
        except OSError:  # the thread has just ended
            continue
    return found


def _megabytes(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):  # it has just ended
        return 0.0


def opened(window: MainWindow, path: Path, **settings: Any) -> dict[str, Any]:
    """Opens data with the preview, and uses them."""
    importing, data = window.session.data_import, window.session.data
    at_rest = Hand(window.head)
    at_rest.start()
    begun = time.perf_counter()
    wait_until(lambda: time.perf_counter() > begun + REST_SECONDS)
    at_rest.stop()
    hand, heads = Hand(window.head), []
    importing.changed.connect(lambda: heads.append(time.perf_counter()) if importing.found is not None else None)
    before = _megabytes(os.getpid())
    hand.start()
    start = time.perf_counter()
    importing.open(str(path))
    wait_until(lambda: not importing.is_reading)
    if settings:
        importing.choose(**settings)
        wait_until(lambda: not importing.is_reading)
    read = time.perf_counter()
    assert importing.can_use, importing.error
    importing.use()
    wait_until(lambda: not data.loading)
    used = time.perf_counter()
    wait_until(lambda: time.perf_counter() > used + 0.5)  # until what follows the data is over, too
    hand.stop()
    assert data.dataset is not None
    return {
        "head_seconds": heads[0] - start,
        "read_seconds": read - start,
        "use_seconds": used - read,
        "examples": len(data.dataset.train) + len(data.dataset.test or ()),
        "mouse_latency_ms": percentiles(hand.waited),
        "at_rest_ms": percentiles(at_rest.waited),
        "window_megabytes_before": before,
        "peak_megabytes": hand.peak,
    }


def wait_until(reached: Callable[[], bool]) -> None:
    """Lets the window live until then."""
    loop, look = QEventLoop(), QTimer()
    look.timeout.connect(lambda: loop.quit() if reached() else None)
    look.start(5)
    loop.exec()
    look.stop()


def pandas_seconds(file: Path) -> float | None:
    """What pandas takes to read it, in a process of its own; None if it is not installed."""
    if importlib.util.find_spec("pandas") is None:
        return None
    done = subprocess.run([sys.executable, "-c", _PANDAS, str(file)], capture_output=True, text=True, check=True)
    return float(done.stdout)


@contextmanager
def new_window(home: Path) -> Iterator[MainWindow]:
    """A window of nobody, with MNIST."""
    window = create_window(settings=home / "settings.json")
    window.resize(1440, 900)
    window.show()
    wait_until(lambda: not window.session.data.loading)
    gc.freeze()  # as the window does at its start
    yield window
    window.close_unasked()


def measured(path: Path, rounds: int) -> list[dict[str, Any]]:
    """Opens the data in a given number of new windows, and lets pandas read them after each if they are a table."""
    found = []
    command = [sys.executable, "-m", "tests.benchmarks.importing", "--one", str(path)]
    for _ in range(rounds):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found.append(json.loads(done.stdout))
        if path.is_file():
            time.sleep(REST_SECONDS)
            found[-1]["pandas_seconds"] = pandas_seconds(path)
    return found


def measured_once(path: Path) -> dict[str, Any]:
    """Opens the data in a new window of this process."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNVIZ_LIBRARY"] = f"{home}/library.sqlite"
        with new_window(Path(home)) as window:
            return opened(window, path)


def print_figures(name: str, rounds: list[dict[str, Any]]) -> None:
    def median(*path: str) -> float:
        return statistics.median(reduce(getitem, path, figures) for figures in rounds)

    print(f"{name}: {rounds[0]['examples']:,} examples, {len(rounds)} rounds")
    print(f"  head shown after {median('head_seconds'):.2f} s, read in {median('read_seconds'):.2f} s", end="")
    print(f", used after {median('use_seconds'):.2f} s more")
    of_mouse = (f"{which} {median('mouse_latency_ms', which):.1f}" for which in ("p50", "p99", "max"))
    print(f"  mouse {', '.join(of_mouse)} ms; at rest p99 {median('at_rest_ms', 'p99'):.1f}")
    print(f"  at most {median('peak_megabytes'):,.0f} MB", end="")
    print(f", of which the window had {median('window_megabytes_before'):,.0f} before")
    if rounds[0].get("pandas_seconds"):
        ratios = [(each["read_seconds"] + each["use_seconds"]) / each["pandas_seconds"] for each in rounds]
        print(f"  pandas {median('pandas_seconds'):.2f} s: {statistics.median(ratios):.2f} times as long", end="")
        print(f" ({min(ratios):.2f} to {max(ratios):.2f})")
    elif "pandas_seconds" in rounds[0]:
        print("  pandas is not installed")


def run() -> None:
    parser = argparse.ArgumentParser(description="Opening large data")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--platform", default="offscreen")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measured_once(arguments.one)))
        return
    os.environ["QT_QPA_PLATFORM"] = arguments.platform
    with tempfile.TemporaryDirectory() as folder:
        table, pictures = Path(folder) / "table.csv", Path(folder) / "pictures"
        write_table(table, arguments.rows)
        write_pictures(pictures, arguments.pictures)
        figures = {"table": measured(table, arguments.rounds), "folder": measured(pictures, arguments.rounds)}
    for name, rounds in figures.items():
        print_figures(name, rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    run()
