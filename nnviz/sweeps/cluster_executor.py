"""``ClusterExecutor``: does runs on a Dask cluster.

A run is a task that is submitted to one worker with a free thread, and none waits behind it there. So it is known which
runs a worker dies with, and which worker must hear that a run is to end.
"""

from __future__ import annotations

import asyncio
import pickle
import queue
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from typing import Any

from engine.datasets import Dataset
from engine.sweeps.cancellation import ALL
from engine.sweeps.results import FAILED, STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted
from engine.sweeps.shared_data import DatasetHandle, are_registered
from engine.sweeps.worker_priority import WindowProcess
from nnviz.sweeps.cluster import Cluster
from nnviz.sweeps.cluster_workers import SweepClient, Task, Worker, Workers, new_name
from nnviz.sweeps.executor import MOST_DEATHS, Halted, Message, Notice

_PATIENCE = 10.0  # seconds that workers have to end runs that were asked to
_GIVEN_UP = f"Its worker ended before its time, {MOST_DEATHS} times: perhaps it takes too much memory."


class ClusterExecutor:
    """An :class:`~nnviz.sweeps.executor.Executor` on a Dask cluster.

    Workers may come and go. Who is met is asked for its versions first and gets the data once. The runs of a worker
    that dies are done again, and only the outcome of that counts; one whose worker dies twice is given up.
    """

    def __init__(
        self,
        cluster: Cluster,
        dataset: Dataset,
        name: str,
        settings: Mapping[str, Any],
        beside: WindowProcess | None = None,
    ) -> None:
        """
        Args:
            cluster: which this has for itself, and whoever made it closes.
            name, settings: of the data in the registry, if they are from there.
            beside: a window, to which workers on its computer give way.

        Raises SettingError if the data are a person's own and may not leave this computer.
        """
        is_own = not are_registered(name, settings)
        if is_own:
            cluster.address.check_rows(dataset.title)
        offer = (
            DatasetHandle("", {}, dataset.fingerprint) if is_own else DatasetHandle(name, settings, dataset.fingerprint)
        )
        self._cluster = cluster
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._busy = 0
        client = SweepClient(cluster.client, cluster.address, dataset, offer, is_own, beside)
        self._work = cluster.call(_Work.begin(client, self._told))

    @property
    def workers(self) -> int:
        return self._work.threads

    @property
    def wanted(self) -> int:
        return self._work.threads

    @property
    def busy(self) -> int:
        return self._busy

    def submit(self, *specs: RunSpec) -> None:
        self._busy += len(specs)
        self._cluster.soon(self._work.submit, tuple(map(_without_place, specs)))

    def next(self, timeout: float) -> list[Message]:
        told: list[Message] = []
        try:
            told.append(self._told.get(timeout=timeout))
            while True:
                told.append(self._told.get_nowait())
        except queue.Empty:
            self._busy -= sum(isinstance(each, RunOutcome) for each in told)
            return told

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self._cluster.soon(self._work.stop, number, how)

    def close(self) -> None:
        self._cluster.call(self._work.end())

    def __enter__(self) -> ClusterExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _without_place(spec: RunSpec) -> RunSpec:
    """Where the data come from, workers need not know; and painted points are in it."""
    return replace(spec, experiment=replace(spec.experiment, data="", data_settings={}))


