"""How long the list of Runs takes with 1,000 and 10,000 runs in the library: to open, and to scroll to the end.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.many_runs

One window, a library of its own in a folder that is removed at the end. Every run has figures and settings, every tenth
is a branch; "by fives", they are groups of five seeds instead. "open": from the choice of Runs, whose cards were made
before, until the list is painted; "sort", "search" and "all" likewise from what a person chooses. "page": from a jump
in the list until the rows there are painted. "wheel": a hand turns the wheel over the list, 60 notches a second, down
and up again; from the moment that a notch is posted until the list has scrolled. Prints one line of JSON. To reach:
0.5 s for 1,000 runs, 2 s for 10,000, for each of the first four; pages in 100 ms; the wheel's p99 in 16 ms.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import main

main.set_threads()

import numpy as np  # noqa: E402
from PyQt5.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer  # noqa: E402
from PyQt5.QtGui import QWheelEvent  # noqa: E402
from PyQt5.QtWidgets import QApplication, QWidget  # noqa: E402

from engine.experiment import Experiment  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.cards.runs.run_table import RunTable  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.library import Library  # noqa: E402
from nnviz.session.status import Status  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402
from tests.nnviz.cards.runs.seed_helpers import group_of  # noqa: E402
from tests.nnviz.helpers import find  # noqa: E402

COUNTS = (1000, 10_000)
PAGES = 40  # jumps
NOTCHES, NOTCHES_PER_SECOND, TURN = 600, 60, 960  # of the wheel; eighths of a degree, as of a quick hand


def fill(path: Path, count: int, seeds: int) -> None:
    """A given number of runs with figures, without moments, in groups of a given number of seeds."""
    made = Experiment()
    random = np.random.default_rng(1)
    with Library(path) as library:
        for number in range(1, count + 1):
            parent = number - 1 if number % 10 == 0 and seeds == 1 else None
            rate = float(random.choice([0.01, 0.05, 0.1, 0.2, 0.5]))
            note = "worth a second look" if number % 7 == 0 else ""
            run = library.begin(made.changed(learning_rate=rate), "MNIST", parent, 4.0 if parent else None, note=note)
            with library.database.writing():
                error = float(random.uniform(0.015, 0.1))
                figures = {"test_error": error, "train_error": error / 3, "epochs": 20.0, "status": "finished"}
                library.database.update_run(run, figures)
        if seeds > 1:
            runs = library.runs(ascending=True).ids
            for first in range(0, count, seeds):
                group_of(library, runs[first : first + seeds], made)


class Wheel(threading.Thread):
    """Turns the wheel over a widget at a steady pace, in a thread of its own: a busy window does not slow it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__()
        self._over = over
        self.posted: deque[float] = deque()  # of the notches, when each was posted
        self.done = False

    def run(self) -> None:
        """Down for half of the time, then up."""
        place, due = QPointF(self._over.rect().center()), time.perf_counter()
        for number in range(NOTCHES):
            due += 1 / NOTCHES_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            turned = QPoint(0, -TURN if number < NOTCHES // 2 else TURN)
            nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
            event = QWheelEvent(place, place, QPoint(), turned, *nothing, False)
            self.posted.append(time.perf_counter())
            QCoreApplication.postEvent(self._over, event)
        self.done = True


class Scrolled(QObject):
    """Notes how long each notch took from its posting until the list had scrolled, and was painted if it had to be."""

    def __init__(self, wheel: Wheel, over: QWidget) -> None:
        super().__init__()
        self._wheel, self.taken = wheel, []
        over.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees the notch before the list does, which handles it before the next event comes."""
        if event.type() == QEvent.Type.Wheel and self._wheel.posted:
            posted = self._wheel.posted.popleft()
            QTimer.singleShot(0, lambda: self.taken.append(1000 * (time.perf_counter() - posted)))
        return False


def wheel(window: MainWindow) -> list[float]:
    """Milliseconds that each notch took."""
    over = find(window, RunTable, "runsTable").viewport()
    find(window, RunTable, "runsTable").verticalScrollBar().setValue(0)
    hand = Wheel(over)
    eye = Scrolled(hand, over)
    hand.start()
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if hand.done else None)
    timer.start(100)
    loop.exec()
    hand.join()
    over.removeEventFilter(eye)
    return eye.taken


def until(reached: Callable[[], bool], seconds: float = 30) -> float:
    """Seconds until this is so, with events handled, and the processor left to others between them; or TimeoutError."""
    begun, beat = time.perf_counter(), QTimer()
    beat.start(5)
    while not reached():
        QApplication.processEvents(
            QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        )
        if time.perf_counter() - begun > seconds:
            raise TimeoutError("it did not come to that")
    return time.perf_counter() - begun


def timed(window: MainWindow, act: Callable[[], object]) -> float:
    """Seconds from an action until the list that follows is painted."""
    listed: list[bool] = []
    window.session.library.listed.connect(lambda: listed.append(True))
    begun = time.perf_counter()
    act()
    until(lambda: bool(listed))
    find(window, RunTable, "runsTable").viewport().repaint()
    return time.perf_counter() - begun


def pages(window: MainWindow) -> list[float]:
    """Milliseconds from a jump until the rows there are known and painted."""
    table, library = find(window, RunTable, "runsTable"), window.session.library
    bar, taken = table.verticalScrollBar(), []
    for number in np.random.default_rng(2).permutation(PAGES):
        begun = time.perf_counter()
        bar.setValue(round(bar.maximum() * (int(number) + 0.5) / PAGES))
        table.viewport().repaint()
        rows = range(table.rowAt(1), table.rowAt(table.viewport().height() - 2) + 1)
        until(
            lambda rows=rows: all(library.record(run) is not None for row in rows for run in library.rows[row].all_runs)
        )
        table.viewport().repaint()
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def measured(window: MainWindow) -> dict[str, Any]:
    session = window.session
    figures = {
        "open_s": timed(window, lambda: window.show_workspace("runs")),
        "sort_s": timed(window, lambda: session.library.sort_by("test_error")),
        "search_s": timed(window, lambda: session.library.find("second look")),
        "all_s": timed(window, lambda: session.library.find("")),
    }
    taken, notches = pages(window), wheel(window)
    return {
        **{name: round(value, 3) for name, value in figures.items()},
        "page_ms": {"median": round(float(np.median(taken)), 1), "most": round(max(taken), 1)},
        "wheel_ms": {"p99": round(float(np.percentile(notches, 99)), 1), "most": round(max(notches), 1)},
    }


def of(folder: Path, count: int, seeds: int) -> dict[str, Any]:
    """The figures for a given number of runs, in groups of a given number of seeds."""
    path = folder / f"{count}-{seeds}.sqlite"
    fill(path, count, seeds)
    os.environ["NNVIZ_LIBRARY"] = str(path)
    window = create_window("dark", Preferences(None))
    window.session.records.set_on(False)
    window.show()
    wait_until(window, lambda: window.session.state is not Status.LOADING)
    window.show_workspace("runs")  # makes the cards
    until(lambda: window.session.library.is_read)
    window.show_workspace("train")
    QApplication.processEvents()
    gc.freeze()  # as the program does when its window stands
    try:
        return measured(window)
    finally:
        window.close_unasked()


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {str(count): of(Path(folder), count, 1) for count in COUNTS}
        found |= {f"{count} by fives": of(Path(folder), count, 5) for count in COUNTS}
    print(json.dumps(found))


if __name__ == "__main__":
    run()
