"""The data that is learned from: its registered name, and the examples when they are there."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import DATASETS, Dataset
from nnviz.jobs.lane import Lane
from nnviz.session.messages import Messages


class Data(QObject):
    """Loads behind the window. What is there stays until other data is.

    Signals:
        changed: other examples are there, or none could be loaded.
        loading_changed: loading began or ended.
        failed: what was asked for could not be loaded; before the others.

    Attributes:
        name: the registered name of what is there or being loaded; None where nothing is.
        dataset: the examples; None before the first are there.
        loading: whether others are on their way.
    """

    changed = pyqtSignal()
    loading_changed = pyqtSignal()
    failed = pyqtSignal()

    def __init__(self, lane: Lane, messages: Messages) -> None:
        super().__init__()
        self.name: str | None = None
        self.dataset: Dataset | None = None
        self.loading = True  # the first are asked for as soon as the window stands
        self._lane = lane
        self._messages = messages
        self._loaded: str | None = None  # the name of what is there

    def load(self, name: str = "mnist") -> None:
        """Loads registered data; ``changed`` follows. Not again what is there or on its way."""
        if name == self.name:
            return
        self.name = name
        self.loading = True
        self.loading_changed.emit()
        source = DATASETS[name]

        def load() -> Dataset:
            dataset = source.load()
            dataset.fingerprint  # noqa: B018  # worked out here, once, and kept
            return dataset

        self._lane.run(load, lambda dataset: self._arrived(name, dataset), lambda error: self._failed(name, error))

    def _arrived(self, name: str, dataset: Dataset) -> None:
        if name == self.name:  # else others were asked for meanwhile
            self.dataset, self._loaded = dataset, name
            self._settle()

    def _failed(self, name: str, error: Exception) -> None:
        """What was there before is there still."""
        if name == self.name:
            self.name = self._loaded
            self.failed.emit()
            self._settle()
            self._messages.tell_error("The data could not be loaded", error)

    def _settle(self) -> None:
        self.loading = False
        self.changed.emit()
        self.loading_changed.emit()
