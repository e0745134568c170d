"""Examples that a person kept with what they truly are: a set of one's own for each kind of data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError, EngineError, FileFormatError, Verbatim
from engine.basics.validation import Array
from engine.datasets.user_examples import USUAL_SHARE, UserExamples, checked_share, read_user_examples
from nnviz.formatting import text
from nnviz.jobs.lane import Lane
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.own_files import fixed_path, path_for, read_for, write_fixed
from nnviz.session.own_store import OwnStore
from nnviz.session.question import Question
from nnviz.session.taught import Moment, Taught
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo


class Own(QObject):
    """Keeps examples for the data that are there, and writes each change to disk. Attributes are for reading.

    Signals:
        changed: ``kept`` or ``is_mixed_in`` has changed.
    """

    changed = pyqtSignal()

    def __init__(
        self, data: Data, question: Question, taught: Taught, training: Training, undo: Undo, messages: Messages
    ) -> None:
        super().__init__()
        self._data, self._question, self._training = data, question, training
        self._undo, self._messages = undo, messages
        self._path: Path | None = None  # the file for the data that are there: its name takes a while to be made
        self._marks: dict[str, frozenset[bytes]] = {}  # of the examples in each file that is or was mixed in
        self._wanted_share = USUAL_SHARE  # for the next time that they are mixed in
        self._lane = Lane()
        self._store = OwnStore(self._lane)
        self._store.changed.connect(self.changed)
        self._store.failed.connect(self._not_saved)
        self._taught = taught
        data.changed.connect(self._follow)
        taught.runs.replaced.connect(lambda: taught.follow(self.mixed_in))

    # ---- what is kept

    @property
    def kept(self) -> UserExamples | None:
        """The examples kept for the data that are there, perhaps none; None until they are read."""
        return None if self._path is None else self._store.kept(self._path)

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self.kept or ())

    @property
    def can_add(self) -> bool:
        """Whether there is an example to keep."""
        return self.kept is not None and self._question.example is not None

    def add(self, truth: int | Sequence[float]) -> None:
        """Keeps what is asked about: its class by number, or its true numbers. A step to undo.

        Raises DataError for a truth that the data cannot have, or if there is no room for more.
        """
        data, kept, example = self._data.dataset, self.kept, self._question.example
        if data is not None and kept is not None and example is not None:
            self._step("kept example", kept.with_more(UserExamples.one(data, example, truth)))

    def remove(self, number: int) -> None:
        """Removes the one with that number. A step to undo."""
        kept = self.kept
        if kept is not None and 0 <= number < len(kept):
            self._step("removal of an example", kept.at(np.arange(len(kept)) != number))

    def take_in(self, path: Path) -> None:
        """Adds those in a file to those that are kept, when they are read. A step to undo; a message says how many."""
        data, into, name = self._data.dataset, self._path, text.name(path.name)
        if data is None or into is None or self.kept is None:
            return

        def read() -> UserExamples:
            found = read_user_examples(path)
            if not len(found):
                raise DataError(name, Verbatim("empty"), "must hold an example", "Export some first.")
            found.split_for(data)
            return found

        def done(found: UserExamples) -> None:
            now = self.kept if into == self._path else None
            if now is None:
                return  # other data came meanwhile
            try:
                more = now.with_more(found)
            except EngineError as error:
                failed(error)
                return
            self._step("import of examples", more)
            known = len(found) - (len(more) - len(now))
            besides = f"; {known:,} were kept already" if known else ""
            self._messages.announce(f"{len(found) - known:,} examples of {name} were added to your own{besides}.")

        def failed(error: Exception) -> None:
            self._messages.tell_error(f"{name} could not be imported", error)

        self._lane.run(read, done, failed)

    def _step(self, what: str, new: UserExamples) -> None:
        path, old = self._path, self.kept
        if path is not None and old is not None and len(new) != len(old):
            added = max(0, new.inputs.nbytes - old.inputs.nbytes)
            self._undo.push(Step(what, Kind.OWN, self._put, (path, new, old), (path, old, new), nbytes=added))

    def _put(self, change: tuple[Path, UserExamples, UserExamples]) -> None:
        self._store.change(*change)

    def _not_saved(self, error: Exception) -> None:
        self._messages.tell_error("Your own examples could not be written to disk; export them to another place", error)

    # ---- the files

    def _follow(self) -> None:
        """Other data: reads what was kept for them, and what of it is mixed in."""
        data, name, mixed = self._data.dataset, self._data.loaded_name, self.mixed_in
        if data is None or name is None:
            return
        self._taught.follow(mixed)
        path = self._path = path_for(name, data)
        known = self.kept

        def read() -> tuple[UserExamples, frozenset[bytes]]:
            learned: frozenset[bytes] = frozenset()
            with suppress(EngineError, OSError):  # what is mixed in is in the data already
                learned = frozenset(read_user_examples(mixed).marks) if mixed is not None else learned
            return known if known is not None else read_for(path, data), learned

        def done(found: tuple[UserExamples, frozenset[bytes]]) -> None:
            if mixed is not None:
                self._marks[mixed] = found[1]
            self._store.take(path, found[0])

        def failed(error: Exception) -> None:
            self._store.take(path, UserExamples.empty_for(data), is_readable=False)
            what = "The examples that you kept could not be read; their file stays on disk"
            if isinstance(error, FileFormatError):
                self._messages.warn(f"{what}. {error}")
            else:
                self._messages.tell_error(what, error)
            done((UserExamples.empty_for(data), frozenset()))

        self._lane.run(read, done, failed)
        self.changed.emit()

    # ---- trained on

    @property
    def mixed_in(self) -> str | None:
        """The file of those that are in the training part; None if none are."""
        return self._data.loaded_settings.get("own")

    @property
    def share(self) -> float:
        """The share of the training part that they make up, or will."""
        is_mixed = self.mixed_in is not None
        return float(self._data.loaded_settings.get("own_share", USUAL_SHARE)) if is_mixed else self._wanted_share

    def set_share(self, share: float) -> None:
        """Sets it; those that are in the training part are mixed in anew, a step to undo.

        Raises SettingError outside 0…0.9.
        """
        share, name = checked_share(share), self._data.loaded_name
        if self.mixed_in is None or name is None:
            self._wanted_share = share
            self.changed.emit()
        elif share != self.share:
            self._load(name, {**self._data.loaded_settings, "own_share": share})

    @property
    def learned(self) -> Array:
        """(count,) from which of them the displayed network has learned in this window, also if they are left out."""
        return self._are_in(self._taught.files)

    @property
    def is_mixed_in(self) -> Array:
        """(count,) which of them are in the training part, so that the network learns from them when it is trained."""
        return self._are_in(() if self.mixed_in is None else (self.mixed_in,))

    def _are_in(self, files: Iterable[str]) -> Array:
        marks = frozenset[bytes]().union(*(self._marks.get(file, ()) for file in files))
        return np.array([mark in marks for mark in (self.kept.marks if self.kept else ())], bool)

    @property
    def before(self) -> Moment | None:
        """The moment before the displayed network was trained on any of them in this window; None if it was not."""
        return self._taught.before

    @property
    def is_up_to_date(self) -> bool:
        """Whether exactly those that are kept are mixed in."""
        path, kept = self._path, self.kept
        return bool(path is not None and kept and self.mixed_in == str(fixed_path(path, kept)))

    def train_on(self) -> None:
        """Mixes in all that are kept, a step to undo, and trains the network on with them when the data are there."""
        path, kept, name = self._path, self.kept, self._data.loaded_name
        if path is None or not kept or name is None or self._data.loading:
            return
        mixed, share = self.mixed_in, self.share

        def written(file: Path) -> None:
            if (self._data.loaded_name, self._path) == (name, path):
                self._load(name, {**self._data.loaded_settings, "own": str(file), "own_share": share})
                self._training.start()

        self._lane.run(lambda: write_fixed(path, kept, mixed), written, self._not_saved)

    def leave_out(self) -> None:
        """Loads the data without them; the network stays. A step to undo."""
        name, settings, share = self._data.loaded_name, dict(self._data.loaded_settings), self.share
        if name is not None and settings.pop("own", None) is not None:
            settings.pop("own_share", None)
            self._wanted_share = share
            self._load(name, settings)

    def _load(self, name: str, settings: dict[str, object]) -> None:
        try:
            self._data.load(name, settings)
        except EngineError as error:
            self._messages.tell_error("The data could not be loaded", error)

    def close(self, milliseconds: int) -> bool:
        """Waits at most so long for what is being written; returns whether that has ended."""
        return self._lane.close(milliseconds)
