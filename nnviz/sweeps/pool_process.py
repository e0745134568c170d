"""A process of the pool: its start, and its loop.

A pipe connects it to the process that started it. The process sends figures and outcomes, and receives runs, data and
stop requests. It exits at once when the other end closes, for whatever reason.
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
    """A request for the data themselves."""


@dataclass(frozen=True)
class StopRequest:
    """A request to end a run, or all runs (-1), with the status ``how``."""

    number: int
    how: str


# ---- how it is started


class PoolProcess:
    """A process that trains runs, with a pipe to it.

    Attributes:
        link: this end of the pipe.
        runs: its runs without an outcome, by number.
        has_begun: whether it has begun a run.
    """

    def __init__(self, offer: DatasetHandle, prepare: Callable[[], None] | None) -> None:
        """Starts the process with one BLAS thread, with Ctrl+C ignored, and without running the caller's script again.

        Raises ProcessError.
        """
        self.runs: dict[int, RunSpec] = {}
        self.has_begun = False
        try:
            self.link, far_end = Pipe()
            try:
                with _one_thread_each(), _without_main(), _ignore_interrupt():
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
        """The id of the process."""
        return self._process.pid or 0

    def give(self, specs: tuple[RunSpec, ...]) -> None:
        """Sends runs, of which an epoch each is trained in turn."""
        self.runs = {spec.number: spec for spec in specs}
        self.send(specs)

    def send(self, what: object) -> None:
        """Sends runs, data or a stop request. A dead process is noticed at the next read."""
        with suppress(OSError):
            self.link.send(what)

    def kill(self) -> None:
        """Kills the process, which may exist for a moment longer."""
        self._process.kill()

    def end(self) -> str:
        """Waits for the end of the process, and returns its cause: "signal 9", "exit code 1"."""
        self.link.close()
        self._process.join()
        code = self._process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Sets the environment in which NumPy's libraries use one thread, as a new process reads it (joblib #834)."""
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
    """Hides the main module, which a new process would import again and run if it is not guarded."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _ignore_interrupt() -> Iterator[None]:
    """Blocks Ctrl+C, which reaches all processes of the terminal: only the parent process handles it."""
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


class _ProcessLoop:
    """The loop of the process, with its pipe, its data, and the runs and stop requests it received."""

    def __init__(self, link: Connection, offer: DatasetHandle) -> None:
        self._link, self._offer = link, offer
        self._dataset: Dataset | None = None
        self._sent: queue.SimpleQueue[Dataset] = queue.SimpleQueue()
        self._runs: queue.SimpleQueue[tuple[RunSpec, ...]] = queue.SimpleQueue()
        self._stop_requests = StopRequests()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                heard = self._link.recv()
                if isinstance(heard, StopRequest):
                    self._stop_requests.add(heard.number, heard.how)
                elif isinstance(heard, tuple):
                    self._runs.put(heard)
                else:
                    self._sent.put(heard)
        except (EOFError, OSError):
            os._exit(0)  # the parent process is gone

    def _send(self, message: object) -> None:
        try:
            self._link.send(message)
        except OSError:
            os._exit(0)

    def serve(self) -> None:
        """Trains runs as they arrive, until the process is ended."""
        while True:
            self._work(self._runs.get())

    def _work(self, specs: Sequence[RunSpec]) -> None:
        """Trains runs in turn, and sends their outcomes."""
        left = [spec.number for spec in specs]
        for number in left:
            self._send(RunStarted(number))

        def over(outcome: RunOutcome) -> None:
            left.remove(outcome.number)
            self._send(outcome)

        try:
            self._do(specs, over)
        except Exception as error:
            traceback.print_exc()
            for number in list(left):
                over(RunOutcome(number, FAILED, f"{type(error).__name__}: {error}"))

    def _do(self, specs: Sequence[RunSpec], over: Callable[[RunOutcome], None]) -> None:
        if how := self._stop_requests.of(ALL):
            for spec in specs:
                over(RunOutcome(spec.number, how))
            return
        if self._dataset is None:
            self._dataset = SharedData.of(self._data())
        train_in_turn(specs, self._dataset, self._send, self._stop_requests.of, over)

    def _data(self) -> Dataset:
        """Returns the data, once for all runs in this process, after it has checked their fingerprint."""
        made = self._offer.made()
        if made is not None:
            return made
        self._send(NeedsData())
        return self._offer.checked(self._sent.get())


def _serve(link: Connection, offer: DatasetHandle, prepare: Callable[[], None] | None) -> None:
    """Runs the loop of the process."""
    if prepare is not None:
        prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _ProcessLoop(link, offer).serve()
