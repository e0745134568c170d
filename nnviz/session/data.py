"""The data that the network learns from: its registered name, and the data set when it is loaded."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import DATASETS, Dataset
from engine.experiment import Experiment
from nnviz.jobs.lane import Lane
from nnviz.session.messages import Messages


class Data(QObject):
    """Loads data in another thread. The data set before stays until the next one is loaded.

    Signals:
        changed: loading has ended, with another data set or with an error.
        loading_changed: ``loading`` has changed.
        failed: the data could not be loaded; emitted before the others.

    Attributes:
        name: the registered name of the data that is loaded or loading; None if there is none.
        dataset: the data set; None until the first is loaded.
        loading: whether data is being loaded.
    """

    changed = pyqtSignal()
    loading_changed = pyqtSignal()
    failed = pyqtSignal()

    def __init__(self, lane: Lane, messages: Messages) -> None:
        super().__init__()
        self.name: str | None = None
        self.dataset: Dataset | None = None
        self.loading = True  # the first data is requested as soon as the window is shown
        self._lane = lane
        self._messages = messages
        self._loaded: str | None = None  # the name of ``dataset``

    def load(self, name: str = Experiment.data) -> None:
        """Loads registered data; ``changed`` follows. Does nothing if it is loaded or loading already."""
        if name == self.name:
            return
        self.name = name
        self.loading = True
        self.loading_changed.emit()
        source = DATASETS[name]

        def load() -> Dataset:
            dataset = source.load()
            dataset.fingerprint  # noqa: B018  # computed here once, and cached
            return dataset

        self._lane.run(load, lambda dataset: self._arrived(name, dataset), lambda error: self._failed(name, error))

    def _arrived(self, name: str, dataset: Dataset) -> None:
        if name == self.name:  # else other data was requested meanwhile
            self.dataset, self._loaded = dataset, name
            self._settle()

    def _failed(self, name: str, error: Exception) -> None:
        """Returns to the name of the data set before, which is still there."""
        if name == self.name:
            self.name = self._loaded
            self.failed.emit()
            self._settle()
            self._messages.tell_error("The data could not be loaded", error)

    def _settle(self) -> None:
        self.loading = False
        self.changed.emit()
        self.loading_changed.emit()
