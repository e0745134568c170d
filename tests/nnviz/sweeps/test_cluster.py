"""Runs on a real cluster of worker processes: exact, each once; its workers have the engine alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from engine.sweeps.results import FINISHED, PRUNED, STOPPED
from engine.sweeps.run_execution import RunOutcome, RunSpec, RunStarted
from nnviz.sweeps.cluster import Cluster, cluster_status
from nnviz.sweeps.cluster_address import address_of
from nnviz.sweeps.cluster_executor import ClusterExecutor
from nnviz.sweeps.executor import Message, UserNotice
from tests.nnviz.library.helpers import DATA, an_experiment
from tests.nnviz.sweeps.clusters import LocalCluster, local_cluster, wait_for
from tests.nnviz.sweeps.helpers import all_over, has_learned, heard, is_as_alone, outcomes

LONG = an_experiment(epochs=1_000_000)

MakeExecutor = Callable[..., ClusterExecutor]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two workers, which no test here kills."""
    with local_cluster(tmp_path_factory.mktemp("cluster")) as made:
        wait_for(lambda: len(cluster_status(address_of(str(made.file))).workers) == 2)
        yield made


@pytest.fixture
def connected(cluster: LocalCluster) -> Iterator[Cluster]:
    with Cluster(address_of(str(cluster.file))) as made:
        yield made


@pytest.fixture
def make_executor(connected: Cluster) -> Iterator[MakeExecutor]:
    with ExitStack() as stack:

        def make(data: Dataset = DATA, name: str = "", settings: Mapping[str, Any] | None = None) -> ClusterExecutor:
            executor = stack.enter_context(ClusterExecutor(connected, data, name, settings or {}))
            heard(executor, lambda reported: executor.workers == 2)
            return executor

        yield make


