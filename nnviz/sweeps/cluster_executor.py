"""``ClusterExecutor``: does runs on a Dask cluster.

Each task is for one worker, so that it is known which runs are where: to ask them to end, to count the workers that
they die with, and to keep each worker supplied. A task has several runs where these are short. Dask's own "cancel"
stops nothing that is under way, and would let a worker seem free: it is never used to stop.
"""

from __future__ import annotations

import asyncio
import pickle
import queue
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from typing import Any

from engine.datasets import Dataset
from engine.many import remote
from engine.many.giving_way import Neighbour
from engine.many.one_run import Outcome, Report, RunSpec, Started
from engine.many.results import FAILED, STOPPED
from engine.many.shared_data import DataOffer, are_registered
from engine.many.wishes import ALL
from nnviz.sweeps.cluster import Cluster
from nnviz.sweeps.cluster_crew import Crew
from nnviz.sweeps.cluster_runs import (
    SECONDS_BETWEEN_FIGURES,
    SECONDS_OF_A_TASK,
    WORKERS_IN_TURN,
    Group,
    WaitingRuns,
)
from nnviz.sweeps.cluster_workers import Acquaintance, Task, Worker
from nnviz.sweeps.executor import MOST_DEATHS, Halted, Message, Notice

_AHEAD = 1  # tasks for each thread of a worker that wait behind the one under way
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
        beside: Neighbour | None = None,
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
        offer = DataOffer("", {}, dataset.fingerprint) if is_own else DataOffer(name, settings, dataset.fingerprint)
        self._cluster = cluster
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._busy = 0
        self._fresh: list[Group] = []
        met = Acquaintance(cluster.client, cluster.address, dataset, offer, is_own, beside)
        self._work = cluster.call(_Work.begin(cluster.client, met, self._told))

    @property
    def workers(self) -> int:
        return self._work.threads

    @property
    def wanted(self) -> int:
        return self._work.wanted

    @property
    def busy(self) -> int:
        return self._busy

    def submit(self, *specs: RunSpec) -> None:
        self._busy += len(specs)
        self._fresh.append(tuple(map(_without_place, specs)))

    def next(self, timeout: float) -> list[Message]:
        self._hand_over()
        told: list[Message] = []
        try:
            told.append(self._told.get(timeout=timeout))
            while True:
                told.append(self._told.get_nowait())
        except queue.Empty:
            self._busy -= sum(isinstance(each, Outcome) for each in told)
            return told

    def _hand_over(self) -> None:
        """All that was submitted, at once: else the first of many short runs would make a task of their own."""
        if self._fresh:
            self._cluster.soon(self._work.submit, self._fresh)
            self._fresh = []

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self._hand_over()
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
    """What is under way on the cluster. In the cluster's thread.

    Attributes:
        threads: of all workers that are used.
        wanted: how many runs there should be.
    """

    def __init__(self, client: Any, met: Acquaintance, told: queue.SimpleQueue[Message]) -> None:
        self._client, self._met, self._told = client, met, told
        self._waiting = WaitingRuns()
        self._open: dict[int, Worker | None] = {}  # runs without an Outcome, and where they are
        self._names: dict[str, Task] = {}
        self._wish: str | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self.threads = self.wanted = 0
        client.subscribe_topic(client.id, self._hear)
        self._crew = Crew(client, met, told.put, self._assign, self._lose, self._halt)

    @classmethod
    async def begin(cls, client: Any, met: Acquaintance, told: queue.SimpleQueue[Message]) -> _Work:
        """Is called in the cluster's thread."""
        return cls(client, met, told)

    def _soon(self, what: Coroutine[Any, Any, None]) -> None:
        job = asyncio.create_task(what)
        self._jobs.add(job)  # nobody else holds it
        job.add_done_callback(self._jobs.discard)

    async def end(self) -> None:
        """Has all workers end what is under way, and forget the sweep."""
        self._crew.end()
        for job in (*self._jobs, *(task.job for task in self._names.values())):
            job.cancel()
        self._names.clear()
        there = list(self._crew.workers)
        if self._client.status == "running":
            self._client.unsubscribe_topic(self._client.id)
            with suppress(OSError, asyncio.TimeoutError):  # they see by themselves that nobody wants their results
                await asyncio.wait_for(self._met.leave(there), 2)

    # ---- runs

    def submit(self, groups: Iterable[Group]) -> None:
        for group in groups:
            self._open |= {spec.number: None for spec in group}
            self._waiting.add(group)
        if self._wish is not None:
            self._over([Outcome(number, self._wish) for number in self._waiting.clear()])
        self._assign()

    def _over(self, outcomes: Iterable[Outcome]) -> None:
        """Tells what came of runs, once."""
        for outcome in outcomes:
            if outcome.number in self._open:
                del self._open[outcome.number]
                self._waiting.forget(outcome.number)
                self._told.put(outcome)

    def stop(self, number: int | None, how: str) -> None:
        if number is not None:
            worker = self._open.get(number)
            if worker is not None:
                self._soon(self._met.wish([worker.address], number, how))
            return
        self._wish = how
        self._over([Outcome(waiting, how) for waiting in self._waiting.clear()])
        there = [worker.address for worker in self._crew.workers.values() if worker.tasks]
        if there:
            self._soon(self._met.wish(there, ALL, how))
            asyncio.get_running_loop().call_later(_PATIENCE, self._give_back)

    def _give_back(self) -> None:
        """Runs of workers that do not answer: they were not begun, as far as anybody will know."""
        self._over([Outcome(number, STOPPED) for number in list(self._open)])

    # ---- tasks

    def _assign(self) -> None:
        """Gives workers what to do: first each thread one task, then those that wait behind."""
        workers = sorted(self._crew.workers.values(), key=lambda worker: len(worker.tasks) / worker.threads)
        self._waiting.pace = max(1.0, len(workers) / WORKERS_IN_TURN)
        for worker in workers:
            if self._waiting.has_suspects and not worker.tasks:
                worker.is_alone = True
                self._give(worker, self._waiting.take_suspect())
        if not self._waiting.has_suspects and self._wish is None and self._client.status == "running":
            self._fill(workers)
            self._share(workers)
        self.threads = sum(worker.threads for worker in workers)
        self.wanted = sum((1 + _AHEAD) * each.threads * self._waiting.size(each.threads) for each in workers)

    def _fill(self, workers: Sequence[Worker]) -> None:
        for depth in range(1, 2 + _AHEAD):
            for worker in workers:
                while not worker.is_alone and len(worker.tasks) < depth * worker.threads and len(self._waiting):
                    free = sum((1 + _AHEAD) * each.threads - len(each.tasks) for each in workers)
                    self._give(worker, self._waiting.take(worker.threads, free))

    def _share(self, workers: Sequence[Worker]) -> None:
        """While somebody is idle, and nothing waits, takes back what waits in workers behind what is under way.

        Should that begin just now, it is done for nothing, and soon ended: its result has no name any more.
        """
        while not len(self._waiting):
            busiest = max(workers, key=lambda worker: len(worker.tasks) - worker.threads, default=None)
            is_idle = any(len(worker.tasks) < worker.threads and not worker.is_alone for worker in workers)
            if busiest is None or len(busiest.tasks) <= busiest.threads or not is_idle:
                return
            task = busiest.tasks.pop()
            del self._names[task.name]
            task.job.cancel()
            self._put_back(task.groups)
            self._fill(workers)

    def _give(self, worker: Worker, groups: tuple[Group, ...]) -> None:
        name = self._met.name_of_task()
        task = Task(name, groups, asyncio.create_task(self._do(worker, name, groups)))
        worker.tasks.append(task)
        self._names[name] = task
        self._open |= {number: worker for number in task.numbers if number in self._open}

    async def _do(self, worker: Worker, name: str, groups: tuple[Group, ...]) -> None:
        pace = self._waiting.pace
        batch = remote.Batch(
            name, groups, 2 * SECONDS_OF_A_TASK * pace * worker.threads, SECONDS_BETWEEN_FIGURES * pace
        )
        place = (self._met.sweep, worker.address)
        try:
            found = await self._met.call(worker.address, remote.work, place, batch, name=name)
        except Exception as error:
            found = error
        task = self._names.pop(name)
        if found is None:  # the worker was started anew, or forgot us
            self._lose(worker, is_death=True)
            return
        worker.tasks.remove(task)
        worker.is_alone = False
        if isinstance(found, Exception):
            self._take_error(task, found)
        else:
            self._take_done(task, pickle.loads(found))
        self._assign()

    def _take_done(self, task: Task, done: remote.Done) -> None:
        over = {outcome.number for outcome in done.outcomes}
        self._over(done.outcomes)
        left = [group for group in task.groups if group[0].number not in over]
        if done.outcomes:
            self._waiting.learn(len(task.groups) - len(left), done.seconds)
        self._put_back(left)

    def _take_error(self, task: Task, error: Exception) -> None:
        """What the cluster says instead of a result."""
        is_gone = self._client.status != "running"
        if is_gone or isinstance(error, (CancelledError, OSError)):  # somebody had all workers restarted, say
            self._put_back(task.groups)
            return
        why = f"{type(error).__name__}: {str(error)[:300]}"
        self._over([Outcome(number, FAILED, why) for number in task.numbers])

    def _put_back(self, groups: Iterable[Group]) -> None:
        """Has runs done later, or not at all if all were asked to end."""
        groups = list(groups)
        numbers = [spec.number for group in groups for spec in group]
        self._open |= {number: None for number in numbers if number in self._open}
        if self._wish is not None:
            self._over([Outcome(number, self._wish) for number in numbers])
        else:
            self._waiting.put_back(groups)

    # ---- listening

    def _hear(self, event: tuple[float, Any]) -> None:
        """Figures, from a worker; the scheduler, too, tells something under this topic."""
        told = event[1]
        if not isinstance(told, (list, tuple)) or told[0] not in self._names:
            return
        messages: list[Started | Report] = pickle.loads(told[1])
        for message in messages:
            if message.number in self._open:
                self._told.put(message)

    # ---- workers

    def _lose(self, worker: Worker, is_death: bool) -> None:
        """What a worker had is done again, elsewhere."""
        self._crew.workers.pop(worker.address, None)
        tasks, worker.tasks = worker.tasks, []
        for task in tasks:
            self._names.pop(task.name, None)
            if task.job is not asyncio.current_task():
                task.job.cancel()
        accused = tasks[: worker.threads] if is_death else []
        for task in tasks:
            if task not in accused:
                self._put_back(task.groups)
        self._accuse([group for task in accused for group in task.groups])
        self._assign()
        if tasks and self._wish is None:
            what = "ended before its time" if is_death else "has left"
            self._told.put(Notice(f"The worker {worker.address} {what}: what was lost with it is done again."))

    def _accuse(self, groups: list[Group]) -> None:
        if self._wish is not None:
            self._put_back(groups)
            return
        self._open |= {spec.number: None for group in groups for spec in group}
        self._over([Outcome(number, FAILED, _GIVEN_UP) for number in self._waiting.accuse(groups)])

    def _halt(self) -> None:
        """The scheduler is gone."""
        self._wish = STOPPED
        self._waiting.clear()
        self._told.put(Halted("The scheduler of the cluster is gone: what is done is kept."))
        self._over([Outcome(number, STOPPED) for number in list(self._open)])
        self.threads = self.wanted = 0
