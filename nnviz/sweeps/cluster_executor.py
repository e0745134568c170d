"""An executor that trains runs on a Dask cluster.

A run is a task that is submitted to one worker with a free thread; no task is queued there. The executor therefore
knows which runs were lost with a worker, and which worker must receive a stop request.
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
from nnviz.sweeps.cluster_workers import ClusterWorker, ClusterWorkers, SweepClient, WorkerTask, new_name
from nnviz.sweeps.executor import MOST_DEATHS, ExecutorHalted, Message, UserNotice

_PATIENCE = 10.0  # seconds that workers have to end runs that were asked to
_GIVEN_UP = f"Its worker exited unexpectedly {MOST_DEATHS} times, possibly out of memory."


class ClusterExecutor:
    """An :class:`~nnviz.sweeps.executor.Executor` on a Dask cluster.

    Workers may join and leave. A new worker's versions are checked, and it receives the data once. The runs of a worker
    that dies are repeated, and only the last outcome counts; a run that lost two workers fails.
    """

    def __init__(
        self,
        cluster: Cluster,
        dataset: Dataset,
        name: str,
        settings: Mapping[str, Any],
        beside: WindowProcess | None = None,
    ) -> None:
        """Starts to use the workers of a cluster.

        Args:
            cluster: the connection, which the caller closes and does not use meanwhile.
            name, settings: name and settings of data in the registry; None for other data.
            beside: a window process, to which workers on its computer yield.

        Raises SettingError if the data are the user's own and may not leave this computer.
        """
        is_own = not are_registered(name, settings)
        if is_own:
            cluster.address.check_rows(dataset.title)
        offer = (
            DatasetHandle("", {}, dataset.fingerprint) if is_own else DatasetHandle(name, settings, dataset.fingerprint)
        )
        self._cluster = cluster
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._busy = 0
        client = SweepClient(cluster.client, cluster.address, dataset, offer, is_own, beside)
        self._work = cluster.call(_SubmittedRuns.begin(client, self._messages))

    @property
    def workers(self) -> int:
        return self._work.threads

    @property
    def capacity(self) -> int:
        return self._work.threads

    @property
    def busy(self) -> int:
        return self._busy

    def submit(self, *specs: RunSpec) -> None:
        self._busy += len(specs)
        self._cluster.call_soon(self._work.submit, tuple(map(_without_place, specs)))

    def next(self, timeout: float) -> list[Message]:
        messages: list[Message] = []
        try:
            messages.append(self._messages.get(timeout=timeout))
            while True:
                messages.append(self._messages.get_nowait())
        except queue.Empty:
            self._busy -= sum(isinstance(each, RunOutcome) for each in messages)
            return messages

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self._cluster.call_soon(self._work.stop, number, how)

    def close(self) -> None:
        self._cluster.call(self._work.end())

    def __enter__(self) -> ClusterExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _without_place(spec: RunSpec) -> RunSpec:
    """Returns the run without the origin of its data, which may contain user-drawn points."""
    return replace(spec, experiment=replace(spec.experiment, data="", data_settings={}))


class _SubmittedRuns:
    """The runs on the cluster. For the cluster's thread only."""

    def __init__(self, client: SweepClient, messages: queue.SimpleQueue[Message]) -> None:
        self._client, self._messages = client, messages
        self._open: dict[int, ClusterWorker | None] = {}  # runs without an Outcome, and where they are
        self._waiting: deque[tuple[RunSpec, ...]] = deque()  # those that are nowhere; of a group, epochs are in turn
        self._tasks: dict[str, WorkerTask] = {}
        self._deaths: dict[int, int] = {}
        self._stop_how: str | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        client.dask.subscribe_topic(client.dask.id, self._receive)
        self._workers = ClusterWorkers(client, messages.put, self._dispatch, self._requeue_lost, self._halt)

    @classmethod
    async def begin(cls, client: SweepClient, messages: queue.SimpleQueue[Message]) -> _SubmittedRuns:
        """Makes the object in the cluster's thread."""
        return cls(client, messages)

    async def end(self) -> None:
        """Makes all workers end their runs and forget the sweep."""
        self._workers.end()
        for job in (*self._jobs, *(task.job for task in self._tasks.values())):
            job.cancel()
        self._tasks.clear()
        if self._client.is_connected:
            self._client.dask.unsubscribe_topic(self._client.dask.id)
            with suppress(OSError, asyncio.TimeoutError):  # workers notice by themselves that the client is gone
                await asyncio.wait_for(self._client.end_sweep(list(self._workers)), 2)

    @property
    def threads(self) -> int:
        """The number of threads of all usable workers, from any thread."""
        return sum(worker.threads for worker in list(self._workers.values()))

    # ---- runs

    def submit(self, specs: tuple[RunSpec, ...]) -> None:
        self._open |= {spec.number: None for spec in specs}
        self._waiting.append(specs)
        self._dispatch()

    def _dispatch(self) -> None:
        """Submits a group of runs to each free thread; a run that lost a worker only to an idle worker."""
        if self._stop_how is not None:
            self._end_waiting(self._stop_how)
        for worker in self._workers.values():
            while self._waiting and len(worker.tasks) < worker.threads:
                if worker.tasks and self._waiting[0][0].number in self._deaths:
                    break
                self._give(worker, self._waiting.popleft())

    def _give(self, worker: ClusterWorker, specs: tuple[RunSpec, ...]) -> None:
        name = new_name()
        task = WorkerTask(name, specs, asyncio.create_task(self._do(worker, name, specs)))
        worker.tasks.append(task)
        self._tasks[name] = task
        for spec in specs:
            self._open[spec.number] = worker
            self._messages.put(RunStarted(spec.number))

    async def _do(self, worker: ClusterWorker, name: str, specs: tuple[RunSpec, ...]) -> None:
        found: Sequence[RunOutcome] | None
        try:
            found = await self._client.train(worker, name, specs)
        except (CancelledError, OSError):  # all workers were restarted, say
            found = ()
        except Exception as error:
            why = f"{type(error).__name__}: {str(error)[:300]}"
            found = () if not self._client.is_connected else [RunOutcome(spec.number, FAILED, why) for spec in specs]
        if found is None:  # the worker was restarted, and does not know the sweep
            self._workers.pop(worker.address, None)
            self._requeue_lost(worker, is_death=True)
            return
        worker.tasks.remove(self._tasks.pop(name))
        self._report(found)
        over = {outcome.number for outcome in found}
        self._requeue([tuple(spec for spec in specs if spec.number not in over)])
        self._dispatch()

    def _report(self, outcomes: Iterable[RunOutcome]) -> None:
        """Reports the outcomes of runs, each once."""
        for outcome in outcomes:
            if outcome.number in self._open:
                del self._open[outcome.number]
                self._deaths.pop(outcome.number, None)
                self._messages.put(outcome)

    def _requeue(self, groups: Iterable[tuple[RunSpec, ...]]) -> None:
        """Puts runs at the front of the queue."""
        for specs in groups:
            self._open |= {spec.number: None for spec in specs if spec.number in self._open}
            if specs:
                self._waiting.appendleft(specs)

    def _receive(self, event: tuple[float, Any]) -> None:
        """Receives figures from a worker; ignores messages of the scheduler on the same topic."""
        entry = event[1]
        if isinstance(entry, (list, tuple)) and entry[0] in self._tasks:
            report: Report = pickle.loads(entry[1])
            self._messages.put(report)

    # ---- asked to end

    def stop(self, number: int | None, how: str) -> None:
        if number is not None:
            worker = self._open.get(number)
            if worker is not None:
                self._send_stop([worker.address], number, how)
            return
        self._stop_how = how
        self._end_waiting(how)
        self._send_stop([worker.address for worker in self._workers.values() if worker.tasks], ALL, how)
        asyncio.get_running_loop().call_later(_PATIENCE, self._abandon)

    def _send_stop(self, addresses: list[str], number: int, how: str) -> None:
        if addresses:
            job = asyncio.create_task(self._client.request_stop(addresses, number, how))
            self._jobs.add(job)  # keeps a reference to the task
            job.add_done_callback(self._jobs.discard)

    def _end_waiting(self, how: str) -> None:
        waiting = [spec.number for specs in self._waiting for spec in specs]
        self._waiting.clear()
        self._report([RunOutcome(number, how) for number in waiting])

    def _abandon(self) -> None:
        """Reports the runs of workers that do not respond as stopped."""
        self._report([RunOutcome(number, STOPPED) for number in list(self._open)])

    # ---- workers

    def _requeue_lost(self, worker: ClusterWorker, is_death: bool) -> None:
        """Repeats the runs of a lost worker elsewhere; after a death one by one, to find the run that causes it."""
        lost, worker.tasks = worker.tasks, []
        for task in lost:
            self._tasks.pop(task.name, None)
            if task.job is not asyncio.current_task():
                task.job.cancel()
        self._requeue(self._suspect_runs(lost) if is_death else [task.specs for task in lost])
        if lost and self._stop_how is None:
            what = "exited unexpectedly" if is_death else "has left"
            self._messages.put(UserNotice(f"The worker {worker.address} {what}. Its unfinished runs are repeated."))
        self._dispatch()

    def _suspect_runs(self, lost: Iterable[WorkerTask]) -> list[tuple[RunSpec, ...]]:
        """Returns the runs of a dead worker one by one, without those that have failed too often."""
        again: list[tuple[RunSpec, ...]] = []
        for spec in (spec for task in lost for spec in task.specs):
            deaths = self._deaths[spec.number] = self._deaths.get(spec.number, 0) + 1
            if deaths < MOST_DEATHS or self._stop_how is not None:
                again.append((spec,))
            else:
                self._report([RunOutcome(spec.number, FAILED, _GIVEN_UP)])
        return again

    def _halt(self) -> None:
        """Ends all runs after the scheduler has gone."""
        self._stop_how = STOPPED
        self._messages.put(ExecutorHalted("The scheduler of the cluster is gone. Finished runs are kept."))
        self._waiting.clear()
        self._abandon()
