"""What watching the plane costs, and how often it is drawn: measured inside one process, with one window.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.plane_figures

Three spirals and 2-64-64-3, the plane and the neurons' planes in view. At rest a hand points at one neuron after the
other, each of which is shown large. Prints one line of JSON. To be reached: at least 0.90 of the speed without a window
at batches of 100, 0.80 at batches of 20; 12 planes a second while it trains, 20 at rest.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import main

main.set_threads()

from PyQt5.QtCore import QEvent, QPointF, Qt, QTimer  # noqa: E402
from PyQt5.QtGui import QMouseEvent  # noqa: E402
from PyQt5.QtWidgets import QApplication  # noqa: E402

from nnviz.app import create_window  # noqa: E402
from nnviz.cards.stage.diagram.diagram import NetworkDiagram  # noqa: E402
from nnviz.cards.stage.plane.plane_view import PlaneView  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.session.surface_query import OUTPUT_SURFACE  # noqa: E402
from nnviz.session.training import Status  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402
from tests.benchmarks.hand import EVENTS_PER_SECOND, percentiles, wait  # noqa: E402
from tests.benchmarks.window_figures import SIZE, Paintings, seconds_alone  # noqa: E402

SHAPE = 2, 64, 64, 3
POINTS = 600, 6000
BATCHES = {100: 0.9, 20: 0.8}  # and the share of the speed without a window that is to be reached
SECONDS, RUNS = 3.0, 31  # of a run, about; and how many are watched
REST_SECONDS = 10.0


def new_run(window: MainWindow, batch: int, epochs: int) -> None:
    """An untrained network, and a run of a given number of epochs ahead."""
    session = window.session
    experiment = session.settings.experiment.with_shape(SHAPE)
    settings = {"batch_size": batch, "epochs": epochs, "optimizer": "adam", "learning_rate": 0.003}
    session.settings.choose("benchmark", experiment.changed(**settings))
    session.reset()
    QApplication.processEvents()


def load(window: MainWindow, points: int) -> None:
    """Three spirals of a given number of points."""
    session = window.session
    session.data.load("spirals", {"points": points, "classes": SHAPE[-1]})
    wait_until(window, lambda: session.state is not Status.LOADING)


def watched(window: MainWindow) -> tuple[float, list[float]]:
    """Seconds of a whole run in the window; and when the plane was painted."""
    moments: list[float] = []
    paintings = Paintings(window.findChild(PlaneView, "planeView"))
    paintings.painted.connect(lambda: moments.append(time.perf_counter()))
    start = time.perf_counter()
    window.session.start()
    wait_until(window, lambda: window.session.state is Status.FINISHED)
    seconds = time.perf_counter() - start
    paintings.deleteLater()
    return seconds, moments


def throughput(window: MainWindow, batch: int) -> dict[str, Any]:
    """The median over runs of (with ÷ without), and planes per second.

    Without is the mean of a run before and one after: a machine that gets slower or faster meanwhile changes both.
    """
    new_run(window, batch, 100)
    seconds_alone(window, SHAPE, 100)  # the first epochs are slow
    shape, epochs = SHAPE, max(10, round(100 * SECONDS / seconds_alone(window, SHAPE, 100)))
    ratios, rates = [], []
    new_run(window, batch, epochs)
    before = seconds_alone(window, shape, epochs)
    for _ in range(RUNS):
        new_run(window, batch, epochs)
        seconds, moments = watched(window)
        after = seconds_alone(window, shape, epochs)
        ratios.append((before + after) / 2 / seconds)
        rates.append(len(moments) / seconds)
        before = after
    return {
        "epochs": epochs,
        "with_by_without": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "planes_per_second": statistics.median(rates),
        "goal": BATCHES[batch],
    }


def places(diagram: NetworkDiagram) -> Iterator[QPointF]:
    """The middles of the tiles of the second layer, again and again."""
    boxes = [diagram.box_of((2, number)) for number in range(SHAPE[2])]
    yield from itertools.cycle([QPointF(box.center()) for box in boxes if box is not None])


def rest(window: MainWindow) -> dict[str, Any]:
    """A hand moves over the neurons: new planes per second, and how long each took from the move."""
    diagram, probe = window.stage.network.diagram, window.session.queries[OUTPUT_SURFACE]
    shown: list[float] = []
    waits: list[float] = []
    moved = [time.perf_counter()]
    hand, path = QTimer(), places(diagram)

    def move() -> None:
        if probe.result is not None and probe.result.neuron == window.session.selection.pointed:
            moved[0] = time.perf_counter()
            place = next(path)
            QApplication.sendEvent(
                diagram,
                QMouseEvent(
                    QEvent.Type.MouseMove,
                    place,
                    Qt.MouseButton.NoButton,
                    Qt.MouseButton.NoButton,
                    Qt.KeyboardModifier.NoModifier,
                ),
            )

    def found() -> None:
        shown.append(time.perf_counter())
        waits.append(shown[-1] - moved[0])

    probe.changed.connect(found)
    hand.timeout.connect(move)
    hand.start(1000 // EVENTS_PER_SECOND)
    wait(REST_SECONDS)
    hand.stop()
    probe.changed.disconnect(found)
    return {"planes_per_second": len(shown) / REST_SECONDS, "from_move_ms": percentiles(waits)}


def measure() -> dict[str, Any]:
    """All figures, in turn."""
    window = create_window("dark", Preferences(None))
    window.resize(*SIZE)
    window.show()
    wait_until(window, lambda: window.session.state is not Status.LOADING)
    figures: dict[str, Any] = {}
    for points in POINTS:
        load(window, points)
        for batch in BATCHES:
            figures[f"{points} points, batches of {batch}"] = throughput(window, batch)
    figures["rest"] = rest(window)
    window.close_unasked()
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:  # nobody's library gets these runs
        os.environ["NNVIZ_LIBRARY"] = f"{folder}/library.sqlite"
        print(json.dumps(measure()), flush=True)
