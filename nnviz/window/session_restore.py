"""Restoring of settings, data set and network at the next start, without damaged or outdated parts."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject

from engine.basics.errors import EngineError
from engine.basics.validation import check_memory
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.old_experiments import present_data_settings, recorded_data_settings
from engine.presets import TYPED_NAMES
from engine.training.augmentation import Augmentation
from nnviz.cards.runs.storage import StorageModel
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.jobs.network_reading import CHECKPOINT
from nnviz.session.network_replacement import is_quickly_made
from nnviz.session.session import Session
from nnviz.window.bundled_networks import bundled_networks
from nnviz.window.preferences import Preferences

_DAMAGE = (EngineError, TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError)


class SessionRestore(QObject):
    """Restores the last session, and stores the choices of this one."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._session: Session | None = None
        self._starts = False  # whether training was requested while the network was being read
        self._opens = False  # whether the last network is being read, or was read
        self._reads_record = False  # whether the last run is being read from the library
        self._has_record = True  # whether the last network may be a run of the library
        self._is_lost = False  # whether the last network could not be read
        self._snapshot_bytes: int | None = (
            None  # what was chosen, where it is more than the memory that is free this time
        )
        self._is_complete = False  # whether all that was remembered is in the window
        self._is_paused: Callable[[], bool] = lambda: False
        self.experiment = restored(self._preferences.document("configuration"))

    def pause_while(self, is_paused: Callable[[], bool]) -> None:
        """Keeps what is remembered of settings, data and network as long as ``is_paused`` returns True."""
        self._is_paused = is_paused

    def new_session(self) -> Session:
        """Returns a session with the remembered settings. Data and network follow after :meth:`load`."""
        session = self._session = Session(self.experiment if is_quickly_made(self.experiment) else None)
        folder = self._preferences.folder
        if folder is not None:
            session.user_presets.use_folder(folder / "presets")
        with contextlib.suppress(*_DAMAGE):
            kept: Any = self._preferences.document("configuration")  # in 0.3 the strengths were part of it
            stored: Any = self._preferences.document("strengths") or kept["strengths"]
            session.settings.remember_strengths(Augmentation(**stored))
        typed = self._preferences.document("typed")
        names = frozenset(map(str, typed)) & TYPED_NAMES if isinstance(typed, list) else None
        if self._preferences.document("configuration") is not None:
            session.settings.remember_base(self._preferences.text("preset"), names)
        session.records.set_on(self._preferences.number("keep_runs") != 0)
        session.recent_data_files.restore(self._preferences.document("imported"))
        session.painting.restore(self._preferences.document("painted"))
        session.sweeps.set_seeds(int(self._preferences.number("seeds") or 0))
        session.models[SweepForm].restore(self._preferences.document("sweep"))
        session.sweep_target.restore(self._preferences.text("sweep_where"))
        session.models[TrialsModel].set_view(self._preferences.text("trials_view"))
        session.comparison.set_spread(self._preferences.text("spread"))
        dismissed = self._preferences.document("dismissed_hints")
        session.hints.set_dismissed(map(str, dismissed) if isinstance(dismissed, list) else ())
        share, moments = self._preferences.number("sure_from"), self._preferences.number("moment_bytes")
        if share is not None:
            session.question.set_threshold(share)
        if moments is not None:
            self._set_memory_budget(session, int(moments))
        self._remember_changes(session)
        return session

    def _set_memory_budget(self, session: Session, nbytes: int) -> None:
        """Sets what was chosen, where that is possible this time; it is chosen until it is changed."""
        try:
            session.models[StorageModel].set_memory_budget(nbytes)
        except EngineError:
            self._snapshot_bytes = nbytes
            session.models[StorageModel].memory_changed.connect(self._memory_chosen)

    def _memory_chosen(self) -> None:
        self._snapshot_bytes = None

    def load(self, network: Path | None = None, data: str | None = None, is_new: bool = False) -> None:
        """Loads the last network and data set.

        The network is read first, so that training that is requested meanwhile trains it. A checkpoint is read after
        the data, because its training needs them to continue.

        Args:
            network: a file that is opened in place of the last network, when the data are there.
            data: the name of registered data that are loaded in place of the last ones, with a new network for them.
            is_new: whether to leave out the last network.
        """
        session = self._session
        if session is None:
            return
        self._has_record = network is None and data is None and not is_new
        path, title = self._last_network(session) if self._has_record else (network, None)
        if path is not None and network is None and (title is not None or path.suffix.lower() != CHECKPOINT):
            self._open(session, path, title)
        else:
            session.data.changed.connect(lambda: self._data_loaded(session, path))
            if data is not None:
                known = session.recent_data_files.find(data)
                try:
                    session.data.load(data, known.settings if known is not None else {})
                except EngineError as error:  # what is remembered of the file is no longer valid
                    session.messages.show_error("The data could not be loaded", error)
            self._load_data(session)

    def _load_data(self, session: Session) -> None:
        """Loads the last data set, unless another one is being loaded."""
        if session.data.name is not None:
            return
        name = self._preferences.text("dataset") or Experiment.data
        found = self._preferences.document("dataset_settings")
        try:
            session.data.load(name, present_data_settings(name, found) if isinstance(found, dict) else {})
        except EngineError as error:  # its file has gone
            session.messages.show_error("The data of the last session no longer exist", error)
            session.data.load()

    def _remember_changes(self, session: Session) -> None:
        """Starts to store changes."""
        runs, settings = session.runs, session.settings
        for signal in (
            runs.replaced,
            settings.changed,
            session.data.loading_changed,
            session.recent_data_files.changed,
        ):
            signal.connect(self._preferences.touch)
        runs.file_changed.connect(self._file_changed)
        session.question.threshold_changed.connect(self._preferences.touch)
        many = session.sweeps.seeds_changed, session.models[SweepForm].changed, session.models[TrialsModel].view_changed
        for signal in (
            session.records.changed,
            session.models[StorageModel].memory_changed,
            session.comparison.spread_changed,
            session.hints.dismissed_changed,
            *many,
        ):
            signal.connect(self._preferences.touch)
        self._preferences.gathering.connect(self._remember)

    def _file_changed(self) -> None:
        """Stores the file if it is another one, and not at each epoch."""
        run = None if self._session is None else self._session.runs.current
        if run is not None and str(run.storage.path or "") != self._preferences.text("network"):
            self._preferences.touch()

    def _remember(self) -> None:
        """Stores the settings, the data set, and the network's file, or its title if it is an included one."""
        session, remember = self._session, self._preferences.set
        if session is None:
            return
        remember("imported", json.dumps(session.recent_data_files.as_list()))
        remember("painted", json.dumps(session.painting.latest))
        remember("sure_from", session.question.threshold)
        remember("keep_runs", int(session.records.is_on))
        remember("sweep", json.dumps(session.models[SweepForm].fields.as_dict()))
        remember("sweep_where", session.sweep_target.typed)
        remember("trials_view", session.models[TrialsModel].view)
        remember("spread", session.comparison.spread)
        remember("dismissed_hints", json.dumps(sorted(session.hints.dismissed)))
        remember(
            "moment_bytes",
            session.models[StorageModel].memory_budget if self._snapshot_bytes is None else self._snapshot_bytes,
        )
        if self._is_paused():
            return
        remember("seeds", session.sweeps.seeds)
        if session.data.name is not None:
            remember("dataset", session.data.name)
            settings = recorded_data_settings(session.data.name, session.data.settings)
            remember("dataset_settings", json.dumps(settings))
        if not self._is_complete:
            return  # keeps what was remembered, because not all of it is loaded yet
        remember("configuration", json.dumps(session.settings.experiment.as_dict()))
        remember("preset", session.settings.base.name if session.settings.base is not None else "")
        remember("typed", json.dumps(sorted(session.settings.typed)))
        remember("strengths", json.dumps(asdict(session.settings.strengths)))
        run = session.runs.current
        if run.untouched and (self._is_lost or self._reads_record):
            return  # keeps the last network's name: it can perhaps be read the next time
        is_saved = run.storage.path is not None and run.changes == run.storage.saved_changes
        is_there = run.storage.is_kept or not run.changes  # unless it has learned since, it is as the library has it
        record = run.storage.record if is_there and run.storage.record and not is_saved else 0
        is_shipped = run.origin.opened is not None and run.storage.path is None and not record
        remember("network", "" if record else str(run.storage.path or ""))
        remember("record", record)
        remember("shipped", run.storage.name if is_shipped else "")

    # ---- the last network

    def _data_loaded(self, session: Session, path: Path | None) -> None:
        """Opens a checkpoint, or chooses the settings of a large network; only once."""
        if self._is_complete or self._opens:
            return
        # Otherwise the user has changed something already.
        is_untouched = session.runs.current.untouched and session.undo.last() is None
        if is_untouched and path is not None and session.data.dataset is not None:
            self._starts = session.training.will_start
            session.pause()
            self._open(session, path, None)
            return
        if session.data.dataset is None:
            return  # keeps what was remembered, because the data could not be loaded
        record = self._preferences.number("record") if self._has_record else None
        if is_untouched and record:
            self._reads_record = True
            session.library.open(int(record), self._record_read)
        elif is_untouched:
            self._choose_large(session, session.data.dataset)
        self._complete(session)

    def _record_read(self) -> None:
        self._reads_record = False

    def _complete(self, session: Session) -> None:
        """Marks the session as restored, and offers to resume an interrupted run of the library."""
        self._is_complete = True
        session.offer_interrupted()

    def _open(self, session: Session, path: Path, title: str | None) -> None:
        self._opens = True
        session.files.opened.connect(self._opened)
        session.files.failed.connect(self._not_opened)
        session.files.open(path, title)

    def _choose_large(self, session: Session, dataset: Dataset) -> None:
        """Chooses the settings of a network that was too large to be built before the window opened."""
        if not is_quickly_made(self.experiment):
            with contextlib.suppress(EngineError):
                session.settings.choose("last settings", session.data.fit(self.experiment))
                session.undo.clear()

    def _last_network(self, session: Session) -> tuple[Path | None, str | None]:
        """Returns the last network's file, and its title if it came with the program; None for none."""
        stored, title = self._preferences.text("network"), self._preferences.text("shipped")
        if stored and os.path.isfile(stored):  # unlike this, Path.is_file() may raise
            return Path(stored), None
        if stored:
            self._is_lost = not os.path.isdir(os.path.dirname(stored))  # perhaps its disk is not connected
            session.messages.show(f"The last network, {Path(stored).name}, is no longer in {Path(stored).parent}.")
        path = next((each.path for each in bundled_networks() if each.title == title), None) if title else None
        return path, title if path else None

    def _not_opened(self, *_: object) -> None:
        self._is_lost = True
        self._opened()

    def _opened(self, *_: object) -> None:
        session = self._session
        assert session is not None
        session.files.opened.disconnect(self._opened)
        session.files.failed.disconnect(self._not_opened)
        self._complete(session)
        if not session.runs.current.unsaved:
            session.undo.clear()  # the user did not open it, so it is no undo step
        self._load_data(session)
        if self._starts:
            session.start()


# ---- damaged settings


def restored(document: object) -> Experiment:
    """Returns the experiment that a document describes; of a damaged one, all settings that can be used."""
    if not isinstance(document, Mapping):
        return Experiment()
    try:
        return _checked(document)
    except _DAMAGE:
        kept: dict[str, Any] = {}
        for part in _parts(document):
            together = {**kept, **part}
            if "training" in part:
                together["training"] = {**kept.get("training", {}), **part["training"]}
            try:
                _checked(together)
            except _DAMAGE:
                continue
            kept = together
        return Experiment.from_dict(kept)


def _checked(document: Mapping[str, Any]) -> Experiment:
    experiment = Experiment.from_dict(document)
    check_memory(experiment.shape)
    return experiment


def _parts(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Returns the settings that are restored or left out separately: layers and loss together, every other alone."""
    for together in (("shape", "activations", "loss"), ("shape", "activations"), ("output", "loss")):
        yield {name: document[name] for name in together if name in document}
    for name, value in document.items():
        if name not in ("shape", "activations", "training"):
            yield {name: value}
    training = document.get("training")
    for name, value in training.items() if isinstance(training, Mapping) else ():
        yield {"training": {name: value}}