@pytest.fixture
def scattered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The workers that were sent something."""
    from distributed import Client  # here: each process collects all tests, and the import takes half a second

    found: list[object] = []
    scatter = Client.scatter

    def noted(self: Client, data: Any, workers: Any = None, **more: Any) -> Any:
        found.extend(workers)
        return scatter(self, data, workers=workers, **more)

    monkeypatch.setattr(Client, "scatter", noted)
    return found


async def retire(client: Any, address: str) -> None:
    """As clusters do that become smaller."""
    await client.retire_workers([address])


def all_reported(*numbers: int) -> Callable[[list[Message]], bool]:
    """Whether all these runs have reported an epoch."""
    return lambda reported: set(numbers) <= {each.number for each in reported if has_learned(each)}


# ---- what is done


def test_runs_are_to_the_bit_what_they_are_alone_where_qt_and_the_window_are_missing(
    make_executor: MakeExecutor, scattered: list[object]
) -> None:
    executor = make_executor()
    made = {number: an_experiment(seed=number, hidden=(40,), dropout=0.2) for number in range(1, 6)}
    for number, each in made.items():
        executor.submit(RunSpec(number, each))
    found = outcomes(all_over(executor))
    assert sorted(found) == list(made)
    for number, each in made.items():
        assert (found[number].status, found[number].machine.threads) == (FINISHED, "1")
        assert is_as_alone(found[number], each)
    assert len(scattered) == len(set(scattered)) == 2, "data that are in no registry go to each worker once"


@pytest.mark.parametrize(("points", "sent"), [(200, 0), (300, 2), (-1, 2)])
def test_data_of_the_registry_are_made_by_name_and_sent_where_these_are_not_the_same(
    make_executor: MakeExecutor, scattered: list[object], points: int, sent: int
) -> None:
    spirals = source_of("spirals").load({"points": 200})
    made = Experiment().changed(data="spirals", hidden=(6,), epochs=2, batch_size=10).for_data(spirals)
    executor = make_executor(spirals, "spirals", {"points": points})
    executor.submit(RunSpec(1, made))
    assert is_as_alone(outcomes(all_over(executor))[1], made, spirals)
    assert len(scattered) == sent


def test_painted_points_are_sent_as_data_and_stand_in_no_run(
    make_executor: MakeExecutor, scattered: list[object], connected: Cluster
) -> None:
    settings = {"painted": "0.5 -0.25, 0.1 0.3, 0.2 0.2, 0.3 0.4 | -0.5 0.25, -0.1 0.1, -0.3 0.2, -0.2 0.4"}
    painted = source_of("painted").load(settings)
    made = Experiment().changed(data="painted", data_settings=settings, epochs=1, batch_size=2).for_data(painted)
    executor = make_executor(painted, "painted", settings)
    executor.submit(RunSpec(1, made))
    assert is_as_alone(outcomes(all_over(executor))[1], made, painted)
    assert len(scattered) == 2


def test_runs_are_done_in_turn_and_each_is_exact(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    made = {number: an_experiment(seed=number) for number in (1, 2, 3)}
    executor.submit(*(RunSpec(number, each) for number, each in made.items()))
    found = outcomes(all_over(executor))
    assert all(is_as_alone(found[number], each) for number, each in made.items())


def test_one_that_cannot_be_trained_fails_in_words_and_the_others_are_done(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    for number, each in enumerate((an_experiment(batch_size=5000), an_experiment()), 1):
        executor.submit(RunSpec(number, each))
    found = outcomes(all_over(executor))
    assert "batch_size is 5,000" in found[1].why
    assert found[2].status == FINISHED


# ---- figures and wishes


def test_figures_come_while_runs_are_in_progress_and_these_are_asked_to_end(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    for number in range(1, 6):
        executor.submit(RunSpec(number, LONG))
    reported = heard(executor, all_reported(1, 2))
    assert sorted(each.number for each in reported if isinstance(each, RunStarted)) == [1, 2]
    executor.stop(1, PRUNED)
    reported += heard(executor, lambda reported: any(isinstance(each, RunOutcome) for each in reported))
    assert [(number, each.status) for number, each in outcomes(reported).items()] == [(1, PRUNED)]
    start = time.monotonic()
    executor.stop()
    found = outcomes(reported + all_over(executor))
    assert time.monotonic() - start < 2
    assert [found[number].status for number in range(1, 6)] == [PRUNED, STOPPED, STOPPED, STOPPED, STOPPED]
    assert found[2].reached > 0
    assert found[5].reached == 0
    executor.submit(RunSpec(6, LONG))
    assert outcomes(all_over(executor))[6].status == STOPPED, "No more runs are started"


def test_a_program_that_is_gone_does_not_hold_its_workers(cluster: LocalCluster, make_executor: MakeExecutor) -> None:
    with Cluster(address_of(cluster.address)) as other:
        executor = ClusterExecutor(other, DATA, "", {})
        heard(executor, lambda reported: executor.workers == 2)
        for number in (1, 2, 3, 4):
            executor.submit(RunSpec(number, LONG))
        heard(executor, all_reported(1, 2))
    # It reported to nobody that it went, as when it is killed.
    later = make_executor()
    for number in (1, 2):
        later.submit(RunSpec(number, an_experiment(seed=number)))
    assert {each.status for each in outcomes(all_over(later)).values()} == {FINISHED}


# ---- workers that come and leave


def test_a_worker_with_two_threads_comes_is_used_and_leaves(
    cluster: LocalCluster, make_executor: MakeExecutor, connected: Cluster
) -> None:
    executor = make_executor()
    more = cluster.add_worker(threads=2)
    heard(executor, lambda reported: executor.workers == 4)
    made = {number: an_experiment(seed=number, epochs=20) for number in range(1, 6)}
    for number, each in made.items():
        executor.submit(RunSpec(number, each))
    found = outcomes(all_over(executor))
    assert all(is_as_alone(found[number], each) for number, each in made.items())
    for number in range(11, 15):
        executor.submit(RunSpec(number, LONG))
    heard(executor, all_reported(11, 12, 13, 14))
    (address,) = (each.address for each in connected.status().workers if each.cores == 2)
    connected.call(retire(connected.client, address))
    reported = heard(executor, lambda reported: any(isinstance(each, UserNotice) for each in reported))
    assert f"The worker {address} has left. Its unfinished runs are repeated." in [
        each.text for each in reported if isinstance(each, UserNotice)
    ]
    assert executor.workers == 2
    executor.stop()
    assert sorted(outcomes(reported + all_over(executor))) == [11, 12, 13, 14]
    assert more.wait() == 0


def test_who_is_there_is_reported_in_a_line(cluster: LocalCluster) -> None:
    reported = cluster_status(address_of(cluster.address))
    assert (len(reported.workers), reported.cores) == (2, 2)
    assert reported.summary.startswith("2 workers with 2 cores and ")
    assert " GB of memory; nnviz " in reported.summary
