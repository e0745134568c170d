"""The store of user examples: a file for each kind of data, in the user's data folder."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Container
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.datasets.user_examples import UserExamples, read_user_examples
from engine.storage.files import write_whole
from nnviz.jobs.serial_thread import SerialThread

_MOST_COPIES = 10  # frozen copies, for each kind of data
_LONGEST = 40  # characters of the data set's name in the file's name


class UserExampleStore(QObject):
    """User examples by file. Writes each change at once, and merges it with what another window wrote meanwhile.

    Signals:
        changed: the examples of a file have changed.
        failed(error): a file could not be written.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, thread: SerialThread) -> None:
        """``thread``: the thread that writes the files."""
        super().__init__()
        self._thread = thread
        self._kept: dict[Path, UserExamples] = {}
        self._removed: dict[Path, frozenset[bytes]] = {}  # marks of the examples removed in this window
        self._unreadable: set[Path] = set()  # files to rename before one is written there

    def get(self, path: Path) -> UserExamples | None:
        """Returns the examples of a file; None until they are read."""
        return self._kept.get(path)

    def set_read(self, path: Path, found: UserExamples, is_readable: bool = True) -> None:
        """Sets the examples read from a file, unless they are known. An unreadable file is renamed before a write."""
        if path not in self._kept:
            self._kept[path] = found
            self._unreadable |= set() if is_readable else {path}
        self.changed.emit()

    def change(self, path: Path, old: UserExamples, new: UserExamples) -> None:
        """Applies the change from ``old`` to ``new``; examples added or removed since ``old`` stay so."""
        now, was = self._kept[path], set(old.marks)
        still = set(now.marks)
        both = new.where(lambda mark: mark in still or mark not in was)
        both = both.with_more(now.where(lambda mark: mark not in was))
        gone = still - set(both.marks)
        self._removed[path] = (self._removed.get(path, frozenset()) | gone) - set(both.marks)
        self._put(path, both)

    def _put(self, path: Path, own: UserExamples) -> None:
        """Sets the examples of a file and writes them in the background."""
        self._kept[path] = own
        removed, is_unreadable = self._removed[path], path in self._unreadable
        self._unreadable.discard(path)

        def save() -> UserExamples:
            if is_unreadable:
                rename_damaged(path)
            return write_merged(path, own, removed)

        self._thread.run(save, lambda written: self._written(path, own, written), self.failed.emit)
        self.changed.emit()

    def _written(self, path: Path, own: UserExamples, written: UserExamples) -> None:
        """Adds what another window had written, unless a later change is about to be written and will add it."""
        if self._kept[path] is own and len(written) > len(own):
            self._kept[path] = written
            self.changed.emit()


def user_examples_folder() -> Path:
    """Returns the folder of the files, which may not exist yet."""
    home = os.path.expanduser("~")
    folder = os.environ.get("APPDATA" if os.name == "nt" else "XDG_DATA_HOME", "")
    return Path(folder if os.path.isabs(folder) else os.path.join(home, ".local", "share"), "nnviz", "own")


def path_for_data(name: str, data: Dataset) -> Path:
    """Returns the file for a data set. Data sets of one name with other columns or classes have another file."""
    about = name, data.example_shape, data.width, data.columns, data.class_names, data.targets, data.outputs
    mark = hashlib.blake2b(repr(about).encode("utf-8", "replace"), digest_size=4).hexdigest()
    return user_examples_folder() / f"{re.sub(r'[^A-Za-z0-9]+', '-', Path(name).stem)[:_LONGEST]}-{mark}.npz"


def frozen_copy_path(path: Path, own: UserExamples) -> Path:
    """Returns the file of an immutable copy of the examples, which the data settings of a run name."""
    return path.with_name(f"{path.stem}-{own.fingerprint}.npz")


def read_stored_examples(path: Path, data: Dataset) -> UserExamples:
    """Returns the examples of a file; none if it does not exist.

    Raises what ``read_user_examples`` raises, and DataError if the examples do not fit the data.
    """
    try:
        own = read_user_examples(path)
    except FileNotFoundError:
        return UserExamples.empty_for(data)
    if not len(own):
        return UserExamples.empty_for(data)
    own.split_for(data)
    return own


def write(path: Path, own: UserExamples) -> None:
    """Writes the examples atomically. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, own.as_bytes())


def write_merged(path: Path, own: UserExamples, removed: Container[bytes]) -> UserExamples:
    """Writes the examples together with those in the file, except those whose marks are in ``removed``.

    Returns the examples written. Raises OSError, and DataError if they exceed the limit.
    """
    there = _usable_at(path, own)
    if there is not None:
        own = own.with_more(there.where(lambda mark: mark not in removed))
    write(path, own)
    return own


def _usable_at(path: Path, own: UserExamples) -> UserExamples | None:
    """Returns the examples of a file if they are of the same kind. Renames a damaged file or one of another kind."""
    try:
        there = read_user_examples(path)
        if not len(there):
            return None
        if there.is_like(own):
            return there
    except FileNotFoundError:
        return None
    except EngineError:
        pass
    rename_damaged(path)
    return None


def write_frozen_copy(path: Path, own: UserExamples, named: str | None) -> Path:
    """Writes the examples to their :func:`frozen_copy_path` and returns it.

    Keeps the newest copies, which undo and saved networks may name, and the copy ``named``. Raises OSError.
    """
    file = frozen_copy_path(path, own)
    write(file, own)
    every = path.parent.glob(f"{glob.escape(path.stem)}-{16 * '[0-9a-f]'}.npz")
    for old in sorted(every, key=os.path.getmtime, reverse=True)[_MOST_COPIES:]:
        if str(old) != named:
            old.unlink(missing_ok=True)
    return file


def rename_damaged(path: Path) -> Path:
    """Renames an unreadable file so that it is not overwritten. Returns the new path. Raises OSError."""
    aside = next(place for number in range(1, 1000) if not (place := path.with_suffix(f".damaged{number}")).exists())
    os.replace(path, aside)
    return aside
