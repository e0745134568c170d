"""The network that every view draws and asks: a copy that nobody trains."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.network import Network
from nnviz.session.run import Run


class Displayed(QObject):
    """The current run as it was when its parameters were last copied.

    Signals:
        changed: ``network`` is another.

    Attributes:
        network: nobody writes to it; a new object each time.
    """

    changed = pyqtSignal()

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.network: Network = run.displayed_network()

    def show(self, run: Run) -> None:
        """That run as it is known now."""
        self.network = run.displayed_network()
        self.changed.emit()
