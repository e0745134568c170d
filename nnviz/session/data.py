"""The data: their name and settings, and the data set when it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError, SettingError
from engine.basics.optional_packages import install_advice
from engine.datasets import Dataset, source_of
from engine.datasets.data_setting import Value
from engine.datasets.download import Download, can_download
from engine.datasets.source import DataSource
from engine.experiment import Experiment
from nnviz.formatting import text
from nnviz.jobs.data_process import reader_for
from nnviz.jobs.data_reader import Reader
from nnviz.jobs.deferred_calls import CallQueue
from nnviz.jobs.serial_thread import SerialThreads
from nnviz.session.activities import CancelOffer
from nnviz.session.messages import MessageChoice, Messages


class Data(QObject):
    """Loads data in the background. The previous data set stays until the next one is loaded.

    Signals:
        changed: loading has ended, with another data set or with an error.
        loading_changed: ``loading`` has changed.
        progressed: ``progress`` has changed.
        failed: the data could not be loaded, or are no longer wanted; emitted before the others.

    Attributes:
        name: the registered name or the path of the data that are loaded or loading; None if there are none.
        settings: their settings by name; only those that differ from the defaults.
        dataset: the data set; None until the first is loaded.
        loading: whether data are being loaded.
        progress: the progress of loading, 0…1; None if it is not known.
        views: receivers that follow ``changed`` one by one, because showing the data takes them a while.
    """

    changed = pyqtSignal()
    loading_changed = pyqtSignal()
    progressed = pyqtSignal()
    failed = pyqtSignal()
    _is_at = pyqtSignal(object, float)  # what is being loaded, and the share that is done; from another thread

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.name: str | None = None
        self.settings: dict[str, Value] = {}
        self.dataset: Dataset | None = None
        self.loading = True  # the first data are requested as soon as the window is shown
        self.progress: float | None = None
        self._threads = SerialThreads()  # by name: no data wait for a disk that does not answer
        self._messages = messages
        self._patience = CancelOffer(messages, self.cancel)
        self._loaded: tuple[str | None, dict[str, Value]] = (None, {})  # name and settings of ``dataset``
        self._cancelled = threading.Event()  # for what is being loaded
        self._reader: Reader | None = None  # of what is being loaded
        self._is_at.connect(self._progress)
        self.views = CallQueue(self)

    def load(
        self,
        name: str = Experiment.data,
        settings: Mapping[str, Value] | None = None,
        reader: Reader | None = None,
        refused: Callable[[EngineError], None] | None = None,
    ) -> None:
        """Loads registered data, a file or a folder; ``changed`` follows. Does nothing if they are loaded already.

        Asks first if they have to be downloaded. Raises UnknownNameError or SettingError if there are no such data, and
        then changes nothing.

        Args:
            reader: reads them, and is ended then; None for one of their own.
            refused: is called instead of a message if one of the settings breaks its rule.
        """
        source = source_of(name)
        wanted = source.different(settings or {})
        if reader is None and (name, wanted) == (self.name, self.settings):
            return  # with a reader of its own, the file may have another content now

        def load() -> None:
            self._drop()
            self._reader = reader or reader_for(source)
            self._load(source, name, wanted, refused)

        if source.download is None or source.download.is_here():
            load()
        else:
            self._offer_download(source, source.download, load)

    def _offer_download(self, source: DataSource, download: Download, load: Callable[[], None]) -> None:
        """Shows what would be downloaded from where, and asks."""
        what = f"{source.title} is not on this computer"
        size = f"{text.count(round(download.size / 1e6))} MB"
        about = f"{size}, licence: {download.licence}, from {download.origin}."
        if can_download():
            choice = MessageChoice(f"Download {size}", load, frozenset({"dataset"}))
            self._messages.show(f"{what}. Download it: {about}", choice)
        else:
            self._messages.show(f"{what}, and downloading needs another package. {install_advice('download')}")
        self.loading_changed.emit()  # what shows the choice shows the present data again

    def _load(
        self, source: DataSource, name: str, wanted: dict[str, Value], refused: Callable[[EngineError], None] | None
    ) -> None:
        reader = self._reader
        assert reader is not None
        cancelled = self._cancelled = threading.Event()
        self.name, self.settings, self.loading, self.progress = name, wanted, True, None
        self.loading_changed.emit()

        def tell(done: int, total: int) -> None:
            if cancelled.is_set():
                raise CancelledError
            self._is_at.emit(cancelled, done / max(total, 1))

        def load() -> Dataset:
            try:
                return reader.load(name, wanted, tell)
            finally:
                reader.end()

        def failed(error: Exception) -> None:
            names = [each.name for each in source.every_setting]
            is_of_setting = isinstance(error, SettingError) and error.parameter in names
            self._failed(cancelled, error, refused if is_of_setting else None)

        self._patience.begin(f"Loading {source.title}")
        self._threads.run(name, load, lambda dataset: self._arrived(cancelled, dataset), failed)

    def _progress(self, about: threading.Event, share: float) -> None:
        if about is self._cancelled and self.loading:
            self.progress = share
            self.progressed.emit()

    def _arrived(self, about: threading.Event, dataset: Dataset) -> None:
        if about is not self._cancelled or not self.loading:
            return  # other data were requested meanwhile
        is_same = self._loaded == (self.name, self.settings) and self.dataset is not None
        if not is_same or dataset.fingerprint != self.dataset.fingerprint:  # type: ignore[union-attr]
            self.dataset, self._loaded = dataset, (self.name, self.settings)
        self._settle()

    def _failed(self, about: threading.Event, error: Exception, refused: Callable[[Any], None] | None) -> None:
        if about is not self._cancelled or not self.loading:
            return
        if refused is not None:
            refused(error)  # first, so that the field keeps what was typed when the data before are shown again
        self.cancel()
        if refused is None:
            self._messages.show_error("The data could not be loaded", error)

    def _drop(self) -> None:
        """Drops the data that are being loaded."""
        self._cancelled.set()
        if self._reader is not None:
            self._reader.end()

    def cancel(self) -> None:
        """Cancels loading. The previous data set stays."""
        self._drop()
        self.name, self.settings = self._loaded
        self.failed.emit()
        self._settle()

    # ---- the data of an experiment

    @property
    def loaded_name(self) -> str | None:
        """The name or path of ``dataset``, also while other data are loading."""
        return self._loaded[0]

    @property
    def loaded_settings(self) -> Mapping[str, Value]:
        """The settings of ``dataset``, also while other data are loading."""
        return self._loaded[1]

    def has(self, experiment: Experiment) -> bool:
        """Whether the experiment is about ``dataset``."""
        return self._loaded == (experiment.data, experiment.data_settings)

    def fit(self, experiment: Experiment) -> Experiment:
        """Returns the experiment for ``dataset``, with its inputs and outputs; unchanged if there is none."""
        return experiment if self.dataset is None else experiment.for_data(self.dataset, *self._loaded)

    def named(self, experiment: Experiment) -> Experiment:
        """Returns the experiment with the name and the settings of ``dataset``, and its own inputs and outputs."""
        name, settings = self._loaded
        return experiment.changed(data=name or experiment.data, data_settings=settings)

    def awaits(self, experiment: Experiment) -> bool:
        """Loads the data of an experiment if ``dataset`` are others. Returns whether they are being loaded.

        Before the first data are there nothing is loaded, nor where there are no such data.
        """
        if self.dataset is None or self.has(experiment):
            return False
        with suppress(EngineError):
            self.load(experiment.data, experiment.data_settings)
        return self.loading and (experiment.data, experiment.data_settings) == (self.name, self.settings)

    def _settle(self) -> None:
        self._patience.end()
        self.loading, self.progress = False, None
        with self.views.held():
            self.changed.emit()
        self.loading_changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Waits at most that long for loading. Returns whether it has ended."""
        self._drop()
        self.views.end()
        self._patience.close()
        return self._threads.close(milliseconds)
