"""A process of the pool: how it is started, and what happens in it.

It has a pipe to the process that started it. Figures and outcomes go through that; runs, data and wishes come back; and
when it is closed from there, however that came about, the process ends at once.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context, resource_tracker
from multiprocessing.connection import Connection
from types import ModuleType

from engine.basics.errors import not_started
from engine.basics.machine import THREADS
from engine.datasets import Dataset
from engine.sweeps.cancellation import ALL, StopRequests
from engine.sweeps.results import FAILED
from engine.sweeps.run_execution import RunOutcome, RunSpec, RunStarted, train_in_turn
from engine.sweeps.shared_data import DatasetHandle, SharedData


@dataclass(frozen=True)
class NeedsData:
    """Asks for the data themselves."""


@dataclass(frozen=True)
class Wish:
    """How a run, or all (-1), are to end."""

    number: int
    how: str


# ---- how it is started


class PoolProcess:
    """A process that does runs, with a pipe to it.

    Attributes:
        link: this end of the pipe.
        runs: what was given to it and has no Outcome yet, by number.
        has_begun: whether it has begun a run.
    """

    def __init__(self, offer: DatasetHandle, prepare: Callable[[], None] | None) -> None:
        """Starts it with one thread for BLAS, deaf to Ctrl+C, and without running the caller's script again.

        Raises ProcessError.
        """
        self.runs: dict[int, RunSpec] = {}
        self.has_begun = False
        try:
            self.link, far_end = Pipe()
            try:
                with _one_thread_each(), _without_main(), _deaf():
                    self._process = get_context("spawn").Process(
                        target=_serve, args=(far_end, offer, prepare), daemon=True
                    )
                    self._process.start()
            except BaseException:
                self.link.close()
                raise
            finally:
                far_end.close()
        except (OSError, RuntimeError) as error:
            raise not_started("a process for the runs", error) from error

    @property
    def pid(self) -> int:
        """Its number on this machine."""
        return self._process.pid or 0

    def give(self, specs: tuple[RunSpec, ...]) -> None:
        """Has it do runs, an epoch of each in turn."""
        self.runs = {spec.number: spec for spec in specs}
        self.send(specs)

    def send(self, what: object) -> None:
        """Sends runs, data or a wish. That it is gone is noticed when it is read from."""
        with suppress(OSError):
            self.link.send(what)

    def kill(self) -> None:
        """Ends it at once; it may still be there for a moment."""
        self._process.kill()

    def end(self) -> str:
        """Waits until it has ended, and returns how: "signal 9", "exit code 1"."""
        self.link.close()
        self._process.join()
        code = self._process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """The libraries behind numpy read it when they are loaded, which a new process does at once (joblib #834)."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _without_main() -> Iterator[None]:
    """A new process imports the main module of the old one again, and would run a script that is not guarded."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl+C in the terminal reaches all processes there; what it means, the maker tells."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which would unblock it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---- what happens in it


class _Worker:
    """What a process knows: its pipe, its data, and the runs and wishes that came."""

    def __init__(self, link: Connection, offer: DatasetHandle) -> None:
        self._link, self._offer = link, offer
        self._dataset: Dataset | None = None
        self._sent: queue.SimpleQueue[Dataset] = queue.SimpleQueue()
        self._runs: queue.SimpleQueue[tuple[RunSpec, ...]] = queue.SimpleQueue()
        self._wishes = StopRequests()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                heard = self._link.recv()
                if isinstance(heard, Wish):
                    self._wishes.add(heard.number, heard.how)
                elif isinstance(heard, tuple):
                    self._runs.put(heard)
                else:
                    self._sent.put(heard)
        except (EOFError, OSError):
            os._exit(0)  # whoever wanted the results is gone

    def _tell(self, message: object) -> None:
        try:
            self._link.send(message)
        except OSError:
            os._exit(0)

    def serve(self) -> None:
        """Does the runs that come, until the process is ended."""
        while True:
            self._work(self._runs.get())

    def _work(self, specs: Sequence[RunSpec]) -> None:
        """Does runs, in turn, and tells what comes of them."""
        left = [spec.number for spec in specs]
        for number in left:
            self._tell(RunStarted(number))

        def over(outcome: RunOutcome) -> None:
            left.remove(outcome.number)
            self._tell(outcome)

        try:
            self._do(specs, over)
        except Exception as error:
            traceback.print_exc()
            for number in list(left):
                over(RunOutcome(number, FAILED, f"{type(error).__name__}: {error}"))

    def _do(self, specs: Sequence[RunSpec], over: Callable[[RunOutcome], None]) -> None:
        if how := self._wishes.of(ALL):
            for spec in specs:
                over(RunOutcome(spec.number, how))
            return
        if self._dataset is None:
            self._dataset = SharedData.of(self._data())
        train_in_turn(specs, self._dataset, self._tell, self._wishes.of, over)

    def _data(self) -> Dataset:
        """The data, once for all runs in this process. They are the right ones: their fingerprint says so."""
        made = self._offer.made()
        if made is not None:
            return made
        self._tell(NeedsData())
        return self._offer.checked(self._sent.get())


def _serve(link: Connection, offer: DatasetHandle, prepare: Callable[[], None] | None) -> None:
    """What the process does."""
    if prepare is not None:
        prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker(link, offer).serve()
