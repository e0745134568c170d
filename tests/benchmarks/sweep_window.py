"""A sweep of 2,000 tiny runs beside the window: how long the mouse waits meanwhile, and what memory it takes.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.sweep_window [--runs 2000] [--seeds 1] [--json FILE]

Spirals, 2-4-2, one epoch, two settings that vary, by the pool of the window; each view of the sweep in a process of its
own, with a library of its own. A thread posts moves over the view, 125 a second; a move counts as handled when the
read-out is told. "news" are the batches of results a second; "memory" is what the window's process takes after a third
of the runs and at the end. To be reached: p99 of 16 ms, five batches a second at most.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import main as door

door.set_threads()

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt  # noqa: E402
from PyQt5.QtGui import QMouseEvent  # noqa: E402
from PyQt5.QtWidgets import QWidget  # noqa: E402

from engine.many.plan import SWEEP, Plan  # noqa: E402
from engine.many.vary import parsed  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.session.status import Status  # noqa: E402
from nnviz.session.trials import VIEWS  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402
from tests.benchmarks.hand import EVENTS_PER_SECOND, percentiles, wait  # noqa: E402
from tests.benchmarks.window_figures import SIZE, resident_megabytes  # noqa: E402


class Hover(threading.Thread):
    """Posts moves over a view at a steady pace."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(daemon=True)
        self._view = view
        self.posted: deque[float] = deque()
        self.is_over = False

    def run(self) -> None:
        due, step = time.perf_counter(), 0
        while not self.is_over:
            due, step = due + 1 / EVENTS_PER_SECOND, step + 1
            time.sleep(max(0.0, due - time.perf_counter()))
            place = QPointF(60 + (7 * step) % max(1, self._view.width() - 80), 20 + (3 * step) % 200)
            self.posted.append(time.perf_counter())
            event = QMouseEvent(QEvent.MouseMove, place, Qt.NoButton, Qt.NoButton, Qt.NoModifier)
            QCoreApplication.postEvent(self._view, event)


class Handled(QObject):
    """Notes how long moves waited until all that follows from them was done."""

    def __init__(self, hover: Hover, view: Any) -> None:
        super().__init__()
        self._hover = hover
        self.seconds: list[float] = []
        view.hovered.connect(self._done)  # after the panel, which shows the read-out
        view.installEventFilter(self)
        self._seen: float | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees a move before the view does."""
        if event.type() == QEvent.MouseMove and self._hover.posted:
            self._seen = self._hover.posted.popleft()
        return False

    def _done(self, *_: object) -> None:
        if self._seen is not None:  # results that come tell what lies under a resting mouse, too
            self.seconds.append(time.perf_counter() - self._seen)
            self._seen = None


def of_view(window: MainWindow, view: str, plan: Plan) -> dict[str, Any]:
    """Does the sweep while one view is shown."""
    session, views = window.session, window.card("trialsPage").views
    session.trials.set_view(view)
    target = {"dots": views.plots[0], "parallel": views.lines, "best": views.best}[view]
    news: list[float] = []
    session.sweeps.came.connect(lambda _: news.append(time.perf_counter()))
    hover = Hover(target)
    handled = Handled(hover, target)
    begun, memory = time.perf_counter(), 0.0
    session.sweeps.start(plan)
    hover.start()
    while session.sweeps.how_far is not None:
        wait(0.2)
        table = session.trials.table
        if not memory and table is not None and len(table.runs) >= (plan.most_runs or 0) / 3:
            memory = resident_megabytes()
    hover.is_over = True
    hover.join()
    seconds = time.perf_counter() - begun
    session.messages.dismiss()
    return {
        "seconds": round(seconds, 1),
        "news_per_second": round(len(news) / seconds, 2),
        "mouse_ms": {name: round(value, 1) for name, value in percentiles(handled.seconds).items()},
        "memory_mb": [round(memory), round(resident_megabytes())],
    }


def run(view: str, runs: int, seeds: int) -> dict[str, Any]:
    """In this process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NNVIZ_LIBRARY"] = str(Path(folder, "library.sqlite"))
        preferences = Preferences(None)
        window = create_window("dark", preferences)
        preferences.set("dataset", "spirals")
        window.hints.remove_all()
        window.resize(*SIZE)
        window.show()
        session = window.session
        wait_until(window, lambda: session.state is not Status.LOADING)
        session.records.set_on(True)
        session.settings.change("tiny", hidden=(4,), epochs=1, optimizer="adam", learning_rate=0.01)
        window.show_sweep_form()
        wait(1)
        gc.collect()
        gc.freeze()  # as the window does at its start
        vary = tuple(map(parsed, ("learning-rate=log:0.0001..1", "dropout=0..0.5")))
        plan = Plan(SWEEP, (session.settings.fitting,), tuple(range(1, seeds + 1)), vary, runs=runs)
        try:
            return of_view(window, view, plan)
        finally:
            window.close_unasked()


def main() -> None:
    parser = argparse.ArgumentParser(description="A sweep of tiny runs beside the window")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--view", choices=VIEWS, help=argparse.SUPPRESS)  # that alone, in this process
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.view:
        print(json.dumps(run(arguments.view, arguments.runs, arguments.seeds)))
        return
    found = {}
    for view in VIEWS:
        words = ["--view", view, "--runs", str(arguments.runs), "--seeds", str(arguments.seeds)]
        command = [sys.executable, "-m", "tests.benchmarks.sweep_window", *words]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[view] = json.loads(told.splitlines()[-1])
    print(json.dumps(found, indent=1))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
