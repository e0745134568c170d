"""A process in which a training goes on, so that learning and the interface each have a core and a lock of their own.

Python runs one thread of a process at a time. Where steps are short, each moment in which the window draws would be
lost to a training in the same process, and each step would keep the mouse waiting. The process is started as a module
of ours, so a script that opens the window is not run again. It ends with its pipe, so it never outlives the window.

Messages are pickles in pipes that nobody else can write to. To the process: what a training needs (``Lend``) and
orders, as pairs of a word and a value. From it: frames, events and, at the end, the place where the training is.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.datasets import Dataset
from engine.errors import EngineError, Verbatim
from engine.training import Trainer
from nnviz.jobs.job import Job
from nnviz.jobs.reports import Frame, Stopped

_LOG = logging.getLogger("nnviz")

# Larger networks stay: their steps are long matrix products, beside which Python can draw, and they would take up
# memory twice. So do larger data.
_MOST_PARAMETERS, _MOST_BYTES = 3_000_000, 1_000_000_000
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """The training has come to a halt in the process.

    Attributes:
        place: where it is, see :meth:`~nnviz.jobs.job.Job.place`; None if it could not begin there.
        stopped: how it has paused; None if it was called back, or went wrong.
        error: what went wrong; None for nothing.
    """

    place: dict[str, Any] | None
    stopped: Stopped | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Lost:
    """The process has ended by itself."""

    error: EngineError


def has_a_core_to_spare() -> bool:
    """Whether a training can have a core of its own."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return len(cores) > 1


def may_move(job: Job) -> bool:
    """Whether it gains by going on in a process of its own, and has room there."""
    trainer = job.trainer
    data = sum(split.inputs.nbytes + split.targets.nbytes for split in trainer.dataset.splits.values())
    return job.may_move and trainer.network.parameters.size <= _MOST_PARAMETERS and data <= _MOST_BYTES


class TrainingProcess:
    """The process, seen from the worker's thread.

    Attributes:
        is_ready: whether it has started.
        messages: what came from it and was not handled yet: events as (run, event), ``Home``, ``Lost``.
    """

    def __init__(self, take_frame: Callable[[Frame], None], wake: Callable[[], None]) -> None:
        """Starts it, without waiting for it. Raises OSError if that is not possible.

        ``take_frame`` and ``wake``, which tells that a message has come, are called in a thread of their own.
        """
        self.is_ready = False
        self.messages: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._take_frame, self._wake = take_frame, wake
        self._trainer: weakref.ref[Trainer] | None = None  # the one that the process has a twin of
        self._dataset: weakref.ref[Dataset] | None = None  # the data that it has
        self._is_closed = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nnviz.jobs.training_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None
        self._to: IO[bytes] = self._process.stdin
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def lend(self, job: Job, estimating: bool) -> bool:
        """Lets the job go on there; returns whether it does. Until it is back, nobody may use its trainer."""
        self.send("estimating", estimating)
        if self._trainer is not None and self._trainer() is job.trainer:
            self.send("again", job.place())
            return True
        try:
            packed = _packed(job)
        except Exception as error:  # a trainer of somebody's own may hold anything
            _LOG.info("This training cannot go on in another process: %s", error)
            job.may_move = False
            return False
        dataset = job.trainer.given
        if self._dataset is None or self._dataset() is not dataset:
            self.send("data", dataset)
        self._trainer, self._dataset = weakref.ref(job.trainer), weakref.ref(dataset)
        self.send("train", packed)
        return True

    def send(self, order: str, value: object = None) -> None:
        """Sends an order. If the process has gone, a ``Lost`` comes, and nothing else is to be done."""
        try:
            pickle.dump((order, value), self._to, protocol=5)
            self._to.flush()
        except (OSError, ValueError):
            _LOG.debug("order %s came too late", order)

    def close(self) -> None:
        """Ends it at once, with whatever it does."""
        self._is_closed = True
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._to, self._process.stdout):
            with suppress(OSError):  # what was left to be written
                pipe.close()  # type: ignore[union-attr]

    # ---- in the reader's thread

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while not self._is_closed:
            try:
                message = pickle.load(pipe)
            except Exception:  # a process that is killed may leave a message in its middle
                break
            if isinstance(message, Frame):
                self._take_frame(message)
            elif message == "ready":
                self.is_ready = True
            else:
                self.messages.put(message)
                self._wake()
        if not self._is_closed:
            self.messages.put(Lost(_lost(self._process.wait())))
            self._wake()


class _Packer(pickle.Pickler):
    """Leaves out the data, which the process has already."""

    def persistent_id(self, thing: object) -> str | None:
        return "data" if isinstance(thing, Dataset) else None


def _packed(job: Job) -> bytes:
    out = io.BytesIO()
    _Packer(out, protocol=5).dump(job)
    return out.getvalue()


def _lost(code: int) -> EngineError:
    return EngineError(
        "training",
        Verbatim("broken off"),
        f"must go on in a process of its own, which has ended by itself (exit code {code}; perhaps memory ran out)",
        "The network is as it was last shown. Train it on from there.",
    )
