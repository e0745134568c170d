"""What the process for training runs; see ``nnviz.jobs.training_process``, which talks to it. No Qt."""

from __future__ import annotations

import io
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import IO, Any

from engine.datasets import Dataset
from engine.events import Event
from nnviz.jobs.job import Job
from nnviz.jobs.reports import Frame, Stopped
from nnviz.jobs.training_process import Home


class _Pipe:
    """The way out. It is written to in a thread of its own: a full pipe never keeps the training waiting."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, message: object) -> None:
        """Sends it as it is now."""
        self._waiting.put(pickle.dumps(message, protocol=5))

    def _write(self) -> None:
        try:
            while True:
                self._out.write(self._waiting.get())
                self._out.flush()
        except OSError:
            os._exit(0)  # nobody listens any more


class _Outlet:
    """Where the job's reports go; see :class:`~nnviz.jobs.job.Outlet`."""

    def __init__(self, pipe: _Pipe) -> None:
        self.estimating = True
        self.must_halt = False
        self.wants_frame = True
        self._pipe = pipe

    def put_frame(self, frame: Frame) -> None:
        """Sends it; the next one is wanted when it was taken."""
        self.wants_frame = False
        self._pipe.put(replace(frame, is_apart=True))

    def tell(self, run: int, event: Event) -> None:
        """Sends it."""
        self._pipe.put((run, event))


class _Apart:
    """Trains what is lent, until it is called back or pauses."""

    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._outlet = _Outlet(pipe)
        self._orders: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._dataset: Dataset | None = None
        self._job: Job | None = None  # kept when it is back, for the next time
        self._is_training = False
        self._carry_out: dict[str, Callable[[Any], None]] = {
            "data": self._take_data,
            "train": self._train,
            "again": self._train_again,
            "back": self._go_home,
        }

    def hear(self, order: str, value: Any) -> None:
        """Takes an order, in the reader's thread. What only sets a flag takes effect at once."""
        if order == "taken":
            self._outlet.wants_frame = True
        elif order == "halt":
            self._outlet.must_halt = True
        elif order == "estimating":
            self._outlet.estimating = value
        else:
            if order in ("train", "again"):
                self._outlet.must_halt, self._outlet.wants_frame = False, True
            self._orders.put((order, value))

    def run(self) -> None:
        """Carries out all orders, then one step; repeats."""
        while True:
            while not self._is_training or not self._orders.empty():
                order, value = self._orders.get()
                self._carry_out[order](value)
            self._advance()

    def _take_data(self, dataset: Dataset) -> None:
        self._dataset, self._job = dataset, None

    def _train(self, packed: bytes) -> None:
        try:
            self._job = _Unpacker(packed, self._dataset).load()
        except Exception as error:  # there is no room for it here
            self._pipe.put(Home(None, error=error))
        else:
            self._is_training = True

    def _train_again(self, place: dict[str, Any]) -> None:
        assert self._job is not None
        self._job.stand_at(place)
        self._is_training = True

    def _advance(self) -> None:
        assert self._job is not None
        try:
            stopped = self._job.advance(self._outlet)
        except Exception as error:
            self._go_home(None, error=error)
        else:
            if stopped is not None:
                self._go_home(None, stopped)

    def _go_home(self, _: object, stopped: Stopped | None = None, error: Exception | None = None) -> None:
        """Tells where the training is, unless that was told already."""
        if self._is_training and self._job is not None:
            self._is_training = False
            self._pipe.put(Home(self._job.place(), stopped, error))


class _Unpacker(pickle.Unpickler):
    """Puts in the data that were left out."""

    def __init__(self, packed: bytes, dataset: Dataset | None) -> None:
        super().__init__(io.BytesIO(packed))
        self._dataset = dataset

    def persistent_load(self, pid: str) -> Dataset:
        """The only thing that is left out."""
        assert self._dataset is not None
        return self._dataset


def _listen(source: IO[bytes], apart: _Apart) -> None:
    """Hands orders on until the pipe is closed; then ends the process, whatever it does."""
    try:
        while True:
            apart.hear(*pickle.load(source))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(0)


def main() -> None:
    """Listens to its standard input and answers on its standard output, on which nobody else may write."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it decides
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("NICE", "0")))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    pipe = _Pipe(out)
    apart = _Apart(pipe)
    threading.Thread(target=_listen, args=(sys.stdin.buffer, apart), daemon=True).start()
    pipe.put("ready")
    apart.run()


if __name__ == "__main__":
    main()
