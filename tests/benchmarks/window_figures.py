"""What watching costs and how quickly the window answers: measured inside one process, with one window.

Run by tests.benchmarks.window with a platform set (offscreen or xcb). Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import main

main.set_threads()

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, QTimer, pyqtSignal  # noqa: E402
from PyQt5.QtWidgets import QWidget  # noqa: E402

from engine.training.trainer import Trainer  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.cards.curves.time_axis import TimeAxis  # noqa: E402
from nnviz.cards.explanation.model import CONTRIBUTIONS  # noqa: E402
from nnviz.cards.stage.diagram.diagram import NetworkDiagram  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.session.selection import Neuron  # noqa: E402
from nnviz.session.shared_queries import ANSWER  # noqa: E402
from nnviz.session.training import Status  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from tests.benchmarks.hand import MOUSE_SECONDS, Mouse, drawn, percentiles, to_and_fro, wait  # noqa: E402

SIZE = 1440, 900
SHAPES = {"784-64-32-10": ((784, 64, 32, 10), 12), "784-256-10": ((784, 256, 10), 5)}  # and epochs of a run
PAIRS = 7
CYCLES, WARM_UP_CYCLES = 500, 5
FOR_EVER = 1_000_000
EPOCHS_SCRUBBED = 300  # half a minute's at least; with more of them the past would be short on the screen


def resident_megabytes() -> float:
    """What the process holds in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def new_run(window: MainWindow, shape: tuple[int, ...], epochs: int) -> None:
    """An untrained network of that shape, and a run of a given number of epochs ahead."""
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


# ---- answers


class Paintings(QObject):
    """Notes when a widget is painted."""

    painted = pyqtSignal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees events before the widget."""
        if event.type() == QEvent.Type.Paint:
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
    session, paintings = window.session, Paintings(window.findChild(NetworkDiagram, "networkDiagram"))
    step = QTimer()
    step.timeout.connect(lambda: session.timeline.go_to(0) if session.timeline.is_live else session.timeline.step(1))
    step.start(25)
    figures = drawn(window, paintings.painted, PREDICTION)
    step.stop()
    session.timeline.go_live()
    pause(window)
    return figures


class Dragged(QObject):
    """Notes how long the moves of a mouse wait until a slider has reported where they point to."""

    def __init__(self, slider: TimeAxis, mouse: Mouse) -> None:
        super().__init__()
        self.handled: list[float] = []
        self._mouse = mouse
        self._seen: float | None = None  # when the move was posted that comes now
        slider.installEventFilter(self)
        slider.pointed.connect(self._pointed)  # after those who go there

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees events before the slider."""
        if event.type() == QEvent.Type.MouseMove and self._mouse.posted:
            self._seen = self._mouse.posted.popleft()
        return False

    def _pointed(self) -> None:
        if self._seen is not None:
            self.handled.append(time.perf_counter() - self._seen)
            self._seen = None


def scrubbing(window: MainWindow) -> dict[str, Any]:
    """A hand drags the playhead to and fro while the run trains. A view is another moment, with its weights painted."""
    session, slider = window.session, window.findChild(TimeAxis)
    new_run(window, SHAPES["784-64-32-10"][0], EPOCHS_SCRUBBED)
    session.start()
    wait(8)  # a past
    ends = slider.place_of(0), slider.place_of(session.timeline.live_epoch)
    mouse = Mouse(slider, to_and_fro(*ends, slider.height() / 2), MOUSE_SECONDS)
    dragged, paintings = Dragged(slider, mouse), Paintings(window.findChild(NetworkDiagram, "networkDiagram"))
    painted: list[float | None] = []
    paintings.painted.connect(lambda: painted.append(session.timeline.epoch))
    mouse.work()
    assert session.state is Status.TRAINING, "the run ended too soon: give it more epochs"
    session.timeline.go_live()
    pause(window)
    changes = sum(before != after for before, after in itertools.pairwise(painted))
    return {"views_per_second": changes / MOUSE_SECONDS, "mouse_latency_ms": percentiles(dragged.handled)}


def inside(window: MainWindow) -> dict[str, Any]:
    """The same with the cards of "Look inside" in view and a neuron chosen; and at rest. A view is a new diagram."""
    window.show_workspace("inside")
    window.session.selection.choose_neuron(Neuron(1, 3))
    paintings = Paintings(window.findChild(NetworkDiagram, "networkDiagram"))
    asked = {**PREDICTION, "stroke_to_attributions_ms": (CONTRIBUTIONS, lambda result: result.query.example)}
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
    gc.freeze()  # as the program does when its window stands
    side = min(window.canvas.width(), window.canvas.height())
    window.canvas.set_strokes([[(0.3 * side, 0.2 * side), (0.7 * side, 0.2 * side), (0.4 * side, 0.8 * side)]])
    figures: dict[str, Any] = {"size": [window.width(), window.height()]}
    figures["throughput"] = throughput(window, SHAPES)
    figures["answers"] = answers(window)
    figures["scrubbing"] = scrubbing(window)
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
