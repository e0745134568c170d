"""Opens the window as ``python main.py`` does and tells when it was first painted and when MNIST was there.

Run by tests.benchmarks.window, in a process of its own, with the time at which that process was asked for.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import main


def measure(asked_for: float) -> None:
    """Prints one line of JSON, in seconds since ``asked_for`` (time.time), and closes the window."""
    figures: dict[str, float] = {}

    def watch(window: Any) -> None:
        from PyQt5.QtCore import QEvent, QObject, QTimer

        from nnviz.state import State

        def note(name: str) -> None:
            figures.setdefault(name, time.time() - asked_for)
            if len(figures) == 2:
                print(json.dumps(figures), flush=True)
                window.close()

        class Watch(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if watched is window.canvas and event.type() == QEvent.Paint and "first_paint" not in figures:
                    QTimer.singleShot(0, lambda: note("first_paint"))  # when this painting is over and on screen
                return False

        window.benchmark_watch = Watch()
        window.canvas.installEventFilter(window.benchmark_watch)

        def state_changed() -> None:
            if window.session.state is not State.LOADING:
                QTimer.singleShot(0, lambda: note("mnist_ready"))

        window.session.state_changed.connect(state_changed)

    def run(argv: list[str]) -> int:
        """What main.main does, with an eye on the window."""
        from nnviz import app

        create_window = app.create_window

        def watched(*arguments: Any) -> Any:
            window = create_window(*arguments)
            watch(window)
            return window

        app.create_window = watched
        from nnviz.cli import main as run_window

        return run_window(argv)

    import nnviz.preflight as preflight  # as main does, before anything heavy

    main.set_threads()
    assert preflight.missing_packages(main.PACKAGES) is None
    sys.exit(run([]))


if __name__ == "__main__":
    measure(float(sys.argv[1]))
