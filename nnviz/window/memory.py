"""What comes back at the next start: settings, data set and network. Whatever is damaged or out of date is left out."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QSettings

from engine.augmentation import Augmentation
from engine.datasets import DATASETS, Dataset
from engine.errors import EngineError
from engine.experiment import Experiment
from engine.validation import check_memory
from nnviz.jobs.reading import CHECKPOINT
from nnviz.session.making import is_quickly_made
from nnviz.session.session import Session
from nnviz.window.shipped import shipped_networks

_FIRST_DATA = "mnist"
_DAMAGE = (EngineError, TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError)


class Memory(QObject):
    """Reads when the session is made, and writes when it ends.

    Attributes:
        experiment: what the fields described at the last end.
    """

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self._session: Session | None = None
        self._goes_on = False  # training was asked for before the network was there
        self._opens = False  # the network of last time is being read, or is there
        self._is_lost = False  # the network of last time could not be read
        self._has_settled = False  # whether all of last time is in the window
        self.experiment = restored(self._stored("configuration"))

    def new_session(self) -> Session:
        """With the settings that were in force. Data and network follow after :meth:`load`."""
        session = self._session = Session(self.experiment if is_quickly_made(self.experiment) else None)
        with contextlib.suppress(*_DAMAGE):
            stored: Any = self._stored("strengths") or self._stored("configuration")["strengths"]  # type: ignore[index]
            session.settings.remember_strengths(Augmentation(**stored))
        share = _number(self._settings.value("sure_from"))
        if share is not None:
            session.question.set_threshold(share)
        return session

    def load(self) -> None:
        """The network and the data set of last time.

        The network comes first, so that training asked for meanwhile is its own; but one whose training goes on with
        the data waits for them.
        """
        session = self._session
        if session is None:
            return
        path, title = self._last_network(session)
        if path is not None and (title is not None or path.suffix.lower() != CHECKPOINT):
            self._open(session, path, title)
        else:
            session.data.changed.connect(lambda: self._data_there(session, path))
        name = self._settings.value("dataset", _FIRST_DATA)
        session.data.load(name if name in list(DATASETS) else _FIRST_DATA)

    def save(self) -> None:
        """What is chosen now, and the network if it has a file or came with the program."""
        session = self._session
        if session is None:
            return
        self._settings.setValue("dataset", session.data.name or _FIRST_DATA)
        self._settings.setValue("sure_from", str(session.question.threshold))
        if not self._has_settled:
            return  # what comes back is still on its way: it is not forgotten for that
        self._settings.setValue("configuration", json.dumps(session.settings.experiment.as_dict()))
        self._settings.setValue("strengths", json.dumps(asdict(session.settings.strengths)))
        run = session.runs.current
        if self._is_lost and run.untouched:
            return  # it could not be read this time; the next time it perhaps can
        title = run.name if run.opened is not None and run.path is None else ""
        self._settings.setValue("network", str(run.path or ""))
        self._settings.setValue("shipped", title)

    def _stored(self, key: str) -> object:
        try:
            return json.loads(str(self._settings.value(key, "null")))
        except (ValueError, RecursionError):
            return None

    # ---- the network of last time

    def _data_there(self, session: Session, path: Path | None) -> None:
        """Once."""
        if self._has_settled or self._opens:
            return
        is_untouched = session.runs.current.untouched and session.undo.last() is None  # else the person was quicker
        if is_untouched and path is not None and session.data.dataset is not None:
            self._goes_on = session.training.will_start
            session.pause()
            self._open(session, path, None)
            return
        if session.data.dataset is None:
            return  # it could not be loaded: last time's network is not forgotten for that
        self._has_settled = True
        if is_untouched:
            self._choose_large(session, session.data.dataset)

    def _open(self, session: Session, path: Path, title: str | None) -> None:
        self._opens = True
        session.files.opened.connect(self._opened)
        session.files.failed.connect(self._not_opened)
        session.files.open(path, title)

    def _choose_large(self, session: Session, dataset: Dataset) -> None:
        """Settings of a network that the window was not to wait for."""
        if not is_quickly_made(self.experiment):
            with contextlib.suppress(EngineError):
                session.settings.choose("settings of last time", self.experiment.for_data(dataset, session.data.name))
                session.undo.clear()

    def _last_network(self, session: Session) -> tuple[Path | None, str | None]:
        """Its file, and its title if it came with the program."""
        stored, title = str(self._settings.value("network", "")), str(self._settings.value("shipped", ""))
        if stored and os.path.isfile(stored):  # Path.is_file() may raise
            return Path(stored), None
        if stored:
            self._is_lost = not os.path.isdir(os.path.dirname(stored))  # on a disk that is not there now, perhaps
            session.messages.tell(
                f"{Path(stored).name}, the network of last time, is no longer in {Path(stored).parent}."
            )
        path = next((each.path for each in shipped_networks() if each.title == title), None) if title else None
        return path, title if path else None

    def _not_opened(self, *_: object) -> None:
        self._is_lost = True
        self._opened()

    def _opened(self, *_: object) -> None:
        session = self._session
        assert session is not None
        session.files.opened.disconnect(self._opened)
        session.files.failed.disconnect(self._not_opened)
        self._has_settled = True
        if not session.runs.current.unsaved:
            session.undo.clear()  # that it was opened is nothing a person did
        if self._goes_on:
            session.start()


# ---- settings, piece by piece


def restored(document: object) -> Experiment:
    """The settings that a document describes; of a damaged one as many as can be used."""
    if not isinstance(document, Mapping):
        return Experiment()
    try:
        return _checked(document)
    except _DAMAGE:
        kept: dict[str, Any] = {}
        for piece in _pieces(document):
            together = {**kept, **piece}
            if "training" in piece:
                together["training"] = {**kept.get("training", {}), **piece["training"]}
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


def _pieces(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What can be used or not on its own: layers and loss together, every setting of the training alone."""
    for together in (("shape", "activations", "loss"), ("shape", "activations"), ("output", "loss")):
        yield {name: document[name] for name in together if name in document}
    for name, value in document.items():
        if name not in ("shape", "activations", "training"):
            yield {name: value}
    training = document.get("training")
    for name, value in training.items() if isinstance(training, Mapping) else ():
        yield {"training": {name: value}}


def _number(stored: object) -> float | None:
    try:
        number = float(str(stored))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
