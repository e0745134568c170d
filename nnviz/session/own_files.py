"""Where a person's own examples are on disk: a file for each kind of data, in the user's data folder."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Container
from pathlib import Path

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.datasets.user_examples import UserExamples, read_user_examples
from engine.storage.files import write_whole

_MOST_FIXED = 10  # files of examples as they were at some moment, for each kind of data
_LONGEST = 40  # letters of the data's name in that of the file


def own_folder() -> Path:
    """The folder; it need not be there yet."""
    home = os.path.expanduser("~")
    folder = os.environ.get("APPDATA" if os.name == "nt" else "XDG_DATA_HOME", "")
    return Path(folder if os.path.isabs(folder) else os.path.join(home, ".local", "share"), "nnviz", "own")


def path_for(name: str, data: Dataset) -> Path:
    """The file for the data of that name: another one where their examples mean something else."""
    about = name, data.example_shape, data.width, data.columns, data.class_names, data.targets, data.outputs
    mark = hashlib.blake2b(repr(about).encode("utf-8", "replace"), digest_size=4).hexdigest()
    return own_folder() / f"{re.sub(r'[^A-Za-z0-9]+', '-', Path(name).stem)[:_LONGEST]}-{mark}.npz"


def fixed_path(path: Path, own: UserExamples) -> Path:
    """The file of these examples as they are, which a training names: nothing else is ever written there."""
    return path.with_name(f"{path.stem}-{own.fingerprint}.npz")


def read_for(path: Path, data: Dataset) -> UserExamples:
    """The examples kept there, none if there is no file.

    Raises what ``read_user_examples`` raises, DataError if they misfit.
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
    """Writes them whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, own.as_bytes())


def write_merged(path: Path, own: UserExamples, removed: Container[bytes]) -> UserExamples:
    """Writes them with what else is in the file by now, but for what has one of the marks in ``removed``.

    Returns what was written. Raises OSError, and DataError if there is no room for all.
    """
    there = _usable_at(path, own)
    if there is not None:
        own = own.with_more(there.where(lambda mark: mark not in removed))
    write(path, own)
    return own


def _usable_at(path: Path, own: UserExamples) -> UserExamples | None:
    """The examples there, if they are like those; a file that is damaged or of another kind is put aside."""
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
    put_aside(path)
    return None


def write_fixed(path: Path, own: UserExamples, named: str | None) -> Path:
    """Writes them to their :func:`fixed_path` and returns it.

    Of such files only the newest are kept, since undo and saved networks may name them, and ``named``. Raises OSError.
    """
    file = fixed_path(path, own)
    write(file, own)
    every = path.parent.glob(f"{glob.escape(path.stem)}-{16 * '[0-9a-f]'}.npz")
    for old in sorted(every, key=os.path.getmtime, reverse=True)[_MOST_FIXED:]:
        if str(old) != named:
            old.unlink(missing_ok=True)
    return file


def put_aside(path: Path) -> Path:
    """Renames a file that cannot be read, so that nothing is written over it. Raises OSError."""
    aside = next(place for number in range(1, 1000) if not (place := path.with_suffix(f".damaged{number}")).exists())
    os.replace(path, aside)
    return aside
