"""What watching costs and how quickly the window answers: measured inside one process, with one window.

Run by tests.benchmarks.window with a platform set (offscreen or xcb). Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import math
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import main

main.set_threads()

from PyQt5.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer, pyqtSignal  # noqa: E402
from PyQt5.QtGui import QMouseEvent  # noqa: E402
from PyQt5.QtWidgets import QWidget  # noqa: E402

from engine.training import Trainer  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.session.asked import ANSWER  # noqa: E402
from nnviz.session.selection import Neuron  # noqa: E402
from nnviz.session.training import Status  # noqa: E402
from nnviz.session.why import REASONS  # noqa: E402
from nnviz.widgets.diagram.diagram import NetworkDiagram  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402

SIZE = 1440, 900
SHAPES = {"784-64-32-10": ((784, 64, 32, 10), 12), "784-256-10": ((784, 256, 10), 5)}  # and epochs of a run
PAIRS = 7
MOUSE_SECONDS = 20.0
EVENTS_PER_SECOND = 125
MOVES_PER_STROKE, STROKES_PER_DRAWING = 50, 3
CYCLES, WARM_UP_CYCLES = 500, 5
FOR_EVER = 1_000_000


def wait(seconds: float) -> None:
    """Lets the window live that long."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec_()


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max in milliseconds, and of how many."""
    ordered = sorted(1000 * value for value in seconds)
    at = {
        f"p{share}": ordered[min(len(ordered) - 1, math.ceil(len(ordered) * share / 100) - 1)] for share in (50, 95, 99)
    }
    return {**at, "max": ordered[-1], "count": len(ordered)}


def resident_megabytes() -> float:
    """What the process holds in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def new_run(window: MainWindow, shape: tuple[int, ...], epochs: int) -> None:
    """An untrained network of that shape, and a run of so many epochs ahead."""
    session = window.session
    session.settings.choose("benchmark", session.settings.experiment.with_shape(shape).changed(epochs=epochs))
    session.reset()
    QCoreApplication.processEvents()


# ---- throughput


def seconds_watched(window: MainWindow, shape: tuple[int, ...], epochs: int) -> tuple[float, int]:
    """A whole run in the window, its evaluations included; and how many views there were."""
    views = 0

    def count() -> None:
        nonlocal views
        views += 1

    new_run(window, shape, epochs)
    window.session.displayed.changed.connect(count)
    start = time.perf_counter()
    window.session.start()
    wait_until(window, lambda: window.session.state is Status.FINISHED)
    seconds = time.perf_counter() - start
    window.session.displayed.changed.disconnect(count)
    return seconds, views


def seconds_alone(window: MainWindow, shape: tuple[int, ...], epochs: int) -> float:
    """The same run driven by a bare loop, while the window rests."""
    experiment = window.session.settings.experiment
    assert window.session.data.dataset is not None
    start = time.perf_counter()
    for _ in Trainer(experiment.build(), window.session.data.dataset, experiment.training).run():
        pass
    return time.perf_counter() - start


def throughput(window: MainWindow, shapes: dict[str, tuple[tuple[int, ...], int]]) -> dict[str, Any]:
    """For each shape the median over pairs of (with ÷ without), and views per second."""
    figures: dict[str, Any] = {}
    for name, (shape, epochs) in shapes.items():
        new_run(window, shape, epochs)
        seconds_alone(window, shape, epochs)  # warm
        ratios, rates, views = [], [], []
        for _ in range(PAIRS):
            watched, seen = seconds_watched(window, shape, epochs)
            alone = seconds_alone(window, shape, epochs)
            ratios.append(alone / watched)
            rates.append(60_000 * epochs / watched)
            views.append(seen / watched)
        figures[name] = {
            "with_by_without": statistics.median(ratios),
            "lowest": min(ratios),
            "highest": max(ratios),
            "samples_per_second": round(statistics.median(rates)),
            "views_per_second": statistics.median(views),
        }
    return figures


# ---- the mouse


