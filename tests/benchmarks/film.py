"""How long it takes to write 20 seconds of film, of the card with the weights and of the whole window.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.film

784-64-32-10 after 20 epochs of MNIST, in every format that can be written here. Prints one line of JSON. To be reached:
the weights in less than 60 seconds.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import main

main.set_threads()

from PyQt5.QtCore import QEventLoop  # noqa: E402

from nnviz.app import create_window  # noqa: E402
from nnviz.cards.curves.player import Player  # noqa: E402
from nnviz.commands.screenshot import wait_until  # noqa: E402
from nnviz.session.status import Status  # noqa: E402
from nnviz.ui.card import Panel  # noqa: E402
from nnviz.window.film.subjects import CardSubject, Subject, WindowSubject  # noqa: E402
from nnviz.window.film.writer import folder_of, writable_endings  # noqa: E402
from nnviz.window.main_window import MainWindow  # noqa: E402
from nnviz.window.preferences import Preferences  # noqa: E402

EPOCHS, SECONDS, MOST_SECONDS = 20, 20, 60
SIZE = 1440, 900


def trained_window(size: tuple[int, int] = SIZE) -> MainWindow:
    """Its data are there, and its network has learned."""
    window = create_window("dark", Preferences(None))
    window.resize(*size)
    window.show()
    session = window.session
    wait_until(window, lambda: session.state is not Status.LOADING)
    session.settings.change("epochs", epochs=EPOCHS)
    session.start()
    wait_until(window, lambda: session.state is Status.FINISHED)
    session.models[Player].set_seconds(SECONDS)
    return window


def written(window: MainWindow, subject: Subject, path: Path) -> dict[str, float]:
    """How many seconds it took, and how many megabytes there are."""
    film, loop = window.films.maker, QEventLoop()
    film.done.connect(loop.quit)
    start = time.perf_counter()
    film.make(subject, path)
    loop.exec()
    seconds = time.perf_counter() - start
    files = [path] if path.exists() else list(folder_of(path).iterdir())
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return {"seconds": round(seconds, 1), "megabytes": round(megabytes, 1)}


def film_of_weights(path: Path, seconds: float, size: tuple[int, int]) -> None:
    """Writes a film of the card with the weights, of a window of that size."""
    window = trained_window(size)
    window.session.models[Player].set_seconds(seconds)
    card = window.findChild(Panel, "stagePanel")
    written(window, CardSubject(card, window.session), path)
    window.close_unasked()


def measure() -> None:
    """Measures all formats; raises SystemExit where the weights take too long."""
    window = trained_window()
    card = window.findChild(Panel, "stagePanel")
    subjects = {"weights": CardSubject(card, window.session), "window": WindowSubject(window)}
    with tempfile.TemporaryDirectory() as folder:
        found = {
            f"{name}{ending}": written(window, subject, Path(folder, f"{name}{ending}"))
            for name, subject in subjects.items()
            for ending in writable_endings()
        }
    window.close_unasked()
    print(json.dumps(found))
    if any(each["seconds"] > MOST_SECONDS for name, each in found.items() if name.startswith("weights")):
        raise SystemExit("the film of the weights takes too long")


if __name__ == "__main__":
    measure()
