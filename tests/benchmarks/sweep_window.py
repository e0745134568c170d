"""A sweep of 2,000 tiny runs beside the window: how long the mouse waits meanwhile, and what it takes.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.sweep_window [--runs 2000] [--only pool|dask] [--json FILE]

Two settings of a network 2-4-2 vary, over runs of ten epochs on spirals: by the processes beside the window, and by a
Dask cluster of a scheduler and two workers, which this starts on the loopback. The window shows Runs at 1440 × 900, the
form of the sweep, the list of runs and one of the views of the trials; each in a process of its own, with a library of
its own. Meanwhile a thread posts moves of the mouse from dot to dot, 125 a second, until two seconds after the end; in
"list" over the list of runs, beside the dots.

"mouse_ms": from the moment that a move is posted until it is handled. "memory_mb": of the window's process before the
sweep, after half of the runs, and at the end. "seconds": from the beginning of the first run to the end of the last, by
the library; "alone" without a window, by as many workers. "drawn_s": from the end of the last run until it is painted.
To be reached: p99 of 16 ms, and memory that stays.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import main as door

door.set_threads()

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer  # noqa: E402
from PyQt5.QtGui import QMouseEvent  # noqa: E402
from PyQt5.QtWidgets import QWidget  # noqa: E402

from engine.datasets import Dataset, source_of  # noqa: E402
from engine.experiment import Experiment  # noqa: E402
from engine.sweeps.plan import SWEEP, Plan  # noqa: E402
from engine.sweeps.search_space import parse_dimension  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.cards.runs.run_table import RunTable  # noqa: E402
from nnviz.cards.sweep.trials_model import VIEWS, TrialsModel  # noqa: E402
from nnviz.library import Library  # noqa: E402
from nnviz.session.status import Status  # noqa: E402
from nnviz.sweeps.cluster import Cluster  # noqa: E402
from nnviz.sweeps.cluster_address import address_of  # noqa: E402
from nnviz.sweeps.cluster_executor import ClusterExecutor  # noqa: E402
from nnviz.sweeps.conductor import Conductor  # noqa: E402
from nnviz.sweeps.pool import default_workers  # noqa: E402
from nnviz.sweeps.sweep_writer import SweepWriter  # noqa: E402
from nnviz.ui.plots.point_plot import PointPlot  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402
from tests.benchmarks.hand import EVENTS_PER_SECOND, percentiles, wait  # noqa: E402
from tests.benchmarks.sweep import pool_of, warm_up  # noqa: E402
from tests.benchmarks.window_figures import SIZE, resident_megabytes  # noqa: E402
from tests.nnviz.helpers import find  # noqa: E402
from tests.nnviz.sweeps.clusters import local_cluster  # noqa: E402

LIST, ALONE = "list", "alone"
DATA, SETTINGS = "spirals", {"points": 200}
WORKERS = 2  # of the cluster
PATIENCE = 600.0  # seconds
AFTER = 2.0  # seconds after the end, until which the mouse moves
MOVES_TO_A_DOT = 12
MARK = QEvent.Type(QEvent.registerEventType())


def tiny_plan(dataset: Dataset, runs: int) -> Plan:
    """Of networks as tests.benchmarks.sweep trains them."""
    changes = {"hidden": (4,), "epochs": 10, "batch_size": 10}
    made = Experiment().changed(data=DATA, data_settings=SETTINGS, **changes).for_data(dataset).for_task(dataset)
    vary = tuple(map(parse_dimension, ("learning-rate=log:0.001..0.5", "dropout=0..0.5")))
    return Plan(SWEEP, (made,), vary=vary, runs=runs).with_held_out(dataset)


def until(reached: Callable[[], object]) -> None:
    """Lets the window live until it is so. Raises TimeoutError."""
    end = time.perf_counter() + PATIENCE
    while not reached():
        wait(0.05)
        if time.perf_counter() > end:
            raise TimeoutError("it did not come to that")


# ---- the mouse


class Mouse(QObject):
    """Moves over a widget at a steady pace.

    Each move is followed by a mark: when that comes, the move was handled.
    """

    def __init__(self, widget: QWidget, place: Callable[[int], QPointF]) -> None:
        """``place`` is where it is after a given number of moves; it is asked in the interface's thread."""
        super().__init__()
        self._widget, self._place = widget, place
        self._posted: deque[float] = deque()
        self._next = QPointF()
        self._step = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._move, daemon=True)
        self.seconds: list[float] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _move(self) -> None:
        due = time.perf_counter()
        while not self._is_over.is_set():
            due += 1 / EVENTS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            event = QMouseEvent(
                QEvent.Type.MouseMove,
                self._next,
                Qt.MouseButton.NoButton,
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
            )
            self._posted.append(time.perf_counter())
            QCoreApplication.postEvent(self._widget, event)
            QCoreApplication.postEvent(self, QEvent(MARK))

    def event(self, event: QEvent) -> bool:
        if event.type() != MARK:
            return super().event(event)
        self.seconds.append(time.perf_counter() - self._posted.popleft())
        self._step += 1
        self._next = self._place(self._step)
        return True


