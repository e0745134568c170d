"""Opens the window as ``python main.py`` does and tells when it was first painted and when MNIST was there.

Run by tests.benchmarks.window, in a process of its own, with the time at which that process was asked for.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

import main


class Stopwatch:
    """Notes two moments of a window's life, in seconds since ``asked_for`` (time.time); then tells and closes it."""

    def __init__(self, window: Any, asked_for: float) -> None:
        from PyQt5.QtCore import QEvent, QObject, QTimer

        from nnviz.session.status import Status

        self._window, self._asked_for = window, asked_for
        self._figures: dict[str, float] = {}
        note = self._note

        class Watch(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Paint:
                    QTimer.singleShot(0, lambda: note("first_paint"))  # when this painting is over and on screen
                return False

        self._watch = Watch()
        window.canvas.installEventFilter(self._watch)

        def state_changed() -> None:
            if window.session.state is not Status.LOADING:
                QTimer.singleShot(0, lambda: note("mnist_ready"))

        window.session.training.state_changed.connect(state_changed)

    def _note(self, name: str) -> None:
        if name in self._figures:
            return
        self._figures[name] = time.time() - self._asked_for
        if len(self._figures) == 2:
            print(json.dumps(self._figures), flush=True)
            self._window.close()


def run(asked_for: float) -> int:
    """What main.main does, with a stopwatch at the window."""
    main.set_threads()
    from nnviz.commands.preflight import missing_packages

    assert missing_packages(main.PACKAGES) is None
    gc.disable()  # as nnviz.commands.window does
    from nnviz import app

    create_window = app.create_window

    def watched(*arguments: Any) -> Any:
        window = create_window(*arguments)
        window.stopwatch = Stopwatch(window, asked_for)
        return window

    app.create_window = watched
    from nnviz.commands.cli import main as run_window

    return run_window([])


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1])))
