"""Lower priority of a worker process on the computer of the window that it works for.

Otherwise two workers on two cores make the window slow. The priority is that of the worker's scheduling group, or of
its process if there are no groups or both are in one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.basics.priority import LOW_PRIORITY, read_system_file, scheduling_group, set_session_priority

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class WindowProcess:
    """The window process, which keeps its priority.

    Attributes:
        computer: an identifier of its computer since boot; empty if unknown.
        session: its scheduling group; empty without groups.
    """

    computer: str = ""
    session: str = ""

    @classmethod
    def here(cls) -> WindowProcess:
        """Returns this process."""
        return cls(read_system_file(_BOOT), scheduling_group().name)


class LoweredPriority:
    """Lowers the priority of this process if the window is on the same computer, until :meth:`end`."""

    def __init__(self, neighbour: WindowProcess | None) -> None:
        here, session = WindowProcess.here(), scheduling_group()
        self._before: str | None = None  # the original priority of the group, if it was lowered
        if neighbour is None or not here.computer or neighbour.computer != here.computer:
            return
        if session.name and session.name != neighbour.session:
            if session.priority != str(
                LOW_PRIORITY
            ):  # otherwise another worker of the group lowered it, and will restore it
                self._before = session.priority
                set_session_priority(str(LOW_PRIORITY))
        elif hasattr(os, "nice") and os.nice(0) < LOW_PRIORITY:
            os.nice(LOW_PRIORITY - os.nice(0))  # permanent: a process cannot raise its priority again

    def end(self) -> None:
        """Restores the priority of the scheduling group."""
        if self._before is not None:
            set_session_priority(self._before)
            self._before = None
