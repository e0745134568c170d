"""Who works beside a window has a lower priority than it, as long as it works for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.basics.priority import LOW_PRIORITY
from engine.sweeps.worker_priority import WindowProcess

GROUP = Path("/proc/self/autogroup")
_PROGRAM = """
import os, sys
from engine.sweeps.worker_priority import LoweredPriority, WindowProcess

def priorities():
    group = "/proc/self/autogroup"
    print(os.nice(0), open(group).read().split()[-1] if os.path.exists(group) else "")

given = LoweredPriority(None if sys.argv[1] == "none" else WindowProcess(*sys.argv[1:]))
priorities()
given.end()
priorities()
"""
needs_linux = pytest.mark.skipif(not WindowProcess.here().computer, reason="the system has no name for how it runs")


def priorities(*neighbour: str) -> list[list[str]]:
    """Of a process in a session of its own and of that session: as long as it gives way to somebody, and afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *neighbour], capture_output=True, text=True, check=True, start_new_session=True
    )
    return [line.split() for line in done.stdout.splitlines()]


@needs_linux
@pytest.mark.skipif(not GROUP.exists(), reason="the system does not share the time among sessions")
def test_a_session_on_the_same_computer_gives_way_for_so_long() -> None:
    here = WindowProcess.here()
    (own, group), (own_after, group_after) = priorities(here.computer, here.session)
    assert int(group) == LOW_PRIORITY
    assert int(group_after) < LOW_PRIORITY
    assert own == own_after, "which could not be taken back"


@needs_linux
def test_where_sessions_do_not_count_the_process_gives_way() -> None:
    here = WindowProcess.here()
    before, during = priorities("none")[0], priorities(here.computer, "")
    if GROUP.exists():
        assert int(during[0][1]) == LOW_PRIORITY, "this one has a session, and the neighbour none that is known"
    else:
        assert int(during[0][0]) == max(int(before[0]), LOW_PRIORITY)


@pytest.mark.parametrize("neighbour", [("none",), ("another computer", "/autogroup-1"), ("", "")])
def test_to_nobody_or_somebody_elsewhere_no_way_is_given(neighbour: tuple[str, ...]) -> None:
    before, after = priorities(*neighbour)
    assert before == after
    assert int(before[0]) < LOW_PRIORITY


@needs_linux
@pytest.mark.skipif(not GROUP.exists(), reason="the system does not share the time among sessions")
def test_of_several_in_a_session_the_last_leaves_it_as_it_was() -> None:
    """As two workers that were started from one terminal."""
    program = """
from engine.sweeps.worker_priority import LoweredPriority, WindowProcess
import pathlib
group = pathlib.Path("/proc/self/autogroup")
window = WindowProcess(WindowProcess.here().computer, "another")
before, given = group.read_text(), [LoweredPriority(window) for _ in range(2)]
during = group.read_text()
for each in given:
    each.end()
print(before.split()[-1], during.split()[-1], group.read_text().split()[-1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, start_new_session=True)
    before, during, after = map(int, done.stdout.split())
    assert during == LOW_PRIORITY
    assert after == before
