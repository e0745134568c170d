"""A worker on the computer where somebody looks at a window gives way to it, as long as it works for it.

Else two workers on two cores let the mouse wait. Where sessions do not count, or both are in one, the priority of its
process does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.basics.priority import LOW_PRIORITY, scheduling_group, set_session_priority, text_of

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class WindowProcess:
    """Who is given way to.

    Attributes:
        computer: a name of its computer, since that was started; empty where none is known.
        session: what its time is shared with; empty where sessions do not count.
    """

    computer: str = ""
    session: str = ""

    @classmethod
    def here(cls) -> WindowProcess:
        """This process."""
        return cls(text_of(_BOOT), scheduling_group().name)


class LoweredPriority:
    """Lowers this process's priority if that neighbour is on this computer, until :meth:`end`."""

    def __init__(self, neighbour: WindowProcess | None) -> None:
        here, session = WindowProcess.here(), scheduling_group()
        self._before: str | None = None  # the priority of the session, where this lowered it
        if neighbour is None or not here.computer or neighbour.computer != here.computer:
            return
        if session.name and session.name != neighbour.session:
            if session.priority != str(
                LOW_PRIORITY
            ):  # else another worker of the session lowered it, and gives it back
                self._before = session.priority
                set_session_priority(str(LOW_PRIORITY))
        elif hasattr(os, "nice") and os.nice(0) < LOW_PRIORITY:
            os.nice(LOW_PRIORITY - os.nice(0))  # for good: it cannot be taken back

    def end(self) -> None:
        """Gives the session its priority of before."""
        if self._before is not None:
            set_session_priority(self._before)
            self._before = None
