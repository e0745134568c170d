"""The data that the network learns from: its registered name, and the data set when it is loaded."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import DATASETS, Dataset
from engine.experiment import Experiment
from nnviz.jobs.lane import Lanes
from nnviz.session.activities import Patience
from nnviz.session.messages import Messages


class Data(QObject):
    """Loads data in another thread. The data set before stays until the next one is loaded.

    Signals:
        changed: loading has ended, with another data set or with an error.
        loading_changed: ``loading`` has changed.
        failed: the data could not be loaded, or are no longer wanted; emitted before the others.

    Attributes:
        name: the registered name of the data that is loaded or loading; None if there is none.
        dataset: the data set; None until the first is loaded.
        loading: whether data is being loaded.
    """

    changed = pyqtSignal()
    loading_changed = pyqtSignal()
    failed = pyqtSignal()

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.name: str | None = None
        self.dataset: Dataset | None = None
        self.loading = True  # the first data is requested as soon as the window is shown
        self._lanes = Lanes()  # by name: no data waits for a disk that does not answer
        self._messages = messages
        self._patience = Patience(messages, self.cancel)
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

        self._patience.begin(f"Loading {source.title}")
        self._lanes.run(
            name, load, lambda dataset: self._arrived(name, dataset), lambda error: self._failed(name, error)
        )

    def _arrived(self, name: str, dataset: Dataset) -> None:
        if name == self.name and self.loading:  # else other data was requested meanwhile
            self.dataset, self._loaded = dataset, name
            self._settle()

    def _failed(self, name: str, error: Exception) -> None:
        if name == self.name and self.loading:
            self.cancel()
            self._messages.tell_error("The data could not be loaded", error)

    def cancel(self) -> None:
        """Gives up the data that is being loaded. The data set before is still there."""
        self.name = self._loaded
        self.failed.emit()
        self._settle()

    def _settle(self) -> None:
        self._patience.end()
        self.loading = False
        self.changed.emit()
        self.loading_changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Waits at most so long for data that is being loaded; returns whether that has ended."""
        self._patience.close()
        return self._lanes.close(milliseconds)
