"""Runs that wait for a cluster: their order, how many make a task, and who is suspected of killing workers."""

from __future__ import annotations

from engine.many.one_run import RunSpec
from nnviz.sweeps.cluster_runs import WaitingRuns
from tests.nnviz.library.helpers import an_experiment

SPECS = [RunSpec(number, an_experiment()) for number in range(1, 101)]


def waiting(count: int) -> WaitingRuns:
    made = WaitingRuns()
    for spec in SPECS[:count]:
        made.add((spec,))
    return made


def numbers(groups: tuple[tuple[RunSpec, ...], ...]) -> list[int]:
    return [spec.number for group in groups for spec in group]


def test_a_task_is_one_run_until_it_is_known_that_they_are_short() -> None:
    runs = waiting(100)
    assert (runs.size(1), numbers(runs.take(1, 4))) == (1, [1])
    runs.learn(1, 60.0)
    assert runs.size(1) == 1
    for _ in range(30):
        runs.learn(10, 0.2)
    assert 25 <= runs.size(1) <= 35, "0.6 seconds of 0.02 each"
    assert runs.size(4) > 3 * runs.size(1), "one with more threads must not speak more often"
    runs.pace = 10.0
    assert runs.size(1) > 200, "nor many workers"


def test_the_last_runs_are_shared_out() -> None:
    runs = waiting(10)
    runs.learn(1000, 1.0)
    assert [numbers(runs.take(1, tasks)) for tasks in (4, 3, 2)] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert len(runs) == 2


def test_what_was_not_begun_is_next_in_its_order() -> None:
    runs = waiting(3)
    runs.learn(100, 0.1)
    taken = runs.take(1, 1)
    runs.add((SPECS[9],))
    runs.put_back(taken[1:])
    assert numbers(runs.take(1, 1)) == [2, 3, 10]


def test_runs_whose_worker_died_are_done_one_by_one_and_the_second_time_given_up() -> None:
    runs = waiting(3)
    assert runs.accuse([(SPECS[10], SPECS[11])]) == []
    assert (runs.has_suspects, len(runs)) == (True, 5)
    first = runs.take_suspect()
    assert numbers(first) == [11]
    runs.put_back(first)
    assert numbers(runs.take_suspect()) == [11], "still alone"
    assert runs.accuse(first) == [11]
    assert numbers(runs.take_suspect()) == [12]
    runs.forget(12)
    assert not runs.has_suspects
    runs.put_back([(SPECS[11],)])
    assert not runs.has_suspects, "it has ended well"
    assert runs.clear() == [12, 1, 2, 3]
    assert len(runs) == 0