def over_dots(plot: PointPlot) -> Callable[[int], QPointF]:
    """From dot to dot, which are far from each other, in straight lines."""

    def dot(number: int) -> QPointF:
        place = plot.place_of(number * 7919 % plot.count) if plot.count else QPointF(plot.rect().center())
        return place if place.x() == place.x() else QPointF(plot.rect().center())

    def place(step: int) -> QPointF:
        number, share = divmod(step, MOVES_TO_A_DOT)
        return dot(number) + (dot(number + 1) - dot(number)) * (share / MOVES_TO_A_DOT)

    return place


def up_and_down(widget: QWidget) -> Callable[[int], QPointF]:
    def place(step: int) -> QPointF:
        across, down = 7 * step % (2 * widget.width()), 3 * step % (2 * widget.height())
        return QPointF(min(across, 2 * widget.width() - across), min(down, 2 * widget.height() - down))

    return place


# ---- with a window


class Drawn(QObject):
    """Notes when all runs were first painted in these views, by the clock of the library."""

    def __init__(self, views: Sequence[Any], runs: int) -> None:
        super().__init__()
        self._left, self._runs = list(views), runs
        self.at: float | None = None
        for view in views:
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees that a view is about to be painted."""
        if event.type() == QEvent.Type.Paint and watched in self._left and watched.count == self._runs:
            self._left.remove(watched)
            if not self._left:
                QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        self.at = time.time()


def beside(window: MainWindow, view: str, runs: int) -> dict[str, Any]:
    """Does the sweep while one view is shown."""
    session, views = window.session, window.card("trialsPage").views
    dataset = session.data.dataset
    assert dataset is not None
    session.models[TrialsModel].set_view(VIEWS[0] if view == LIST else view)
    before = resident_megabytes()
    session.sweeps.start(tiny_plan(dataset, runs))
    until(
        lambda: (
            session.models[TrialsModel].table is not None
            and session.models[TrialsModel].is_running
            and len(session.models[TrialsModel].table.runs)
        )
    )
    shown = {"parallel": [views.lines], "best": [views.best]}.get(view, list(views.plots))
    drawn, news = Drawn(shown, runs), News(session.sweeps)
    mouse = mouse_over(window, view, shown[0])
    mouse.start()
    until(
        lambda: (
            session.models[TrialsModel].table is not None and len(session.models[TrialsModel].table.runs) >= runs / 2
        )
    )
    middle = resident_megabytes()
    until(lambda: session.sweeps.plan_progress is None)
    wait(AFTER)
    mouse.stop()
    end = resident_megabytes()  # before the records of all runs are read below
    with Library() as library:
        seconds, ended = span_of(library)
    assert drawn.at is not None
    return {
        "seconds": round(seconds, 1),
        "drawn_s": round(drawn.at - ended, 2),
        "news_per_second": round(news.rate, 1),
        "mouse_ms": {name: round(value, 1) for name, value in percentiles(mouse.seconds).items()},
        "memory_mb": [round(each) for each in (before, middle, end)],
    }


class News:
    """Counts the batches of results."""

    def __init__(self, sweeps: Any) -> None:
        self._came: list[float] = []
        sweeps.came.connect(lambda _: self._came.append(time.perf_counter()))

    @property
    def rate(self) -> float:
        """Of a second."""
        return (len(self._came) - 1) / (self._came[-1] - self._came[0])


def mouse_over(window: MainWindow, view: str, shown: QWidget) -> Mouse:
    if view == LIST:
        rows = find(window, RunTable, "runsTable").viewport()
        return Mouse(rows, up_and_down(rows))
    return Mouse(shown, over_dots(shown) if isinstance(shown, PointPlot) else up_and_down(shown))


def span_of(library: Library) -> tuple[float, float]:
    """Seconds from the beginning of the first run to the end of the last; and when that was."""
    records = library.records(library.runs().ids).values()
    ended = max(each.updated for each in records)
    return ended - min(each.created for each in records), ended


@contextmanager
def shown_window(cluster: str) -> Iterator[MainWindow]:
    """As the program shows it, with the form of a sweep."""
    preferences = Preferences(None)
    window = create_window("dark", preferences)
    preferences.set("dataset", DATA)  # which it loads as soon as events are processed
    preferences.set("dataset_settings", json.dumps(SETTINGS))
    session = window.session
    window.resize(*SIZE)
    window.show()
    gc.freeze()  # as the program does
    until(lambda: session.state is not Status.LOADING)
    session.records.set_on(True)
    window.show_sweep_form()
    window.card("trialsPage").wanted.emit()
    if cluster:
        session.sweep_target.type(cluster)
        until(lambda: session.sweep_target.cores)
    wait(1)
    try:
        yield window
    finally:
        window.close_unasked()


# ---- without


def alone(runs: int, cluster: str) -> dict[str, Any]:
    """By as many workers, without a window."""
    data = source_of(DATA).load(SETTINGS)
    plan = tiny_plan(data, runs)
    with Library() as library, ExitStack() as open_things:
        make = partial(cluster_at, cluster) if cluster else pool_of(default_workers(beside_a_window=True))
        executor = open_things.enter_context(make(data, plan.base))
        warm_up(executor, plan.base.changed(epochs=1), WORKERS if cluster else 1)
        conductor = Conductor(plan, data, executor, SweepWriter.of_new(library, plan, data.title, "", print), print)
        while not conductor.is_over:
            conductor.step()
        conductor.close(True)
        return {"seconds": round(span_of(library)[0], 1)}


@contextmanager
def cluster_at(address: str, data: Dataset, made: Experiment) -> Iterator[ClusterExecutor]:
    with (
        Cluster(address_of(address)) as connected,
        ClusterExecutor(connected, data, made.data, made.data_settings) as executor,
    ):
        yield executor


# ---- all of it


def measured_here(view: str, runs: int, cluster: str) -> dict[str, Any]:
    """In this process; ``cluster`` is the file of a scheduler, empty for the processes of this machine."""
    if view == ALONE:
        return alone(runs, cluster)
    with shown_window(cluster) as window:
        return beside(window, view, runs)


def measured(view: str, runs: int, cluster: str) -> dict[str, Any]:
    """In a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NNVIZ_LIBRARY": f"{folder}/library.sqlite"}
        words = ["--here", view, "--runs", str(runs), "--cluster", cluster]
        command = [sys.executable, "-m", "tests.benchmarks.sweep_window", *words]
        reported = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    found: dict[str, Any] = json.loads(reported.splitlines()[-1])
    print(f"{view:<10}{json.dumps(found)}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="A sweep of tiny runs beside the window")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--only", choices=("pool", "dask"), help="without it, both")
    parser.add_argument("--views", nargs="+", choices=(ALONE, *VIEWS, LIST), default=(ALONE, *VIEWS, LIST))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--here", help=argparse.SUPPRESS)  # that alone, in this process
    parser.add_argument("--cluster", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measured_here(arguments.here, arguments.runs, arguments.cluster)))
        return
    found: dict[str, Any] = {}
    for name in ("pool", "dask") if arguments.only is None else (arguments.only,):
        print(name)
        with ExitStack() as open_things:
            folder = Path(open_things.enter_context(tempfile.TemporaryDirectory()))
            cluster = str(open_things.enter_context(local_cluster(folder, WORKERS)).file) if name == "dask" else ""
            found[name] = {view: measured(view, arguments.runs, cluster) for view in arguments.views}
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
