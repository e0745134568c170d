"""How quickly the window answers while seeds or a race are trained beside it, and drawn epoch by epoch in Runs.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.live

One window, a library of its own in a folder that is removed at the end; processes on the cores that the window leaves.
A hand draws on the canvas of Runs for 20 seconds at 125 moves a second, while five seeds of MNIST's 784-64-32-10 are
trained, and while two networks 2-4-2 race on spirals, whose epochs take less than a millisecond. "mouse_latency_ms":
from the moment that a move is posted until the canvas has handled it. Prints one line of JSON. To be reached: p99 at
most 16 ms.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from typing import Any

import main

main.set_threads()

from engine.datasets import source_of  # noqa: E402
from engine.experiment import Experiment  # noqa: E402
from nnviz.app import create_window  # noqa: E402
from nnviz.cards.comparison.race import start_or_stop_race  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.library import Library  # noqa: E402
from nnviz.session.status import Status  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402
from tests.benchmarks.hand import drawn, wait  # noqa: E402

FOR_EVER = 100_000  # epochs, of which each run has this number


def seeds(window: MainWindow) -> None:
    session = window.session
    session.settings.change("benchmark", hidden=(64, 32), epochs=FOR_EVER)
    session.sweeps.set_seeds(5)
    session.sweeps.toggle()


def race(window: MainWindow) -> None:
    """Of two experiments of which the library has a run each."""
    session = window.session
    data = source_of("spirals").load({})
    made = Experiment(data="spirals").for_data(data).changed(hidden=(4,), epochs=FOR_EVER, batch_size=100)
    with Library() as library:
        for rate in (0.1, 0.2):
            library.begin(made.changed(learning_rate=rate), data.title)
    session.library.refresh()
    wait_for(lambda: len(session.library.rows) > 1)
    for row in session.library.rows[:2]:
        session.comparison.toggle(row.chosen)
    wait_for(lambda: len(session.comparison.runs) == 2)
    start_or_stop_race(session)


def wait_for(reached: Callable[[], bool]) -> None:
    while not reached():
        wait(0.05)


def measured(start: Callable[[MainWindow], None]) -> dict[str, Any]:
    window = create_window("dark", Preferences(None))
    window.resize(1440, 900)
    window.show()
    wait_until(window, lambda: window.session.state is not Status.LOADING)
    session = window.session
    window.show_workspace("runs")
    wait_for(lambda: session.library.is_read)
    start(window)
    wait_for(lambda: any(session.active_runs.runs_of(each.chosen) for each in session.comparison.runs))
    try:
        return drawn(window, session.active_runs.changed, {})
    finally:
        window.close_unasked()


def run() -> None:
    found = {}
    for name, start in (("seeds", seeds), ("race", race)):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["NNVIZ_LIBRARY"] = f"{folder}/library.sqlite"
            found[name] = measured(start)
    print(json.dumps(found))


if __name__ == "__main__":
    run()
