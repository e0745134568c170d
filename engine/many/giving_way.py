"""A worker on the computer where somebody looks at a window gives way to it, as long as it works for it.

Else two workers on two cores let the mouse wait. Linux on a desktop shares the time among sessions first (a terminal, a
window), by the priority of each; where it does not, or both are in one, by that of each process.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.machine import LATER

_GROUP, _BOOT = Path("/proc/self/autogroup"), Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Neighbour:
    """Who is given way to.

    Attributes:
        computer: a name of its computer, since that was started; empty where none is known.
        session: what its time is shared with; empty where sessions do not count.
    """

    computer: str = ""
    session: str = ""

    @classmethod
    def here(cls) -> Neighbour:
        """This process."""
        return cls(_text(_BOOT), _text(_GROUP).partition(" ")[0])


class GivingWay:
    """Lowers this process's priority if that neighbour is on this computer, until :meth:`end`."""

    def __init__(self, neighbour: Neighbour | None) -> None:
        here = Neighbour.here()
        self._before: str | None = None  # the priority of the session, where that was lowered
        if neighbour is None or not here.computer or neighbour.computer != here.computer:
            return
        if here.session and here.session != neighbour.session:
            self._before = _text(_GROUP).rpartition(" ")[2]
            _set_group(str(LATER))
        elif hasattr(os, "nice") and os.nice(0) < LATER:
            os.nice(LATER - os.nice(0))  # for good: it cannot be taken back

    def end(self) -> None:
        """Has the session its priority of before."""
        if self._before is not None:
            _set_group(self._before)
            self._before = None


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # another system
        return ""


def _set_group(priority: str) -> None:
    with suppress(OSError):
        _GROUP.write_text(priority)
