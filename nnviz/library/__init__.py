"""The run library: one SQLite file that keeps every run, with its curves, snapshots and training states.

Names of this package are imported at first use, so that the window appears sooner.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnviz.library.errors import (
    BusyError,
    DamagedError,
    FullDiskError,
    LibraryError,
    NotALibraryError,
    ReadOnlyError,
    ReplacedError,
    RunInUseError,
    TooLargeError,
    UnknownRunError,
    UnreadableRunError,
)
from nnviz.library.groups import RunGroup

if TYPE_CHECKING:
    from nnviz.library.library import Library
    from nnviz.library.location import library_path
    from nnviz.library.recording import Recording
    from nnviz.library.records import RunRecord
    from nnviz.library.states import KeptState, Order

__all__ = [
    "ENDING",
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
    "ReplacedError",
    "RunGroup",
    "RunInUseError",
    "RunRecord",
    "TooLargeError",
    "UnknownRunError",
    "UnreadableRunError",
    "is_exported_run",
    "library_path",
]

ENDING = ".nnvizrun"  # of the name of a run that was exported

_PLACES = {
    "Library": "library",
    "library_path": "location",
    "Recording": "recording",
    "RunRecord": "records",
    "KeptState": "states",
    "Order": "states",
}


def is_exported_run(path: str) -> bool:
    """Whether the name of a file is that of an exported run."""
    return path.lower().endswith(ENDING)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found
