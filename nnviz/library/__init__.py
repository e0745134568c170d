"""The runs on disk: one SQLite file that keeps every run, with its curves, moments and whole states."""

from __future__ import annotations

from nnviz.library.faults import (
    BusyError,
    DamagedError,
    FullDiskError,
    LibraryError,
    NotALibraryError,
    ReadOnlyError,
    RunInUseError,
    TooLargeError,
    UnknownRunError,
)
from nnviz.library.library import Library
from nnviz.library.place import library_path
from nnviz.library.recording import Recording
from nnviz.library.records import RunRecord
from nnviz.library.states import KeptState, Order

__all__ = [
    "BusyError",
    "DamagedError",
    "FullDiskError",
    "KeptState",
    "Library",
    "LibraryError",
    "NotALibraryError",
    "Order",
    "ReadOnlyError",
    "Recording",
    "RunInUseError",
    "RunRecord",
    "TooLargeError",
    "UnknownRunError",
    "library_path",
]