class Mouse(threading.Thread):
    """Posts mouse events to the canvas at a steady pace, as a hand that draws would; and clears it in between."""

    def __init__(self, canvas: Any, seconds: float) -> None:
        super().__init__()
        self._canvas, self._seconds = canvas, seconds
        self.posted: deque[float] = deque()  # of the moves, when each was posted
        self.done = False

    def run(self) -> None:
        """In a thread of its own, so that a busy interface does not slow the hand."""
        due = start = time.perf_counter()
        for kind, place in self._hand():
            due += 1 / EVENTS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            if time.perf_counter() - start > self._seconds and kind == QEvent.MouseButtonPress:
                break
            self._post(kind, place)
        self.done = True

    def _hand(self) -> Iterator[tuple[QEvent.Type, QPointF]]:
        width, height = self._canvas.width(), self._canvas.height()
        for stroke in itertools.count():
            for step in range(MOVES_PER_STROKE):
                angle = 2 * math.pi * step / MOVES_PER_STROKE + stroke
                x, y = (0.5 + 0.3 * math.cos(angle)) * width, (0.5 + 0.3 * math.sin(2 * angle)) * height
                yield (QEvent.MouseMove if step else QEvent.MouseButtonPress), QPointF(x, y)
            yield QEvent.MouseButtonRelease, QPointF(x, y)

    def _post(self, kind: QEvent.Type, place: QPointF) -> None:
        button = Qt.NoButton if kind == QEvent.MouseMove else Qt.LeftButton
        held = Qt.NoButton if kind == QEvent.MouseButtonRelease else Qt.LeftButton
        event = QMouseEvent(kind, place, button, held, Qt.NoModifier)
        if kind == QEvent.MouseMove:
            self.posted.append(time.perf_counter())
        QCoreApplication.postEvent(self._canvas, event)


class Answered(QObject):
    """Notes when what a probe found about the drawing of a move, or of a later one, was on the screen."""

    def __init__(self, window: MainWindow, name: str, picture_of: Callable[[Any], Any]) -> None:
        """``picture_of``: the drawing that a result of the probe is about."""
        super().__init__()
        self._window, self._probe, self._picture_of = window, window.session.probes[name], picture_of
        self.on_screen: list[float] = []
        self._unanswered: list[tuple[float, Any]] = []  # when the move was posted, and the picture that it made
        self._unpainted: list[float] = []
        window.installEventFilter(self)
        self._probe.changed.connect(self._found)  # after those of the panels, which show it

    def ask(self, posted: float, picture: Any) -> None:
        """Notes that a move has changed the drawing. Quick answers are there already."""
        self._unanswered.append((posted, picture))
        self._found()

    def _found(self) -> None:
        result = self._probe.result
        about = self._picture_of(result) if result else None
        asked = [number for number, (_, picture) in enumerate(self._unanswered) if result and picture is about]
        if asked:
            self._unpainted += [posted for posted, _ in self._unanswered[: asked[-1] + 1]]
            del self._unanswered[: asked[-1] + 1]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees that the window is about to be painted."""
        if event.type() == QEvent.UpdateRequest and self._unpainted:
            shown, self._unpainted = self._unpainted, []
            QTimer.singleShot(0, lambda: self._painted(shown))  # when this painting is over
        return False

    def _painted(self, moves: list[float]) -> None:
        now = time.perf_counter()
        self.on_screen += [now - posted for posted in moves]


class Eye(QObject):
    """Notes when a move was handled, and tells those who wait for what is answered to it."""

    def __init__(self, window: MainWindow, mouse: Mouse, answers: list[Answered]) -> None:
        super().__init__()
        self._window, self._mouse, self._answers = window, mouse, answers
        self.handled: list[float] = []
        self._seen: float | None = None  # the move that the canvas is about to handle
        self._moving: list[float] = []  # moves whose drawing was not handed on yet
        self._strokes = 0
        window.canvas.installEventFilter(self)
        window.canvas.changed.connect(self._changed)
        window.session.question.changed.connect(self._handed_on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees events before their receivers."""
        if watched is self._window.canvas and event.type() == QEvent.MouseMove and self._mouse.posted:
            self._seen = self._mouse.posted.popleft()
        elif watched is self._window.canvas and event.type() == QEvent.MouseButtonRelease:
            self._strokes += 1
            if self._strokes % STROKES_PER_DRAWING == 0:
                QTimer.singleShot(0, self._window.draw.clear)
        return False

    def _changed(self) -> None:
        """The move that was just seen is on the canvas."""
        if self._seen is not None:
            self.handled.append(time.perf_counter() - self._seen)
            self._moving.append(self._seen)
            self._seen = None

    def _handed_on(self) -> None:
        """The network is asked about the drawing with all moves so far."""
        moves, self._moving = self._moving, []
        for posted, each in itertools.product(moves, self._answers):
            each.ask(posted, self._window.session.question.example)


def drawn(window: MainWindow, view: Any, asked: dict[str, tuple[str, Callable[[Any], Any]]]) -> dict[str, Any]:
    """A hand draws: how long things take, and how often the signal ``view`` comes.

    ``asked``: by the name of the figure, a probe, and which drawing a result of it is about.
    """
    moments: list[float] = []
    note = lambda *_: moments.append(time.perf_counter())  # noqa: E731
    view.connect(note)
    mouse = Mouse(window.canvas, MOUSE_SECONDS)
    found = {name: Answered(window, *about) for name, about in asked.items()}
    eye = Eye(window, mouse, list(found.values()))
    mouse.start()
    while not mouse.done:
        wait(0.2)
    mouse.join()
    wait(0.2)
    view.disconnect(note)
    between = [after - before for before, after in itertools.pairwise(moments)]
    return {
        "views_per_second": len(between) / sum(between),
        "between_views_ms": percentiles(between),
        "mouse_latency_ms": percentiles(eye.handled),
        **{name: percentiles(each.on_screen) for name, each in found.items()},
    }


