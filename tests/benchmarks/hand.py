"""A hand that draws on the canvas, or drags, at a steady pace, and how long the window takes to answer it.

Whoever imports this has set the number of threads before.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PyQt5.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QWidget

from nnviz.window.main_window import MainWindow

MOUSE_SECONDS = 20.0
EVENTS_PER_SECOND = 125
MOVES_PER_STROKE, STROKES_PER_DRAWING = 50, 3


def wait(seconds: float) -> None:
    """Lets the window live that long."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max in milliseconds, and of how many."""
    ordered = sorted(1000 * value for value in seconds)
    at = {
        f"p{share}": ordered[min(len(ordered) - 1, math.ceil(len(ordered) * share / 100) - 1)] for share in (50, 95, 99)
    }
    return {**at, "max": ordered[-1], "count": len(ordered)}


Movements = Iterator[tuple[QEvent.Type, QPointF]]  # what a hand does, without end: press, moves, release


class Mouse(threading.Thread):
    """Posts the movements of a hand to a widget, at a steady pace."""

    def __init__(self, widget: QWidget, movements: Movements, seconds: float) -> None:
        super().__init__()
        self._widget, self._movements, self._seconds = widget, movements, seconds
        self.posted: deque[float] = deque()  # of the moves, when each was posted
        self.done = False

    def run(self) -> None:
        """In a thread of its own, so that a busy interface does not slow the hand."""
        due = start = time.perf_counter()
        for kind, place in self._movements:
            due += 1 / EVENTS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            if time.perf_counter() - start > self._seconds and kind == QEvent.Type.MouseButtonPress:
                break
            self._post(kind, place)
        self.done = True

    def work(self) -> None:
        """Moves until its time is over, while the window lives."""
        self.start()
        while not self.done:
            wait(0.2)
        self.join()
        wait(0.2)

    def _post(self, kind: QEvent.Type, place: QPointF) -> None:
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, place, button, held, Qt.KeyboardModifier.NoModifier)
        if kind == QEvent.Type.MouseMove:
            self.posted.append(time.perf_counter())
        QCoreApplication.postEvent(self._widget, event)


def strokes(width: int, height: int) -> Movements:
    """Loops, as a hand would draw them on a canvas of that size."""
    for stroke in itertools.count():
        for step in range(MOVES_PER_STROKE):
            angle = 2 * math.pi * step / MOVES_PER_STROKE + stroke
            x, y = (0.5 + 0.3 * math.cos(angle)) * width, (0.5 + 0.3 * math.sin(2 * angle)) * height
            yield (QEvent.Type.MouseMove if step else QEvent.Type.MouseButtonPress), QPointF(x, y)
        yield QEvent.Type.MouseButtonRelease, QPointF(x, y)


def to_and_fro(left: float, right: float, y: float) -> Movements:
    """A hand that drags from one end to the other and back in four seconds, again and again."""
    moves = 4 * EVENTS_PER_SECOND
    while True:
        for step in range(moves):
            x = left + (right - left) * (0.5 - 0.5 * math.cos(2 * math.pi * step / moves))
            yield (QEvent.Type.MouseMove if step else QEvent.Type.MouseButtonPress), QPointF(x, y)
        yield QEvent.Type.MouseButtonRelease, QPointF(x, y)


class Answered(QObject):
    """Notes when what a probe found about the drawing of a move, or of a later one, was on the screen."""

    def __init__(self, window: MainWindow, name: str, picture_of: Callable[[Any], Any]) -> None:
        """``picture_of``: the drawing that a result of the probe is about."""
        super().__init__()
        self._window, self._probe, self._picture_of = window, window.session.queries[name], picture_of
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
        if event.type() == QEvent.Type.UpdateRequest and self._unpainted:
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
        if watched is self._window.canvas and event.type() == QEvent.Type.MouseMove and self._mouse.posted:
            self._seen = self._mouse.posted.popleft()
        elif watched is self._window.canvas and event.type() == QEvent.Type.MouseButtonRelease:
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
    mouse = Mouse(window.canvas, strokes(window.canvas.width(), window.canvas.height()), MOUSE_SECONDS)
    found = {name: Answered(window, *about) for name, about in asked.items()}
    eye = Eye(window, mouse, list(found.values()))
    mouse.work()
    view.disconnect(note)
    between = [after - before for before, after in itertools.pairwise(moments)]
    return {
        "views_per_second": len(between) / sum(between),
        "between_views_ms": percentiles(between),
        "mouse_latency_ms": percentiles(eye.handled),
        **{name: percentiles(each.on_screen) for name, each in found.items()},
    }
