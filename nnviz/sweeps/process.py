"""A process of the pool: how it is started, and what happens in it.

It has a pipe to the process that started it. Figures and outcomes go through that, and wishes come back; and when it is
closed from there, however that came about, the process ends at once.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import current_process, resource_tracker
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any

from engine.datasets import Dataset
from engine.machine import THREADS
from engine.many.one_run import Outcome, RunSpec, Started, train_in_turn
from engine.many.results import FAILED
from engine.many.shared_data import DataOffer, SharedData
from engine.many.wishes import ALL, Wishes


@dataclass(frozen=True)
class NeedsData:
    """Asks for the data themselves."""


@dataclass(frozen=True)
class Wish:
    """How a run, or all (-1), are to end."""

    number: int
    how: str


# ---- how it is started


class LinkedProcess(SpawnProcess):
    """A process with a pipe to its maker.

    Attributes:
        link: the maker's end.
    """

    def __init__(self, born: Callable[[LinkedProcess], None], *words: Any, **options: Any) -> None:
        """``born`` is called when the process has started."""
        super().__init__(*words, **options)
        self._born = born
        self.link, self.far_end = Pipe()

    def start(self) -> None:
        """Starts it with one thread for BLAS, deaf to Ctrl+C, and without running the caller's script again."""
        try:
            with _one_thread_each(), _without_main(), _deaf():
                super().start()
        except BaseException:
            self.link.close()
            raise
        finally:
            self.far_end.close()
        self._born(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("link", "_born")}


class LinkedContext(SpawnContext):
    """Makes such processes, and reports each that has started."""

    def __init__(self, born: Callable[[LinkedProcess], None]) -> None:
        super().__init__()
        self._born = born

    def Process(self, *words: Any, **options: Any) -> LinkedProcess:  # type: ignore[override]  # noqa: N802
        return LinkedProcess(self._born, *words, **options)


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
    """What a process knows: its pipe, its data, and the wishes that came."""

    def __init__(self, link: Connection, offer: DataOffer) -> None:
        self._link, self._offer = link, offer
        self._dataset: Dataset | None = None
        self._sent: queue.SimpleQueue[Dataset] = queue.SimpleQueue()
        self._wishes = Wishes()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                heard = self._link.recv()
                if isinstance(heard, Wish):
                    self._wishes.add(heard.number, heard.how)
                else:
                    self._sent.put(heard)
        except (EOFError, OSError):
            os._exit(0)  # whoever wanted the results is gone

    def _tell(self, message: object) -> None:
        try:
            self._link.send(message)
        except OSError:
            os._exit(0)

    def work(self, specs: Sequence[RunSpec]) -> None:
        """Does runs, in turn, and tells what comes of them."""
        left = [spec.number for spec in specs]
        for number in left:
            self._tell(Started(number))

        def over(outcome: Outcome) -> None:
            left.remove(outcome.number)
            self._tell(outcome)

        try:
            self._do(specs, over)
        except Exception as error:
            traceback.print_exc()
            for number in list(left):
                over(Outcome(number, FAILED, f"{type(error).__name__}: {error}"))

    def _do(self, specs: Sequence[RunSpec], over: Callable[[Outcome], None]) -> None:
        if how := self._wishes.of(ALL):
            for spec in specs:
                over(Outcome(spec.number, how))
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


_worker: _Worker | None = None  # of this process


def begin(offer: DataOffer, prepare: Callable[[], None] | None = None) -> None:
    """Is called once in a new process."""
    global _worker
    if prepare is not None:
        prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = _Worker(current_process().far_end, offer)  # type: ignore[attr-defined]


def work(specs: Sequence[RunSpec]) -> None:
    """Is called in it for each run, or for several that are done in turn."""
    assert _worker is not None
    _worker.work(specs)
