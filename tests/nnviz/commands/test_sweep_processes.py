"""``sweep`` as a program with its pool: Ctrl+C, a kill; nothing is lost, left behind or counted twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from nnviz.commands import cli
from nnviz.library import Library
from nnviz.library.sweeps import RUNNING, STOPPED, SweepLibrary
from tests.nnviz.commands.programs import (
    SECONDS,
    begun,
    begun_again,
    finished_runs,
    is_whole,
    processes_of,
    resume,
    wait_for,
    written_runs,
)

HERE = ("--workers", "1")  # so that the library is written to, a second later, before all runs are over


@pytest.fixture(autouse=True)
def no_bars_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


def test_ctrl_c_and_a_kill_leave_no_process_and_the_sweep_goes_on_as_if_nothing_had_been() -> None:
    path = Path(os.environ["NNVIZ_LIBRARY"])
    program = begun(*HERE)
    wait_for(lambda: written_runs(path) > 0)
    start = time.monotonic()
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to all of them
    out, reported = program.communicate(timeout=SECONDS)
    assert time.monotonic() - start < 4
    assert program.returncode == cli.INTERRUPTED
    assert "stopped; continue with: python main.py sweep --resume 1" in reported
    assert "Traceback" not in out + reported
    assert processes_of(program.pid) == []
    with Library(path) as library:
        assert SweepLibrary(library).get(1).status == STOPPED
        assert {run.status for run in library.runs()} <= {"finished", "stopped"}
    done = finished_runs(path)
    assert 0 < len(done) < 8

    program = begun_again(*HERE)
    wait_for(lambda: len(finished_runs(path)) > len(done))
    program.kill()
    program.communicate()
    wait_for(lambda: not processes_of(program.pid))
    with Library(path) as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert SweepLibrary(library).get(1).status == RUNNING
        assert [each.id for each in SweepLibrary(library).interrupted()] == [1]
    done = finished_runs(path)
    assert len(done) < 8

    resume("--workers", "2")
    with Library(path) as library:
        is_whole(library)
        assert all(library.run(run.id).updated == run.updated for run in done), "none is done again"
        last = library.runs()[0]
        made = last.experiment
        trial, mine = last.trial, library.network(last.id).parameters
        assert SweepLibrary(library).get(1).trials[trial] == {"learning_rate": made.training.learning_rate}
    assert cli.main(made.command()) == 0
    with Library(path) as library:
        np.testing.assert_array_equal(library.network(9).parameters, mine)
