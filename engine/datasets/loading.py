"""The one door to all data: by a registered name, or by the path of a file or a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.basics.errors import UnknownNameError
from engine.datasets.arrays import TASKS, npz_dataset
from engine.datasets.data_setting import SEED, SIDE, TEST_SHARE, TRAIN_EXAMPLES, DataSetting, Value
from engine.datasets.dataset import Dataset
from engine.datasets.idx_pair import idx_dataset
from engine.datasets.source import (
    DATASETS,
    FILES,
    PICTURES,
    DataSource,
    Progress,
    with_fewer,
    without_drawing,
)
from engine.datasets.table.table_source import table_source

if TYPE_CHECKING:
    from engine.datasets.image_folder import FolderReport

_TASKS = {name: name for name in TASKS}
_TASK = DataSetting("task", "Task", None, "What the network predicts: classes or numbers.", _TASKS)
COLOUR_NOTE = "Colour images become grey."
_SPLIT = (TEST_SHARE, SEED)
_IDX = ("-ubyte", "-ubyte.gz", ".idx", ".idx.gz")
TABLE_FILES = (".csv", ".tsv", ".txt", ".dat", ".data")  # common endings of the names of tables
_DATA = (*TABLE_FILES, ".npz", *_IDX)


def source_of(name: str) -> DataSource:
    """Returns the source with this registered name, or for the file or folder at this path, without reading it.

    Raises UnknownNameError if there is neither.
    """
    if name in list(DATASETS):
        return DATASETS[name]
    path = Path(name)
    if not os.path.exists(name):
        choices = f"Choose one of: {', '.join(DATASETS)}; or give the path of a file or a folder."
        raise UnknownNameError(
            "data", name, "must be the name of a known data set, or an existing file or folder", choices
        )
    if path.is_dir():
        title, make = path.resolve().name, partial(_load_folder, path)
        return DataSource(title, make, PICTURES, (SIDE, *_SPLIT), shows_progress=True, file=path)
    if path.suffix.lower() == ".npz":
        return DataSource(path.name, partial(npz_dataset, path), FILES, (_TASK, *_SPLIT, TRAIN_EXAMPLES), file=path)
    if is_idx(path.name):
        return DataSource(path.name, partial(idx_dataset, path), PICTURES, _SPLIT, file=path)
    return table_source(path)


def is_file_of(name: str, settings: Mapping[str, Value], path: str | Path) -> bool:
    """Whether ``path`` is the file of the data of that name or path, or that of the user's own examples in them."""
    files = [] if name in list(DATASETS) else [name]
    files += [own] if isinstance(own := settings.get("own"), str) and own else []
    return os.path.realpath(path) in map(os.path.realpath, files)


def is_idx(name: str) -> bool:
    """Whether that is a name as IDX files have."""
    return name.lower().endswith(_IDX)


def is_data(path: str) -> bool:
    """Whether it is a folder, or has a name as files of data have."""
    return path.lower().endswith(_DATA) or os.path.isdir(path)


def load_data(name: str, settings: Mapping[str, Value] | None = None, progress: Progress | None = None) -> Dataset:
    """Loads the data of that name or path; see :class:`~engine.datasets.source.DataSource`.

    Raises UnknownNameError, and what loading it raises.
    """
    return source_of(name).load(settings, progress)


def _load_folder(path: Path, progress: Progress | None = None, **settings: Value) -> Dataset:
    return read_folder(path, settings, progress)[0]


def read_folder(
    path: Path, settings: Mapping[str, Value], progress: Progress | None = None
) -> tuple[Dataset, FolderReport]:
    """Reads a folder of images; the data set's notes say what was left out. Raises what ``folder_dataset`` raises."""
    from engine.datasets.image_folder import folder_dataset  # imports Pillow

    options: dict[str, Any] = {} if progress is None else {"progress": progress}
    dataset, report = folder_dataset(path, **without_drawing(settings, ()), **options)
    return with_fewer(replace(dataset, notes=_notes(report)), settings), report


def _notes(report: FolderReport) -> tuple[str, ...]:
    notes = [COLOUR_NOTE] if report.has_colour else []
    first_unread = [f"{unread.path} left out: {unread.why}." for unread in report.unread[:3]]
    notes += first_unread
    if report.unread_count > len(first_unread):
        notes.append(f"{report.unread_count:,} files in total could not be read.")
    notes += [f"{name} is not a class: none of its images could be read." for name in report.empty_classes[:3]]
    return tuple(notes)
