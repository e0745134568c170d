"""The pool with real processes: exact results, each once, whatever happens to a process; and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine.basics.errors import ProcessError, SettingError
from engine.basics.machine import THREADS
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from engine.sweeps.results import FAILED, FINISHED, PRUNED, STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted
from nnviz.sweeps.executor import UserNotice
from nnviz.sweeps.pool import ProcessPool
from tests.engine.helpers import refused
from tests.nnviz.file_handles import few_handles
from tests.nnviz.library.helpers import DATA, an_experiment
from tests.nnviz.sweeps.helpers import Poison, all_over, deadly, has_learned, heard, is_as_alone, is_there, outcomes

ROOT = Path(__file__).parents[3]
LONG = an_experiment(epochs=100_000)

MakePool = Callable[..., ProcessPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    made: list[ProcessPool] = []

    def make(workers: int = 2, data: Dataset = DATA, name: str = "", settings: Mapping | None = None) -> ProcessPool:
        made.append(ProcessPool(data, name, settings or {}, workers))
        return made[-1]

    yield make
    for pool in made:
        pids = pool.pids
        pool.close()
        assert not any(map(is_there, pids)), "no process is left behind"


def test_runs_are_to_the_bit_what_they_are_alone_and_the_environment_stays(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    monkeypatch.delenv(THREADS[1])
    before = dict(os.environ)
    pool = make_pool()  # the data are in no registry: they are sent
    made = {number: an_experiment(seed=number, hidden=(40,), dropout=0.2) for number in range(1, 8)}
    for number, each in made.items():
        pool.submit(RunSpec(number, each))
    assert dict(os.environ) == before
    assert len(pool.pids) == 2
    reported = all_over(pool)
    found = outcomes(reported)
    assert sorted(found) == list(made)
    for number, each in made.items():
        assert (found[number].status, found[number].machine.threads) == (FINISHED, "1")
        assert is_as_alone(found[number], each)
    assert sorted(each.number for each in reported if isinstance(each, RunStarted)) == list(made)


def test_data_of_the_registry_come_by_name_and_others_where_these_are_not_the_same(make_pool: MakePool) -> None:
    spirals = source_of("spirals").load({"points": 200})
    made = Experiment().changed(data="spirals", hidden=(6,), epochs=2, batch_size=10).for_data(spirals)
    for settings in ({"points": 200}, {"points": -1}):
        pool = make_pool(1, spirals, "spirals", settings)
        pool._offer = type(pool._offer)("spirals", settings, spirals.fingerprint)
        pool.submit(RunSpec(1, made))
        assert is_as_alone(outcomes(all_over(pool))[1], made, spirals)


@pytest.mark.parametrize("free", range(0, 8, 2))
def test_a_process_that_cannot_be_started_says_why(free: int) -> None:
    with (
        few_handles(free),
        pytest.raises(ProcessError, match=r"Too many open files.*ulimit -n"),
        ProcessPool(DATA, "", {}) as pool,
    ):
        pool.submit(RunSpec(1, LONG))


def test_a_deleted_folder_is_named_as_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ProcessError, match="the current folder no longer exists"), ProcessPool(DATA, "", {}, 1) as pool:
        pool.submit(RunSpec(1, LONG))


def test_processes_that_are_killed_lose_nothing_and_nothing_counts_twice(make_pool: MakePool) -> None:
    """Also by the signal with which the pool itself ends processes, and by a run, which is given up then."""
    pool = make_pool()
    made = {number: an_experiment(seed=number, epochs=200, hidden=(30,)) for number in range(1, 6)}
    for number, each in made.items():
        pool.submit(RunSpec(number, each))
    reported = heard(pool, lambda reported: len({each.number for each in reported if isinstance(each, Report)}) >= 2)
    for pid, how in zip(pool.pids, (signal.SIGKILL, signal.SIGTERM), strict=True):
        os.kill(pid, how)
    reported += all_over(pool)
    found = outcomes(reported)
    assert sorted(found) == list(made)
    assert all(is_as_alone(found[number], each) for number, each in made.items())
    assert sorted(each.text for each in reported if isinstance(each, UserNotice)) == [
        f"A process exited unexpectedly (signal {how}). Its unfinished runs are repeated." for how in (15, 9)
    ]
    assert len([each for each in reported if isinstance(each, RunStarted)]) > len(made)
    others = [RunSpec(number, an_experiment(seed=number, epochs=10)) for number in (12, 13, 14)]
    pool.submit(others[0], RunSpec(11, deadly()), others[1])  # in turn: it is found out which of them it is
    pool.submit(others[2])
    found = outcomes(all_over(pool))
    assert {number: each.status for number, each in found.items()} == {
        11: FAILED,
        **dict.fromkeys((12, 13, 14), FINISHED),
    }
    assert "exited unexpectedly 2 times" in found[11].why


def test_processes_that_cannot_start_are_given_up(make_pool: MakePool) -> None:
    pool = make_pool()
    pool._offer = Poison()  # type: ignore[assignment]
    pool.submit(RunSpec(1, an_experiment()))
    found = outcomes(all_over(pool))
    assert (found[1].status, found[1].why) == (FAILED, "No process could be started for it.")


def test_one_run_and_then_all_are_asked_to_end(make_pool: MakePool) -> None:
    pool = make_pool()
    for number in range(1, 5):
        pool.submit(RunSpec(number, LONG))
    reported = heard(pool, lambda reported: {1, 2} <= {each.number for each in reported if has_learned(each)})
    pool.stop(1, PRUNED)
    reported += heard(pool, lambda reported: any(isinstance(each, RunOutcome) for each in reported))
    assert [(number, each.status) for number, each in outcomes(reported).items()] == [(1, PRUNED)]
    start = time.monotonic()
    pool.stop()
    reported += all_over(pool)
    assert time.monotonic() - start < 2
    found = outcomes(reported)
    assert {number: each.status for number, each in found.items()} == {1: PRUNED, 2: STOPPED, 3: STOPPED, 4: STOPPED}
    assert found[2].reached > 0
    assert found[4].reached == 0


def test_closing_ends_runs_that_are_in_progress_at_once(make_pool: MakePool) -> None:
    pool = make_pool()
    for number in (1, 2):
        pool.submit(RunSpec(number, LONG))
    heard(pool, lambda reported: len([each for each in reported if isinstance(each, RunStarted)]) == 2)
    pids, start = pool.pids, time.monotonic()
    pool.close()
    assert time.monotonic() - start < 2
    assert not any(map(is_there, pids))


def test_a_pool_that_was_never_used_has_no_process(make_pool: MakePool) -> None:
    assert make_pool().pids == []
    for workers in (0, 1.5, 10**6):
        with refused(SettingError, "workers", str(workers)):
            make_pool(workers)


UNGUARDED = """
import sys, time
print("once", flush=True)
from nnviz.sweeps.pool import ProcessPool
from engine.sweeps.run_execution import Report
from engine.sweeps.run_execution import RunSpec
from tests.nnviz.library.helpers import DATA, an_experiment
pool = ProcessPool(DATA, "", {}, 2)
for number in (1, 2):
    pool.submit(RunSpec(number, an_experiment(epochs=100_000)))
reported = []
while len({each.number for each in reported if isinstance(each, Report)}) < 2:
    reported += pool.next(0.1)
print(*pool.pids, flush=True)
time.sleep(60)
"""


def test_an_unguarded_script_runs_once_and_its_processes_end_when_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "script.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as script:
        assert script.stdout is not None
        lines = [script.stdout.readline().strip() for _ in range(2)]
        assert lines[0] == "once"
        pids = [int(word) for word in lines[1].split()]
        assert len(pids) == 2
        assert all(map(is_there, pids))
        script.kill()
        assert script.stdout.read() == ""
    end = time.monotonic() + 5
    while any(map(is_there, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_there, pids))
