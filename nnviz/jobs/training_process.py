"""A process to which a training is lent, so that learning and the interface each have a core and a lock of their own.

Python runs one thread of a process at a time. Where steps are short, each moment in which the window draws would be
lost to a training in the same process, and each step would keep the mouse waiting. The process runs a module of ours,
so a script that opens the window is not run again. It ends with its pipe, so it never outlives the window.

Messages are pickles in two pipes that nobody else can write to. To the process go pairs of an order and its value:

| order | value | what it does |
| --- | --- | --- |
| data | a pickled ``Dataset`` | replaces the data |
| train | a pickled job without its data | trains it |
| train on | the place of the last job and its recorder, pickled | goes there and trains it |
| change | settings, and what changed in words | from the next step on |
| halt | | pauses as soon as a pause may come |
| hand back | | returns the training after the current event |
| taken | how many | the last frame was taken: another is wanted; so many more events were heard |
| heard | how many | so many more events were heard: others may come |
| estimating | whether | frames are to hold estimates now and then |

From it come lists of messages: frames, pairs of a run and an event, and ``Returned``.
"""

from __future__ import annotations

import io
import logging
import pickle
import queue
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from engine.basics.errors import EngineError, Verbatim
from engine.basics.machine import cores
from engine.basics.validation import available_memory
from engine.datasets import Dataset
from engine.training.trainer import Trainer
from nnviz.jobs.child import can_start, start, take_leave
from nnviz.jobs.job import Job
from nnviz.jobs.reports import Frame, Stopped

_LOG = logging.getLogger("nnviz")

# Larger networks stay: their steps are long matrix products, beside which Python can draw, and they would take up
# memory twice. So do larger data.
_MOST_PARAMETERS, _MOST_BYTES = 3_000_000, 300_000_000
_TIMES_ITS_BYTES = 4  # of free memory, for the data, their pickle, a validation set and buffers


@dataclass(frozen=True)
class Returned:
    """The training is handed back.

    Attributes:
        place: where it is, see :meth:`~nnviz.jobs.job.Job.place`; None if it could not begin.
        stopped: how it has paused; None if it was asked for, or an error ended it.
        error, trace: what went wrong and where, as Python writes it; None and empty for nothing.
    """

    place: dict[str, Any] | None
    stopped: Stopped | None = None
    error: Exception | None = None
    trace: str = ""


@dataclass(frozen=True)
class Lost:
    """The process has ended by itself."""

    error: EngineError


def is_worthwhile() -> bool:
    """Whether there is a core for such a process, and a Python to run it."""
    return cores() > 1 and can_start()


def may_be_lent(job: Job) -> bool:
    """Whether it gains by it, and there is room for its network and data a second time."""
    trainer = job.trainer
    data = sum(split.inputs.nbytes + split.targets.nbytes for split in trainer.dataset.splits.values())
    free = available_memory()
    has_room = data <= _MOST_BYTES and (free is None or _TIMES_ITS_BYTES * data < free)
    return job.may_be_lent and trainer.network.parameters.size <= _MOST_PARAMETERS and has_room


class TrainingProcess:
    """The process, seen from the worker's thread.

    Attributes:
        is_ready: whether it has started.
        messages: what came from it and was not handled yet, in lists: (run, event), ``Returned``, ``Lost``.
    """

    def __init__(self, take_frame: Callable[[Frame], None], wake: Callable[[], None]) -> None:
        """Starts it, without waiting for it. Raises ProcessError or RuntimeError if that is not possible.

        ``take_frame`` and ``wake``, which tells that messages have come, are called in a thread of their own.
        """
        self.is_ready = False
        self.messages: queue.SimpleQueue[list[object]] = queue.SimpleQueue()
        self._take_frame, self._wake = take_frame, wake
        self._trainer: weakref.ref[Trainer] | None = None  # the one that the process has a twin of
        self._dataset: weakref.ref[Dataset] | None = None  # the data that it has
        self._is_closed = False
        self._process = start("nnviz.jobs.training_main", "a process for the training")
        assert self._process.stdin is not None
        self._to: IO[bytes] = self._process.stdin
        self._reader = threading.Thread(target=self._read, daemon=True)
        try:
            self._reader.start()
        except RuntimeError:
            self._process.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def lend(self, job: Job) -> bool:
        """Lets the job go on there; returns whether it does. Until it is handed back, nobody may use its trainer."""
        trainer = job.trainer
        try:
            if self._trainer is not None and self._trainer() is trainer:
                orders = [("train on", pickle.dumps((job.place(), job.recorder), protocol=5))]
            else:
                orders = [*self._data_for(trainer.given), ("train", _packed(job))]
        except Exception as error:  # a trainer of somebody's own may hold anything
            _LOG.info("this training stays in the window's process: %s", error)
            job.may_be_lent = False
            return False
        for order, value in orders:
            self.send(order, value)
        self._trainer, self._dataset = weakref.ref(trainer), weakref.ref(trainer.given)
        return True

    def _data_for(self, dataset: Dataset) -> list[tuple[str, bytes]]:
        is_there = self._dataset is not None and self._dataset() is dataset
        return [] if is_there else [("data", pickle.dumps(dataset, protocol=5))]

    def forget(self) -> None:
        """Notes that the process may not have what was sent to it."""
        self._trainer = self._dataset = None

    def send(self, order: str, value: object = None) -> None:
        """Sends an order. If the process has gone, a ``Lost`` comes, and nothing else is to be done."""
        with suppress(BrokenPipeError, ConnectionError):
            self._to.write(pickle.dumps((order, value), protocol=5))
            self._to.flush()

    def close(self) -> None:
        """Ends it at once, with whatever it does."""
        self._is_closed = True
        self._process.kill()
        self._process.wait()
        self._reader.join()
        take_leave(self._process)

    # ---- in the reader's thread

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while not self._was_closed():
            try:
                messages = pickle.load(pipe)
            except Exception as error:  # a process that is killed may leave a message in its middle
                if not self._was_closed() and not isinstance(error, EOFError):
                    _LOG.exception("a message of the training's process cannot be read")
                break
            self._take(messages)
        if not self._was_closed():
            self._process.kill()  # what it would say could not be read any more
            self._take([Lost(_lost(self._process.wait()))])

    def _take(self, messages: list[object]) -> None:
        others = []
        for message in messages:
            if isinstance(message, Frame):
                self._take_frame(message)
            elif message == "ready":
                self.is_ready = True
            else:
                others.append(message)
        if others:
            self.messages.put(others)
            self._wake()

    def _was_closed(self) -> bool:
        return self._is_closed


class _Packer(pickle.Pickler):
    """Leaves out the data, which the process has already."""

    def __init__(self, out: io.BytesIO, dataset: Dataset) -> None:
        super().__init__(out, protocol=5)
        self._dataset = dataset

    def persistent_id(self, thing: object) -> str | None:
        return "data" if thing is self._dataset else None


def _packed(job: Job) -> bytes:
    out = io.BytesIO()
    _Packer(out, job.trainer.given).dump(job)
    return out.getvalue()


def _lost(code: int) -> EngineError:
    return EngineError(
        "training",
        Verbatim("broken off"),
        f"must go on in a process of its own, which has ended by itself (exit code {code}; perhaps memory ran out)",
        "The network is as it was last shown. Train it on from there.",
    )
