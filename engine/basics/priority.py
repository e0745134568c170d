"""Priority of background processes, which is lower than that of a window.

Linux desktops divide CPU time among sessions first (autogroups: a terminal, a window), by the priority of each, and
only then among the processes of a session.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LOW_PRIORITY = 5  # difference in niceness: about a third of a window's CPU share if both are busy
_SESSION = Path("/proc/self/autogroup")


class SchedulingGroup(NamedTuple):
    """A scheduling group (autogroup) of Linux with its priority; both are empty if there are no such groups."""

    name: str
    priority: str


def scheduling_group() -> SchedulingGroup:
    """Returns the group of this process: "/autogroup-77", "0"."""
    name, _, priority = read_system_file(_SESSION).partition(" ")
    return SchedulingGroup(name, priority.rpartition(" ")[2])


def set_session_priority(priority: str) -> None:
    """Sets the priority of this process's group. Does nothing on systems without such groups."""
    with suppress(OSError):
        _SESSION.write_text(priority)


def read_system_file(file: Path) -> str:
    """Returns the text of a system file; empty if there is no such file."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
