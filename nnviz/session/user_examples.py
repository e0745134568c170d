"""The user examples: labelled examples that the user kept, a set for each kind of data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError, EngineError, FileFormatError
from engine.basics.validation import Array
from engine.datasets.user_examples import DEFAULT_SHARE, UserExamples, checked_share, read_user_examples
from nnviz.formatting import text
from nnviz.jobs.serial_thread import SerialThread
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.question import Question
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo
from nnviz.session.user_example_history import EarlierNetwork, UserExampleHistory
from nnviz.session.user_example_store import (
    UserExampleStore,
    frozen_copy_path,
    path_for_data,
    read_stored_examples,
    write_frozen_copy,
)


class UserExamplesModel(QObject):
    """Keeps user examples for the current data set, writes each change to disk, and mixes them into the training set.

    Signals:
        changed: ``examples`` or ``is_mixed_in`` has changed.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        data: Data,
        question: Question,
        history: UserExampleHistory,
        training: Training,
        undo: Undo,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._data, self._question, self._training = data, question, training
        self._undo, self._messages = undo, messages
        self._path: Path | None = None  # the file for the current data set; its name takes a while to compute
        self._marks: dict[str, frozenset[bytes]] = {}  # by the frozen copy that is or was mixed in
        self._wanted_share = DEFAULT_SHARE  # for the next time the examples are mixed in
        self._thread = SerialThread()
        self._store = UserExampleStore(self._thread)
        self._store.changed.connect(self.changed)
        self._store.failed.connect(self._not_saved)
        self._history = history
        data.changed.connect(self._follow)
        history.runs.replaced.connect(lambda: history.follow(self.mixed_in))

    # ---- what is kept

    @property
    def examples(self) -> UserExamples | None:
        """The examples kept for the current data set, possibly none; None until they are read."""
        return None if self._path is None else self._store.get(self._path)

    @property
    def count(self) -> int:
        """The number of kept examples."""
        return len(self.examples or ())

    @property
    def can_add(self) -> bool:
        """Whether there is an input that can be kept."""
        return self.examples is not None and self._question.example is not None

    def add(self, truth: int | Sequence[float]) -> None:
        """Keeps the current input with its class number or its true values. Undoable.

        Raises DataError for a label that the data cannot have, or if the limit is reached.
        """
        data, kept, example = self._data.dataset, self.examples, self._question.example
        if data is not None and kept is not None and example is not None:
            self._step("kept example", kept.with_more(UserExamples.one(data, example, truth)))

    def remove(self, number: int) -> None:
        """Removes an example by its number. Undoable."""
        kept = self.examples
        if kept is not None and 0 <= number < len(kept):
            self._step("removal of an example", kept.at(np.arange(len(kept)) != number))

    def import_file(self, path: Path) -> None:
        """Adds the examples of a file once they are read, and reports their number. Undoable."""
        data, into, name = self._data.dataset, self._path, text.name(path.name)
        if data is None or into is None or self.examples is None:
            return

        def read() -> UserExamples:
            found = read_user_examples(path)
            if not len(found):
                raise DataError.from_problem(name, "it contains no examples", "Export some first.")
            found.split_for(data)
            return found

        def done(found: UserExamples) -> None:
            now = self.examples if into == self._path else None
            if now is None:
                return  # the data set was replaced meanwhile
            try:
                more = now.with_more(found)
            except EngineError as error:
                failed(error)
                return
            self._step("import of examples", more)
            known = len(found) - (len(more) - len(now))
            besides = f"; {text.count(known)} were already there" if known else ""
            self._messages.announce(
                f"{text.count(len(found) - known)} examples of {name} were added to your own{besides}."
            )

        def failed(error: Exception) -> None:
            self._messages.show_error(f"{name} could not be imported", error)

        self._thread.run(read, done, failed)

    def _step(self, what: str, new: UserExamples) -> None:
        path, old = self._path, self.examples
        if path is not None and old is not None and len(new) != len(old):
            added = max(0, new.inputs.nbytes - old.inputs.nbytes)
            self._undo.push(Step(what, Kind.OWN, self._put, (path, new, old), (path, old, new), nbytes=added))

    def _put(self, change: tuple[Path, UserExamples, UserExamples]) -> None:
        self._store.change(*change)

    def _not_saved(self, error: Exception) -> None:
        self._messages.show_error("Your own examples could not be saved; export them to another place", error)

    # ---- the files

    def _follow(self) -> None:
        """Reads the examples for the new data set, and the marks of those that are mixed in."""
        data, name, mixed = self._data.dataset, self._data.loaded_name, self.mixed_in
        if data is None or name is None:
            return
        self._history.follow(mixed)
        path = self._path = path_for_data(name, data)
        known = self.examples

        def read() -> tuple[UserExamples, frozenset[bytes]]:
            learned: frozenset[bytes] = frozenset()
            with suppress(EngineError, OSError):  # without the file the mixed-in examples are in the data all the same
                learned = frozenset(read_user_examples(mixed).marks) if mixed is not None else learned
            return known if known is not None else read_stored_examples(path, data), learned

        def done(found: tuple[UserExamples, frozenset[bytes]]) -> None:
            if mixed is not None:
                self._marks[mixed] = found[1]
            self._store.set_read(path, found[0])

        def failed(error: Exception) -> None:
            self._store.set_read(path, UserExamples.empty_for(data), is_readable=False)
            what = "Your own examples could not be read; their file is kept"
            if isinstance(error, FileFormatError):
                self._messages.warn(text.regrouped(f"{what}. {error}"))
            else:
                self._messages.show_error(what, error)
            done((UserExamples.empty_for(data), frozenset()))

        self._thread.run(read, done, failed)
        self.changed.emit()

    # ---- trained on

    @property
    def mixed_in(self) -> str | None:
        """The frozen copy that is mixed into the training set; None if there is none."""
        return self._data.loaded_settings.get("own")

    @property
    def share(self) -> float:
        """The share of the training set that the examples make up, or would if they were mixed in."""
        is_mixed = self.mixed_in is not None
        return float(self._data.loaded_settings.get("own_share", DEFAULT_SHARE)) if is_mixed else self._wanted_share

    def set_share(self, share: float) -> None:
        """Sets the share, and mixes the examples in again if they are in the training set. Undoable.

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
        """Whether the displayed network has learned from each example in this window, (count,) bool."""
        return self._are_in(self._history.files)

    @property
    def is_mixed_in(self) -> Array:
        """Whether each example is in the training set, (count,) bool."""
        return self._are_in(() if self.mixed_in is None else (self.mixed_in,))

    def _are_in(self, files: Iterable[str]) -> Array:
        marks = frozenset[bytes]().union(*(self._marks.get(file, ()) for file in files))
        return np.array([mark in marks for mark in (self.examples.marks if self.examples else ())], bool)

    @property
    def before(self) -> EarlierNetwork | None:
        """The network before the displayed one was trained on user examples in this window; None if it was not."""
        return self._history.before

    @property
    def is_up_to_date(self) -> bool:
        """Whether exactly the kept examples are mixed in."""
        path, kept = self._path, self.examples
        return bool(path is not None and kept and self.mixed_in == str(frozen_copy_path(path, kept)))

    def train_on(self) -> None:
        """Mixes in all kept examples and continues training once the data are loaded. Undoable."""
        path, kept, name = self._path, self.examples, self._data.loaded_name
        if path is None or not kept or name is None or self._data.loading:
            return
        mixed, share = self.mixed_in, self.share

        def written(file: Path) -> None:
            if (self._data.loaded_name, self._path) == (name, path):
                self._load(name, {**self._data.loaded_settings, "own": str(file), "own_share": share})
                self._training.start()

        self._thread.run(lambda: write_frozen_copy(path, kept, mixed), written, self._not_saved)

    def leave_out(self) -> None:
        """Loads the data without the user examples; the network stays. Undoable."""
        name, settings, share = self._data.loaded_name, dict(self._data.loaded_settings), self.share
        if name is not None and settings.pop("own", None) is not None:
            settings.pop("own_share", None)
            self._wanted_share = share
            self._load(name, settings)

    def _load(self, name: str, settings: dict[str, object]) -> None:
        try:
            self._data.load(name, settings)
        except EngineError as error:
            self._messages.show_error("The data could not be loaded", error)

    def close(self, milliseconds: int) -> bool:
        """Waits for files being written. Returns whether they were written in time."""
        return self._thread.close(milliseconds)
