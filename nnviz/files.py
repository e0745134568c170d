"""Networks from and to disk, behind the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.network import Network
from engine.storage import load_network, save_network
from nnviz.worker import Background


class NetworkFiles(QObject):
    """Opens and saves one after the other, and says what goes on.

    Signals:
        opened(Path, Network): read whole and checked.
        failed(what, Exception): nothing was changed, on disk or here.
        activity_changed: ``activity`` has another text.
    """

    opened = pyqtSignal(object, object)
    failed = pyqtSignal(str, object)
    activity_changed = pyqtSignal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self.saving = 0  # files being written
        self.activity = ""  # what goes on, or was done last

    def open(self, path: Path) -> None:
        """Reads a network; ``opened`` or ``failed`` follows."""

        def done(network: Network) -> None:
            self._tell(f"Opened {path.name}")
            self.opened.emit(path, network)

        self._tell(f"Opening {path.name} …")
        self._background.run(lambda: load_network(path), done, self._failure(f"{path.name} could not be opened"))

    def save(self, network: Network, path: Path, then: Callable[[], None]) -> None:
        """Writes a network that nobody changes meanwhile, and calls ``then`` when it is on disk."""

        def done(_: object) -> None:
            self.saving -= 1
            self._tell(f"Saved to {path.name}")
            then()

        self._tell(f"Saving {path.name} …")
        self.saving += 1

        def failed(error: Exception) -> None:
            self.saving -= 1
            self._failure(f"{path.name} could not be saved")(error)

        self._background.run(lambda: save_network(network, path), done, failed)

    def _failure(self, what: str) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            self._tell("")
            self.failed.emit(what, error)

        return failed

    def _tell(self, text: str) -> None:
        self.activity = text
        self.activity_changed.emit()
