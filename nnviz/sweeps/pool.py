"""An executor that trains runs in processes of this machine, one for each core."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from typing import Any

from engine.basics.machine import cores
from engine.basics.validation import whole_number
from engine.datasets import Dataset
from engine.sweeps.cancellation import ALL
from engine.sweeps.plan import MOST_WORKERS
from engine.sweeps.results import FAILED, STOPPED
from engine.sweeps.run_execution import RunOutcome, RunSpec, RunStarted
from engine.sweeps.shared_data import DatasetHandle
from nnviz.sweeps.executor import MOST_DEATHS, Message, UserNotice
from nnviz.sweeps.pool_process import NeedsData, PoolProcess, StopRequest

_GIVEN_UP = f"Its process exited unexpectedly {MOST_DEATHS} times, possibly out of memory."
_STILLBORN = "No process could be started for it."


def default_workers(beside_a_window: bool = False) -> int:
    """Returns the number of cores, less one if a window is open, at least one."""
    return max(1, cores() - beside_a_window)


class ProcessPool:
    """An :class:`~nnviz.sweeps.executor.Executor` on this machine.

    The runs of a process that dies are repeated in another one, except a run whose process died twice. Reports of a
    repeated run are repeated, and its outcome is reported once.
    """

    def __init__(
        self,
        dataset: Dataset,
        name: str,
        settings: Mapping[str, Any],
        workers: int | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """Prepares the pool. Processes start with the first runs.

        Args:
            name, settings: name and settings of data in the registry; None for other data.
            workers: number of processes; None for the number of cores.
            prepare: called first in each process; a function of a module.

        Raises SettingError unless ``workers`` is a whole number of at least 1.
        """
        self._workers = whole_number("workers", default_workers() if workers is None else workers, 1, "2", MOST_WORKERS)
        self._dataset = dataset
        self._offer = DatasetHandle(name, dict(settings), dataset.fingerprint)
        self._prepare = prepare
        self._busy = 0
        self._waiting: deque[tuple[RunSpec, ...]] = deque()  # groups of which epochs are done in turn
        self._processes: list[PoolProcess] = []
        self._deaths: dict[int, int] = {}
        self._end_status: str | None = None
        self._messages: list[Message] = []  # and not returned yet

    @property
    def workers(self) -> int:
        return self._workers

    @property
    def capacity(self) -> int:
        return 2 * self._workers  # one waits for each run in progress

    @property
    def busy(self) -> int:
        return self._busy

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [process.pid for process in self._processes]

    def submit(self, *specs: RunSpec) -> None:
        """Implements :class:`~nnviz.sweeps.executor.Executor`. Raises ProcessError."""
        self._busy += len(specs)
        self._waiting.append(specs)
        self._dispatch()

    def _dispatch(self) -> None:
        """Sends a group of runs to each idle process; starts processes if there are too few."""
        if self._end_status is not None:
            self._messages += [RunOutcome(spec.number, self._end_status) for specs in self._waiting for spec in specs]
            self._waiting.clear()
        while self._waiting:
            process = next((each for each in self._processes if not each.runs), None)
            if process is None:
                if len(self._processes) == self._workers:
                    return
                process = PoolProcess(self._offer, self._prepare)
                self._processes.append(process)
            process.give(self._waiting.popleft())

    def next(self, timeout: float) -> list[Message]:
        """Implements :class:`~nnviz.sweeps.executor.Executor`. Raises ProcessError."""
        self._listen(0 if self._messages else timeout)
        self._dispatch()
        messages, self._messages = self._messages, []
        self._busy -= sum(isinstance(each, RunOutcome) for each in messages)
        return messages

    def _listen(self, timeout: float) -> None:
        if not self._processes:
            time.sleep(timeout)
            return
        ready = wait([process.link for process in self._processes], timeout)
        for process in [each for each in self._processes if each.link in ready]:
            try:
                while process.link.poll():
                    self._hear(process, process.link.recv())
            except (EOFError, OSError):
                self._requeue_lost(process)

    def _hear(self, process: PoolProcess, message: Message | NeedsData) -> None:
        if isinstance(message, NeedsData):
            process.send(self._dataset)
            return
        if isinstance(message, RunStarted):
            process.has_begun = True
        elif isinstance(message, RunOutcome):
            del process.runs[message.number]
            self._deaths.pop(message.number, None)
        self._messages.append(message)

    def _requeue_lost(self, process: PoolProcess) -> None:
        """Repeats the runs of a dead process one by one, to find the run that causes its death."""
        self._processes.remove(process)
        how, lost = process.end(), list(process.runs.values())
        if lost:
            self._messages.append(
                UserNotice(f"A process exited unexpectedly ({how}). Its unfinished runs are repeated.")
            )
        for spec in lost:
            deaths = self._deaths[spec.number] = self._deaths.get(spec.number, 0) + 1
            if deaths < MOST_DEATHS:
                self._waiting.appendleft((spec,))
            else:
                why = _GIVEN_UP if process.has_begun else _STILLBORN
                self._messages.append(RunOutcome(spec.number, FAILED, why))

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        if number is None:
            self._end_status = how
            self._dispatch()
        for process in self._processes:
            if number is None or number in process.runs:
                process.send(StopRequest(ALL if number is None else number, how))

    def close(self) -> None:
        for process in self._processes:
            process.kill()  # they have nothing to lose, and to end by themselves would take them long
        for process in self._processes:
            process.end()
        self._processes.clear()
        self._waiting.clear()

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
