"""Many runs: two processes beside one, and a Dask cluster of two worker processes; what a run costs besides training.

    python -m tests.benchmarks.sweep [--runs 20] [--epochs 5] [--tiny 2000] [--rounds 1] [--only pool|dask]

Each worker has one thread for BLAS; the runs are recorded in a library on the disk of the temporary files. The start is
apart: all workers have their data before the clock starts. The cluster's scheduler and workers are processes on the
loopback, which this starts.

Runs of MNIST, 784-64-32-10: what one costs besides its training is the time of all workers, less what they spent on
steps and on measuring after epochs, by the runs. Tiny runs, 2-4-2: the time, less that of training by two, by the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from engine.basics.machine import cores
from engine.datasets import Dataset, source_of
from engine.datasets.mnist import load_mnist
from engine.experiment import Experiment
from engine.sweeps.plan import SWEEP, Plan, plan_seeds
from engine.sweeps.run_execution import RunOutcome, RunSpec
from engine.sweeps.search_space import parse_dimension
from nnviz.library import Library
from nnviz.sweeps.cluster import Cluster
from nnviz.sweeps.cluster_address import address_of
from nnviz.sweeps.cluster_executor import ClusterExecutor
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import Executor, Message
from nnviz.sweeps.pool import ProcessPool
from nnviz.sweeps.sweep_writer import SweepWriter
from tests.nnviz.sweeps.clusters import LocalCluster, local_cluster

FASTER, SECONDS_BESIDES, SECONDS_BESIDES_DASK, MS_OF_TINY, MS_OF_TINY_DASK = (
    1.7,
    0.3,
    0.4,
    15.0,
    50.0,
)  # at least, at most

Figures = dict[str, float]
MakeExecutor = Callable[[Dataset, Experiment], Any]  # a context manager that yields an executor


class Timed:
    """An executor, with what the runs spent on their training.

    Attributes:
        training: seconds.
        middle: is called when half of the runs are over.
    """

    def __init__(self, executor: Executor, middle: Callable[[], None] = lambda: None, half: int = 0) -> None:
        self._executor, self._middle, self._half = executor, middle, half
        self.training, self.over = 0.0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def next(self, timeout: float) -> list[Message]:
        reported = self._executor.next(timeout)
        for outcome in (each for each in reported if isinstance(each, RunOutcome)):
            self.training += outcome.training
            self.over += 1
            if self.over == self._half:
                self._middle()
        return reported


def measured(
    data: Dataset, plan: Plan, make: MakeExecutor, workers: int, middle: Callable[[], None] = lambda: None
) -> Figures:
    """Seconds that the plan took, and what each run took besides its training."""
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
        start = time.perf_counter()
        with make(data, plan.base) as executor:
            warm_up(executor, plan.base.changed(epochs=1), workers)
            ready = time.perf_counter()
            timed = Timed(executor, middle, (plan.most_runs or 0) // 2)
            conductor = Conductor(plan, data, timed, SweepWriter.of_new(library, plan, data.title, "", print), print)
            while not conductor.is_over:
                conductor.step()
            conductor.close(True)
            seconds = time.perf_counter() - ready
        runs = len(library.runs())
        assert runs == plan.most_runs
        nbytes = library.quota.nbytes / runs
    return {
        "seconds": seconds,
        "besides": (seconds * workers - timed.training) / runs,
        "ms of a run": (seconds - timed.training / workers) / runs * 1000,
        "start": ready - start,
        "bytes of a run": nbytes,
    }


def warm_up(executor: Executor, made: Experiment, workers: int) -> None:
    """Until each worker has its data, and has done a run."""
    while executor.workers < workers:
        executor.next(0.05)
    for number in range(workers):
        executor.submit(RunSpec(-2 - number, made))
    while executor.busy:
        executor.next(0.1)


def pool_of(workers: int) -> MakeExecutor:
    return lambda data, made: ProcessPool(data, made.data, made.data_settings, workers)


@contextmanager
def of_cluster(cluster: LocalCluster, data: Dataset, made: Experiment, reported: Figures) -> Iterator[ClusterExecutor]:
    """Notes how many messages came from each worker in a second: figures, and results of tasks."""
    with (
        Cluster(address_of(str(cluster.file))) as connected,
        ClusterExecutor(connected, data, made.data, made.data_settings) as executor,
    ):
        yield executor
        events = connected.call(_events(connected.client))
        seconds = max(1e-9, events[-1][0] - events[0][0])
        reported["messages"] = len(events) / seconds / len(cluster.workers)
        reported["tasks"] = sum(isinstance(event, dict) for _, event in events)


async def _events(client: Any) -> list[tuple[float, Any]]:
    """What was reported under the client's topic: each of its tasks, when it was submitted, and figures."""
    found = await client.get_events(client.id)
    return [(at, event) for at, event in found if not isinstance(event, dict) or event["action"] == "update-graph"]


def megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def seconds_of(pid: int) -> float:
    """Of a core, that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


# ---- what is measured


def of_mnist(arguments: argparse.Namespace, cluster: LocalCluster | None) -> dict[str, Any]:
    data = load_mnist()
    plan = plan_seeds(Experiment().changed(epochs=arguments.epochs).for_data(data), arguments.runs)
    reported: dict[str, Any] = {}
    print(f"{arguments.runs} runs of 784-64-32-10, {arguments.epochs} epochs")
    if arguments.only != "dask":
        for name, workers in (("one process", 1), ("two processes", 2)):
            reported[name] = measured(data, plan, pool_of(workers), workers)
    if cluster is not None:
        messages: Figures = {}
        made = measured(data, plan, lambda data, made: of_cluster(cluster, data, made, messages), 2)
        reported["Dask, two workers"] = made | messages
    for name, each in reported.items():
        print(
            f"{name:<18}{each['seconds']:7.1f} s, {each['besides']:.3f} s a run besides training, "
            f"start {each['start']:.1f} s, {each['bytes of a run'] / 1e6:.1f} MB a run"
        )
    if "two processes" in reported:
        reported["faster"] = reported["one process"]["seconds"] / reported["two processes"]["seconds"]
        print(
            f"two are {reported['faster']:.2f} times as fast (at least {FASTER}); besides, at most {SECONDS_BESIDES} s"
        )
    print(f"on Dask besides, at most {SECONDS_BESIDES_DASK} s")
    return reported


def of_tiny(arguments: argparse.Namespace, cluster: LocalCluster | None) -> dict[str, Any]:
    data = source_of("spirals").load({"points": 200})
    made = Experiment().changed(data="spirals", data_settings={"points": 200}, hidden=(4,), epochs=10, batch_size=10)
    made = made.for_data(data).for_task(data)
    plan = Plan(
        SWEEP, (made,), vary=(parse_dimension("learning-rate=log:0.001..0.5"),), runs=arguments.tiny
    ).with_held_out(data)
    reported: dict[str, Any] = {}
    print(f"\n{arguments.tiny} runs of {'-'.join(map(str, made.shape))}, {made.training.epochs} epochs of 144 points")
    if arguments.only != "dask":
        reported["two processes"] = measured(data, plan, pool_of(2), 2)
    if cluster is not None:
        reported["Dask, two workers"] = _tiny_on_dask(cluster, data, plan)
    for name, each in reported.items():
        print(
            f"{name:<18}{each['seconds']:7.1f} s, {each['ms of a run']:.1f} ms a run besides training, "
            f"{each['bytes of a run'] / 1e3:.0f} kB a run"
        )
    print(f"at most {MS_OF_TINY} ms and, on Dask, {MS_OF_TINY_DASK} ms")
    return reported


def _tiny_on_dask(cluster: LocalCluster, data: Dataset, plan: Plan) -> dict[str, Any]:
    """Memory is compared between the middle and the end, when what is imported and kept once is there."""
    pids = {"this program": os.getpid(), "scheduler": cluster.scheduler.pid, "a worker": cluster.workers[0].pid}
    messages: Figures = {}
    before = {name: megabytes(pid) for name, pid in pids.items()}
    used = {name: seconds_of(pid) for name, pid in pids.items()}
    middle: Figures = {}
    found: dict[str, Any] = measured(
        data,
        plan,
        lambda data, made: of_cluster(cluster, data, made, messages),
        2,
        lambda: middle.update({name: megabytes(pid) for name, pid in pids.items()}),
    )
    memory = {name: (before[name], middle[name], megabytes(pid)) for name, pid in pids.items()}
    busy = {name: (seconds_of(pid) - used[name]) / (plan.most_runs or 1) * 1000 for name, pid in pids.items()}
    for name, (first, half, last) in memory.items():
        print(
            f"{name:<14}{first:6.0f} MB before, {half:.0f} MB after half of them, {last:.0f} MB at the end; "
            f"{busy[name]:.2f} ms of a core a run"
        )
    print(f"{messages['messages']:.1f} messages a second from each worker, {messages['tasks']:.0f} tasks")
    return found | messages | {"memory": memory, "busy": busy}


def main() -> None:
    parser = argparse.ArgumentParser(description="Many runs")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--tiny", type=int, default=2000, help="runs of the tiny network; 0 for none")
    parser.add_argument("--rounds", type=int, default=1, help="all of it, one after the other")
    parser.add_argument("--only", choices=("pool", "dask"), help="without it, both")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    print(f"{cores()} cores")
    reported = []
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            if arguments.only == "pool":
                reported.append({"mnist": of_mnist(arguments, None), "tiny": of_tiny(arguments, None)})
                continue
            with local_cluster(Path(folder)) as cluster:
                found = {"mnist": of_mnist(arguments, cluster)} if arguments.runs else {}
                reported.append(found | ({"tiny": of_tiny(arguments, cluster)} if arguments.tiny else {}))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(reported, indent=1))


if __name__ == "__main__":
    main()
