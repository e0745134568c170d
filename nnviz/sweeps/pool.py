"""``Pool``: does runs in processes of this machine, one on each core."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from engine.datasets import Dataset
from engine.errors import not_started
from engine.machine import cores
from engine.many.one_run import Outcome, RunSpec, Started
from engine.many.plan import MOST_WORKERS
from engine.many.results import FAILED, STOPPED
from engine.many.shared_data import DataOffer
from engine.many.wishes import ALL
from engine.validation import whole_number
from nnviz.sweeps.executor import MOST_DEATHS, Message, Notice
from nnviz.sweeps.process import LinkedContext, LinkedProcess, NeedsData, Wish, begin, work

_MOST_STILLBORN = 2  # pools one after the other in which no run was even begun
_GONE = (EOFError, OSError)


def usual_workers(beside_a_window: bool = False) -> int:
    """As many processes as cores, less one where a window is open, and at least one."""
    return max(1, cores() - beside_a_window)


class Pool:
    """An :class:`~nnviz.sweeps.executor.Executor` on this machine.

    A process that dies takes the pool with it: then it is made anew, and the runs that were lost are done again, but
    for one whose process died twice. What was told of a run before is then told again, and its Outcome only once.
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

        Raises SettingError unless ``workers`` is a whole number of at least 1, ProcessError. Processes are started by
        the first runs.
        """
        self._workers = whole_number("workers", usual_workers() if workers is None else workers, 1, "2", MOST_WORKERS)
        self._dataset = dataset
        self._offer = DataOffer(name, dict(settings), dataset.fingerprint)
        self._prepare = prepare
        self._waiting: dict[int, RunSpec] = {}  # without an Outcome yet, in the order in which they came
        self._in_turn: dict[int, tuple[int, ...]] = {}  # by number: the runs with which it is done in turn
        self._deaths: dict[int, int] = {}
        self._stillborn = 0
        self._wish: str | None = None
        self._processes: dict[Connection, LinkedProcess] = {}
        self._runs: dict[Connection, set[int]] = {}  # what is done at the other end
        self._executor = self._new_executor()

    def _new_executor(self) -> ProcessPoolExecutor:
        context = LinkedContext(self._born)
        with _can_start():
            return ProcessPoolExecutor(self._workers, context, begin, (self._offer, self._prepare))

    def _born(self, process: LinkedProcess) -> None:
        self._processes[process.link] = process
        if self._wish is not None:
            self._send(process.link, Wish(ALL, self._wish))

    @property
    def workers(self) -> int:
        return self._workers

    @property
    def wanted(self) -> int:
        return 2 * self._workers  # one waits behind each that is under way

    @property
    def busy(self) -> int:
        return len(self._waiting)

    @property
    def pids(self) -> list[int]:
        """The processes that there are."""
        return [process.pid for process in self._processes.values() if process.pid is not None]

    def submit(self, *specs: RunSpec) -> None:
        """See :class:`~nnviz.sweeps.executor.Executor`. Raises ProcessError."""
        self._waiting |= {spec.number: spec for spec in specs}
        numbers = tuple(spec.number for spec in specs)
        self._in_turn |= dict.fromkeys(numbers, numbers)
        self._submit(numbers)

    def _submit(self, numbers: tuple[int, ...]) -> None:
        with suppress(BrokenProcessPool), _can_start():  # what waits is submitted again when a broken pool is noticed
            self._executor.submit(work, [self._waiting[number] for number in numbers])

    def next(self, timeout: float) -> list[Message]:
        if not self._processes:
            time.sleep(timeout)
            return []
        told: list[Message] = []
        is_broken = False
        for link in wait(list(self._processes), timeout):
            assert isinstance(link, Connection)
            is_broken |= not self._read(link, told)
        return told + self._made_anew() if is_broken else told

    def _read(self, link: Connection, told: list[Message]) -> bool:
        """Adds what was told through a pipe; returns whether it is still open."""
        try:
            while link.poll():
                self._hear(link, link.recv(), told)
        except _GONE:
            return False
        return True

    def _hear(self, link: Connection, message: Message | NeedsData, told: list[Message]) -> None:
        if isinstance(message, NeedsData):
            self._send(link, self._dataset)
            return
        if isinstance(message, Started):
            self._runs.setdefault(link, set()).add(message.number)
            self._stillborn = 0
        elif isinstance(message, Outcome):
            self._runs.get(link, set()).discard(message.number)
            self._in_turn.pop(message.number, None)
            if self._waiting.pop(message.number, None) is None:
                return  # it is over already
        told.append(message)

    def _send(self, link: Connection, what: object) -> None:
        with suppress(OSError):  # its end is noticed when it is read from
            link.send(what)

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        if number is None:
            self._wish = how
        for link in self._processes:
            if number is None or number in self._runs.get(link, ()):
                self._send(link, Wish(ALL if number is None else number, how))

    # ---- a process died

    def _made_anew(self) -> list[Message]:
        """Lets the other processes end, too; then has all that was lost done again."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        more: list[Message] = []
        for link in self._processes:
            self._read(link, more)
        begun, culprits = self._runs, self._culprits()
        died = sorted({_how(self._processes[link]) for link in culprits})
        self._forget_processes()
        if not begun:
            self._stillborn += 1
        suspects: set[int] = set().union(*(begun.get(link, set()) for link in culprits))
        for number in suspects:
            self._deaths[number] = self._deaths.get(number, 0) + 1
            self._in_turn[number] = (number,)  # alone, so that it is seen which one it is
        given_up = self._given_up()
        if self._waiting:
            runs = ", ".join(died)
            more.append(Notice(f"A process ended before its time ({runs}): what was lost with it is done again."))
        self._executor = self._new_executor()
        for numbers in list(dict.fromkeys(self._groups())):
            self._submit(numbers)
        return more + given_up

    def _groups(self) -> Iterator[tuple[int, ...]]:
        """The runs that wait, those together that are done in turn."""
        for number in self._waiting:
            yield tuple(each for each in self._in_turn[number] if each in self._waiting)

    def _culprits(self) -> list[Connection]:
        """The processes that ended by themselves; if that cannot be told from those that were ended, all."""
        codes = {link: process.exitcode for link, process in self._processes.items()}
        found = [link for link, code in codes.items() if code not in (-signal.SIGTERM, 0)]
        return found or list(codes)

    def _given_up(self) -> list[Message]:
        """Runs that are not tried again."""
        if self._stillborn >= _MOST_STILLBORN:
            why = "No process could be started that does it."
            lost = list(self._waiting)
        else:
            why = f"Its process ended before its time, {MOST_DEATHS} times: perhaps it takes too much memory."
            lost = [number for number in self._waiting if self._deaths.get(number, 0) >= MOST_DEATHS]
        for number in lost:
            del self._waiting[number], self._in_turn[number]
        return [Outcome(number, FAILED, why) for number in lost]

    def _forget_processes(self) -> None:
        for link in self._processes:
            link.close()
        self._processes, self._runs = {}, {}

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()  # they have nothing to lose, and to end by themselves would take them long
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._forget_processes()
        self._waiting.clear()
        self._in_turn.clear()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextmanager
def _can_start() -> Iterator[None]:
    """Names the cause if a process, or a pipe to one, cannot be made."""
    try:
        yield
    except BrokenProcessPool:
        raise
    except (OSError, RuntimeError) as error:
        raise not_started("a process for the runs", error) from error


def _how(process: LinkedProcess) -> str:
    """How a process ended: "signal 9", "exit code 1"."""
    code = process.exitcode
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
