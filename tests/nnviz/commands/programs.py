"""``sweep`` as a program of its own, and what it leaves in its library."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nnviz.commands import cli
from nnviz.library import Library, RunRecord
from nnviz.library.sweeps import FINISHED, SweepLibrary

ROOT = Path(__file__).parents[3]
EPOCHS = 160  # so that the library is written to before all runs are over
WORDS = ("sweep", "--data", "spirals", "--optimizer", "adam", "--hidden", "30,20", "--epochs", str(EPOCHS))
WORDS += ("--vary", "learning-rate=log:0.001..0.1", "--prune", "none", "--seeds", "2", "--runs", "8")
SECONDS = 40.0
_EXITING = 0x4  # PF_EXITING, in the flags of proc(5)


def begun(*where: str) -> subprocess.Popen[str]:
    """In a session of its own, as in a terminal of its own; ``where`` are options for who does the runs."""
    return _started(*WORDS, *where)


def begun_again(*where: str) -> subprocess.Popen[str]:
    """Goes on with the first sweep."""
    return _started("sweep", "--resume", "1", *where)


def _started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "main.py", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def resume(*where: str) -> None:
    """In this process."""
    assert cli.main(["sweep", "--resume", "1", *where]) == 0


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def processes_of(session: int) -> list[int]:
    """Those of a session that are alive."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its, _, _, flags = place.read_text().rpartition(")")[2].split()[:7]
        except (FileNotFoundError, ProcessLookupError):
            continue
        is_at_its_end = state == "Z" or int(flags) & _EXITING  # no code of its own is run any more
        if int(its) == session and not is_at_its_end:
            found.append(int(place.parent.name))
    return found


def written_runs(path: Path) -> int:
    if not path.exists():
        return 0
    with Library(path) as library:
        return len(library.runs())


def finished_runs(path: Path) -> list[RunRecord]:
    with Library(path) as library:
        return [run for run in library.runs() if run.status == "finished"]


def is_whole(library: Library) -> None:
    """Each trial with each seed, once."""
    runs = list(library.runs())
    assert sorted((run.trial, run.experiment.seed) for run in runs) == [(n, seed) for n in range(4) for seed in (1, 2)]
    assert {(run.status, run.epochs) for run in runs} == {("finished", EPOCHS)}
    assert SweepLibrary(library).get(1).status == FINISHED