class Paintings(QObject):
    """Notes when a widget is painted."""

    painted = pyqtSignal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees events before the widget."""
        if event.type() == QEvent.Paint:
            self.painted.emit()
        return False


PREDICTION: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "stroke_to_prediction_ms": (ANSWER, lambda result: result[1])
}


def train_for_ever(window: MainWindow) -> None:
    """Trains at full speed."""
    new_run(window, SHAPES["784-64-32-10"][0], FOR_EVER)
    window.session.start()
    wait_until(window, lambda: window.session.runs.current.epochs > 1)


def pause(window: MainWindow) -> None:
    """Until it rests."""
    window.session.pause()
    wait_until(window, lambda: window.session.state is Status.PAUSED)


def answers(window: MainWindow) -> dict[str, Any]:
    """Training at full speed, every card of the default layout in view, a hand that draws."""
    train_for_ever(window)
    figures = drawn(window, window.session.displayed.changed, PREDICTION)
    pause(window)
    return figures


def looking_back(window: MainWindow) -> dict[str, Any]:
    """The same while a film of the past runs, 40 moments a second. A view is a moment whose weights were painted."""
    train_for_ever(window)
    wait(5)  # a past
    session, paintings = window.session, Paintings(window.card("weightsDock").map)
    step = QTimer()
    step.timeout.connect(lambda: session.timeline.go_to(0) if session.timeline.is_live else session.timeline.step(1))
    step.start(25)
    figures = drawn(window, paintings.painted, PREDICTION)
    step.stop()
    session.timeline.go_live()
    pause(window)
    return figures


def inside(window: MainWindow) -> dict[str, Any]:
    """The same with the cards of "Look inside" in view and a neuron chosen; and at rest. A view is a new diagram."""
    window.show_workspace("inside")
    window.session.selection.choose_neuron(Neuron(1, 3))
    paintings = Paintings(window.findChild(NetworkDiagram, "networkDiagram"))
    asked = {**PREDICTION, "stroke_to_attributions_ms": (REASONS, lambda result: result.query.example)}
    figures: dict[str, Any] = {"throughput": throughput(window, dict([next(iter(SHAPES.items()))]))}
    train_for_ever(window)
    figures["training"] = drawn(window, paintings.painted, asked)
    pause(window)
    figures["rest"] = drawn(window, paintings.painted, asked)
    window.show_workspace("train")
    return figures


# ---- memory


def cycle(window: MainWindow) -> None:
    """Start, see something, pause, reset."""
    window.session.start()
    wait_until(window, lambda: window.session.training.progress.batch > 0)
    pause(window)
    window.session.reset()
    QCoreApplication.processEvents()


def memory(window: MainWindow, minutes: float) -> dict[str, Any]:
    """Megabytes that the process grew by over the cycles, and over a long training."""
    new_run(window, SHAPES["784-64-32-10"][0], FOR_EVER)
    for _ in range(WARM_UP_CYCLES):
        cycle(window)
    gc.collect()
    before = resident_megabytes()
    for _ in range(CYCLES):
        cycle(window)
    gc.collect()
    figures = {"cycles": CYCLES, "growth_mb": resident_megabytes() - before}
    if minutes:
        window.session.start()
        wait(10)
        before = resident_megabytes()
        wait(60 * minutes)
        figures |= {"minutes": minutes, "training_growth_mb": resident_megabytes() - before}
        pause(window)
    return figures


def measure(minutes: float) -> dict[str, Any]:
    """All figures, in turn."""
    window = create_window()
    window.resize(*SIZE)
    window.show()
    wait_until(window, lambda: window.session.state is not Status.LOADING)
    side = min(window.canvas.width(), window.canvas.height())
    window.canvas.set_strokes([[(0.3 * side, 0.2 * side), (0.7 * side, 0.2 * side), (0.4 * side, 0.8 * side)]])
    figures: dict[str, Any] = {"size": [window.width(), window.height()]}
    figures["throughput"] = throughput(window, SHAPES)
    figures["answers"] = answers(window)
    figures["looking back"] = looking_back(window)
    figures["inside"] = inside(window)
    figures["memory"] = memory(window, minutes)
    window.session.close()
    window.hide()
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    print(json.dumps(measure(parser.parse_args().minutes)), flush=True)