class _Work:
    """What is under way on the cluster. In the cluster's thread."""

    def __init__(self, client: SweepClient, told: queue.SimpleQueue[Message]) -> None:
        self._client, self._told = client, told
        self._open: dict[int, Worker | None] = {}  # runs without an Outcome, and where they are
        self._waiting: deque[tuple[RunSpec, ...]] = deque()  # those that are nowhere; of a group, epochs are in turn
        self._tasks: dict[str, Task] = {}
        self._deaths: dict[int, int] = {}
        self._wish: str | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        client.dask.subscribe_topic(client.dask.id, self._hear)
        self._workers = Workers(client, told.put, self._give_out, self._lose, self._halt)

    @classmethod
    async def begin(cls, client: SweepClient, told: queue.SimpleQueue[Message]) -> _Work:
        """Is called in the cluster's thread."""
        return cls(client, told)

    async def end(self) -> None:
        """Has all workers end what is under way, and forget the sweep."""
        self._workers.end()
        for job in (*self._jobs, *(task.job for task in self._tasks.values())):
            job.cancel()
        self._tasks.clear()
        if self._client.is_connected:
            self._client.dask.unsubscribe_topic(self._client.dask.id)
            with suppress(OSError, asyncio.TimeoutError):  # they see by themselves that nobody wants their results
                await asyncio.wait_for(self._client.leave(list(self._workers)), 2)

    @property
    def threads(self) -> int:
        """Of all workers that are used; from any thread."""
        return sum(worker.threads for worker in list(self._workers.values()))

    # ---- runs

    def submit(self, specs: tuple[RunSpec, ...]) -> None:
        self._open |= {spec.number: None for spec in specs}
        self._waiting.append(specs)
        self._give_out()

    def _give_out(self) -> None:
        """Gives each free thread a group of runs; one that a worker died with only a worker that does nothing else."""
        if self._wish is not None:
            self._end_waiting(self._wish)
        for worker in self._workers.values():
            while self._waiting and len(worker.tasks) < worker.threads:
                if worker.tasks and self._waiting[0][0].number in self._deaths:
                    break
                self._give(worker, self._waiting.popleft())

    def _give(self, worker: Worker, specs: tuple[RunSpec, ...]) -> None:
        name = new_name()
        task = Task(name, specs, asyncio.create_task(self._do(worker, name, specs)))
        worker.tasks.append(task)
        self._tasks[name] = task
        for spec in specs:
            self._open[spec.number] = worker
            self._told.put(RunStarted(spec.number))

    async def _do(self, worker: Worker, name: str, specs: tuple[RunSpec, ...]) -> None:
        found: Sequence[RunOutcome] | None
        try:
            found = await self._client.trained(worker, name, specs)
        except (CancelledError, OSError):  # all workers were restarted, say
            found = ()
        except Exception as error:
            why = f"{type(error).__name__}: {str(error)[:300]}"
            found = () if not self._client.is_connected else [RunOutcome(spec.number, FAILED, why) for spec in specs]
        if found is None:  # the worker was started anew, and knows of no sweep
            self._workers.pop(worker.address, None)
            self._lose(worker, is_death=True)
            return
        worker.tasks.remove(self._tasks.pop(name))
        self._over(found)
        over = {outcome.number for outcome in found}
        self._put_back([tuple(spec for spec in specs if spec.number not in over)])
        self._give_out()

    def _over(self, outcomes: Iterable[RunOutcome]) -> None:
        """Tells what came of runs, once."""
        for outcome in outcomes:
            if outcome.number in self._open:
                del self._open[outcome.number]
                self._deaths.pop(outcome.number, None)
                self._told.put(outcome)

    def _put_back(self, groups: Iterable[tuple[RunSpec, ...]]) -> None:
        """Has runs done next."""
        for specs in groups:
            self._open |= {spec.number: None for spec in specs if spec.number in self._open}
            if specs:
                self._waiting.appendleft(specs)

    def _hear(self, event: tuple[float, Any]) -> None:
        """Figures, from a worker; the scheduler, too, tells something under this topic."""
        told = event[1]
        if isinstance(told, (list, tuple)) and told[0] in self._tasks:
            report: Report = pickle.loads(told[1])
            self._told.put(report)

    # ---- asked to end

    def stop(self, number: int | None, how: str) -> None:
        if number is not None:
            worker = self._open.get(number)
            if worker is not None:
                self._tell_wish([worker.address], number, how)
            return
        self._wish = how
        self._end_waiting(how)
        self._tell_wish([worker.address for worker in self._workers.values() if worker.tasks], ALL, how)
        asyncio.get_running_loop().call_later(_PATIENCE, self._give_back)

    def _tell_wish(self, addresses: list[str], number: int, how: str) -> None:
        if addresses:
            job = asyncio.create_task(self._client.wish(addresses, number, how))
            self._jobs.add(job)  # nobody else holds it
            job.add_done_callback(self._jobs.discard)

    def _end_waiting(self, how: str) -> None:
        waiting = [spec.number for specs in self._waiting for spec in specs]
        self._waiting.clear()
        self._over([RunOutcome(number, how) for number in waiting])

    def _give_back(self) -> None:
        """Runs of workers that do not answer: they were not begun, as far as anybody will know."""
        self._over([RunOutcome(number, STOPPED) for number in list(self._open)])

    # ---- workers

    def _lose(self, worker: Worker, is_death: bool) -> None:
        """What a worker had is done again, elsewhere; after a death each run alone, to see which one it is."""
        lost, worker.tasks = worker.tasks, []
        for task in lost:
            self._tasks.pop(task.name, None)
            if task.job is not asyncio.current_task():
                task.job.cancel()
        self._put_back(self._accused(lost) if is_death else [task.specs for task in lost])
        if lost and self._wish is None:
            what = "ended before its time" if is_death else "has left"
            self._told.put(Notice(f"The worker {worker.address} {what}: what was lost with it is done again."))
        self._give_out()

    def _accused(self, lost: Iterable[Task]) -> list[tuple[RunSpec, ...]]:
        """The runs that a worker died with, one by one; those that are given up are over."""
        again: list[tuple[RunSpec, ...]] = []
        for spec in (spec for task in lost for spec in task.specs):
            deaths = self._deaths[spec.number] = self._deaths.get(spec.number, 0) + 1
            if deaths < MOST_DEATHS or self._wish is not None:
                again.append((spec,))
            else:
                self._over([RunOutcome(spec.number, FAILED, _GIVEN_UP)])
        return again

    def _halt(self) -> None:
        """The scheduler is gone."""
        self._wish = STOPPED
        self._told.put(Halted("The scheduler of the cluster is gone: what is done is kept."))
        self._waiting.clear()
        self._give_back()
