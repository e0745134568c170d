"""``Pool``: does runs in processes of this machine, one on each core."""

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
from nnviz.sweeps.executor import MOST_DEATHS, Message, Notice
from nnviz.sweeps.process import NeedsData, PoolProcess, Wish

_GIVEN_UP = f"Its process ended before its time, {MOST_DEATHS} times: perhaps it takes too much memory."
_STILLBORN = "No process could be started that does it."


def usual_workers(beside_a_window: bool = False) -> int:
    """As many processes as cores, less one where a window is open, and at least one."""
    return max(1, cores() - beside_a_window)


class Pool:
    """An :class:`~nnviz.sweeps.executor.Executor` on this machine.

    The runs of a process that dies are done again in another one, but for a run whose process died twice. What was told
    of a run before is then told again, and its Outcome only once.
    """

    def __init__(
        self,
        dataset: Dataset,
        name: str,
        settings: Mapping[str, Any],
        workers: int | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """
        Args:
            name, settings: of the data in the registry, if they are from there.
            workers: how many processes; None for as many as there are cores.
            prepare: is called first in each of them; a function of a module.

        Raises SettingError unless ``workers`` is a whole number of at least 1. Processes are started by the first runs.
        """
        self._workers = whole_number("workers", usual_workers() if workers is None else workers, 1, "2", MOST_WORKERS)
        self._dataset = dataset
        self._offer = DatasetHandle(name, dict(settings), dataset.fingerprint)
        self._prepare = prepare
        self._busy = 0
        self._waiting: deque[tuple[RunSpec, ...]] = deque()  # groups of which epochs are done in turn
        self._processes: list[PoolProcess] = []
        self._deaths: dict[int, int] = {}
        self._wish: str | None = None
        self._told: list[Message] = []  # and not returned yet

    @property
    def workers(self) -> int:
        return self._workers

    @property
    def wanted(self) -> int:
        return 2 * self._workers  # one waits for each that is under way

    @property
    def busy(self) -> int:
        return self._busy

    @property
    def pids(self) -> list[int]:
        """The processes that there are."""
        return [process.pid for process in self._processes]

    def submit(self, *specs: RunSpec) -> None:
        """See :class:`~nnviz.sweeps.executor.Executor`. Raises ProcessError."""
        self._busy += len(specs)
        self._waiting.append(specs)
        self._give_out()

    def _give_out(self) -> None:
        """Gives each process that does nothing a group of runs; starts processes while there are too few."""
        if self._wish is not None:
            self._told += [RunOutcome(spec.number, self._wish) for specs in self._waiting for spec in specs]
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
        """See :class:`~nnviz.sweeps.executor.Executor`. Raises ProcessError."""
        self._listen(0 if self._told else timeout)
        self._give_out()
        told, self._told = self._told, []
        self._busy -= sum(isinstance(each, RunOutcome) for each in told)
        return told

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
                self._bury(process)

    def _hear(self, process: PoolProcess, message: Message | NeedsData) -> None:
        if isinstance(message, NeedsData):
            process.send(self._dataset)
            return
        if isinstance(message, RunStarted):
            process.has_begun = True
        elif isinstance(message, RunOutcome):
            del process.runs[message.number]
            self._deaths.pop(message.number, None)
        self._told.append(message)

    def _bury(self, process: PoolProcess) -> None:
        """A process died: each of its runs is done again alone, so that it is seen which one it dies of."""
        self._processes.remove(process)
        how, lost = process.end(), list(process.runs.values())
        if lost:
            self._told.append(Notice(f"A process ended before its time ({how}): what was lost with it is done again."))
        for spec in lost:
            deaths = self._deaths[spec.number] = self._deaths.get(spec.number, 0) + 1
            if deaths < MOST_DEATHS:
                self._waiting.appendleft((spec,))
            else:
                why = _GIVEN_UP if process.has_begun else _STILLBORN
                self._told.append(RunOutcome(spec.number, FAILED, why))

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        if number is None:
            self._wish = how
            self._give_out()
        for process in self._processes:
            if number is None or number in process.runs:
                process.send(Wish(ALL if number is None else number, how))

    def close(self) -> None:
        for process in self._processes:
            process.kill()  # they have nothing to lose, and to end by themselves would take them long
        for process in self._processes:
            process.end()
        self._processes.clear()
        self._waiting.clear()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
