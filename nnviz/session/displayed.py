"""The network that all views draw: a copy, never the one that is being trained."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.network import Network
from nnviz.session.run import Run


class Displayed(QObject):
    """Holds the current run's network with the parameters that were copied last.

    Signals:
        changed: ``network`` is a new object.

    Attributes:
        network: nobody writes to it.
    """

    changed = pyqtSignal()

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.network: Network = run.displayed_network()

    def show(self, run: Run) -> None:
        """Displays that run's network with its latest parameters."""
        self.network = run.displayed_network()
        self.changed.emit()
