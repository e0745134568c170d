"""What works beside a window has a lower priority than it.

Linux on a desktop shares the time among sessions first (a terminal, a window), by the priority of each, and only then
among the processes of one.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LOW_PRIORITY = 5  # by how much it is lower: about a third of a window's share, if both want it
_SESSION = Path("/proc/self/autogroup")


class SchedulingGroup(NamedTuple):
    """What shares time as one; both are empty where sessions do not count."""

    name: str
    priority: str


def scheduling_group() -> SchedulingGroup:
    """That of this process: "/autogroup-77", "0"."""
    name, _, told = text_of(_SESSION).partition(" ")
    return SchedulingGroup(name, told.rpartition(" ")[2])


def set_session_priority(priority: str) -> None:
    """Does nothing on another system, or one where sessions do not count."""
    with suppress(OSError):
        _SESSION.write_text(priority)


def text_of(file: Path) -> str:
    """What stands in a file of the system; nothing where it has no such file."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
