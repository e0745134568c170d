"""The training process, seen from the worker: learning and the interface each have a core and a lock of their own.

Python runs one thread of a process at a time. With short steps, drawing in the same process would stop the training,
and each step would delay mouse events. The process runs a module of nnviz, so a script that opens the window is not
run again. It ends with its pipe, so it never outlives the window.

Messages are pickles in two private pipes. Pairs of an order and its value go to the process:

| order | value | effect |
| --- | --- | --- |
| data | a pickled ``Dataset`` | replaces the data |
| train | a pickled job without its data | trains it |
| train on | the place of the last job and its recorder, pickled | trains the last job from that place |
| change | settings, and a description of the change | changes settings from the next step on |
| halt | | pauses at the next possible place |
| hand back | | returns the training after the current event |
| taken | number of events | asks for another frame; confirms that many events |
| heard | number of events | confirms that many events, so that others may follow |
| estimating | bool | switches estimates in frames on or off |

Lists of messages come back: frames, pairs of a run and an event, and ``TrainingReturned``.
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

from engine.basics.errors import EngineError
from engine.basics.machine import cores
from engine.basics.validation import available_memory
from engine.datasets import Dataset
from engine.training.trainer import Trainer
from nnviz.jobs.child import can_start, start, wait_and_close
from nnviz.jobs.job import Job
from nnviz.jobs.reports import NetworkFrame, Stopped

_LOG = logging.getLogger("nnviz")

# Larger networks are not lent: their steps are long matrix products, beside which Python can draw, and they would
# take memory twice. Nor are larger data.
_MOST_PARAMETERS, _MOST_BYTES = 3_000_000, 300_000_000
_TIMES_ITS_BYTES = 4  # of free memory, for the data, their pickle, a validation set and buffers


@dataclass(frozen=True)
class TrainingReturned:
    """Hands the training back.

    Attributes:
        place: its place, see :meth:`~nnviz.jobs.job.Job.place`; None if it could not begin.
        stopped: the report of a pause; None if the worker asked for the training, or an error ended it.
        error, trace: the error and its traceback; None and empty if there is none.
    """

    place: dict[str, Any] | None
    stopped: Stopped | None = None
    error: Exception | None = None
    trace: str = ""


@dataclass(frozen=True)
class TrainingLost:
    """Reports that the process has died."""

    error: EngineError


def is_worthwhile() -> bool:
    """Whether there is a core for a training process, and a Python to run it."""
    return cores() > 1 and can_start()


def may_be_lent(job: Job) -> bool:
    """Whether a job gains by the process, and memory suffices for a second copy of its network and data."""
    trainer = job.trainer
    data = sum(split.inputs.nbytes + split.targets.nbytes for split in trainer.dataset.splits.values())
    free = available_memory()
    has_room = data <= _MOST_BYTES and (free is None or _TIMES_ITS_BYTES * data < free)
    return job.may_be_lent and trainer.network.parameters.size <= _MOST_PARAMETERS and has_room


class TrainingProcess:
    """The training process, seen from the worker's thread.

    Attributes:
        is_ready: whether the process has started.
        messages: lists of messages that were not handled yet: (run, event), ``TrainingReturned``, ``TrainingLost``.
    """

    def __init__(self, take_frame: Callable[[NetworkFrame], None], wake: Callable[[], None]) -> None:
        """Starts the process without waiting for it. Raises ProcessError or RuntimeError if it cannot start.

        ``take_frame``, and ``wake`` after other messages, are called in the thread that reads from the process.
        """
        self.is_ready = False
        self.messages: queue.SimpleQueue[list[object]] = queue.SimpleQueue()
        self._take_frame, self._wake = take_frame, wake
        self._trainer: weakref.ref[Trainer] | None = None  # the one that the process has a copy of
        self._dataset: weakref.ref[Dataset] | None = None  # the data that the process has
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
        """Lends the job to the process. Returns whether it was sent. Its trainer is then unusable until handed back."""
        trainer = job.trainer
        try:
            if self._trainer is not None and self._trainer() is trainer:
                orders = [("train on", pickle.dumps((job.place(), job.recorder), protocol=5))]
            else:
                orders = [*self._data_for(trainer.whole_dataset), ("train", _packed(job))]
        except Exception as error:  # a trainer of another program may hold anything
            _LOG.info("this training stays in the window's process: %s", error)
            job.may_be_lent = False
            return False
        for order, value in orders:
            self.send(order, value)
        self._trainer, self._dataset = weakref.ref(trainer), weakref.ref(trainer.whole_dataset)
        return True

    def _data_for(self, dataset: Dataset) -> list[tuple[str, bytes]]:
        is_there = self._dataset is not None and self._dataset() is dataset
        return [] if is_there else [("data", pickle.dumps(dataset, protocol=5))]

    def forget(self) -> None:
        """Notes that the process may not have the data and the trainer that were sent."""
        self._trainer = self._dataset = None

    def send(self, order: str, value: object = None) -> None:
        """Sends an order. If the process has died, a ``TrainingLost`` follows."""
        with suppress(BrokenPipeError, ConnectionError):
            self._to.write(pickle.dumps((order, value), protocol=5))
            self._to.flush()

    def close(self) -> None:
        """Kills the process."""
        self._is_closed = True
        self._process.kill()
        self._process.wait()
        self._reader.join()
        wait_and_close(self._process)

    # ---- in the reader's thread

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while not self._was_closed():
            try:
                messages = pickle.load(pipe)
            except Exception as error:  # a killed process may leave half a message
                if not self._was_closed() and not isinstance(error, EOFError):
                    _LOG.exception("a message of the training's process cannot be read")
                break
            self._take(messages)
        if not self._was_closed():
            self._process.kill()  # later messages could not be read
            self._take([TrainingLost(_lost(self._process.wait()))])

    def _take(self, messages: list[object]) -> None:
        others = []
        for message in messages:
            if isinstance(message, NetworkFrame):
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
    """Leaves out the data, which the process already has."""

    def __init__(self, out: io.BytesIO, dataset: Dataset) -> None:
        super().__init__(out, protocol=5)
        self._dataset = dataset

    def persistent_id(self, thing: object) -> str | None:
        return "data" if thing is self._dataset else None


def _packed(job: Job) -> bytes:
    out = io.BytesIO()
    _Packer(out, job.trainer.whole_dataset).dump(job)
    return out.getvalue()


def _lost(code: int) -> EngineError:
    problem = f"the training process exited unexpectedly (exit code {code}, possibly out of memory)"
    remedy = "The network keeps its last displayed weights. Press Train to continue."
    return EngineError.from_problem("", problem, remedy)
