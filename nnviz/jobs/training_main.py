"""The main function of the training process; ``nnviz.jobs.training_process`` is the other end. No Qt."""

from __future__ import annotations

import gc
import io
import os
import pickle
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import IO, Any

from engine.datasets import Dataset
from engine.training.settings import TrainingSettings
from nnviz.jobs.child import claim_output, listen, picklable
from nnviz.jobs.job import Job, Report
from nnviz.jobs.recorder import status_of
from nnviz.jobs.reports import NetworkFrame, Stopped, count_of
from nnviz.jobs.training_process import TrainingReturned

_MOST_UNHEARD = 300  # unconfirmed events, before the training waits: else the interface would fall behind
_NEED_NOT_WAIT = hasattr(os, "set_blocking")  # whether a write to a full pipe can return at once


class _Pipe:
    """The pipe to the worker. Background threads write what it does not take at once: the training never waits.

    Only one thread may send. Waking another thread for each message would cost 1 % of the time of short epochs.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._gathered: list[object] = []
        self._writer: threading.Thread | None = None  # the thread that writes the last parcel

    def put(self, message: object) -> None:
        """Sends a message at once, after those that were gathered."""
        self._gathered.append(message)
        self.send()

    def gather(self, message: object) -> None:
        """Sends a message, which must not be changed any more, with the next one that is sent."""
        self._gathered.append(message)

    def send(self) -> None:
        """Sends the gathered messages, if there are any."""
        if not self._gathered:
            return
        parcel = memoryview(pickle.dumps(self._gathered, protocol=5))
        self._gathered = []
        left = parcel[self._written_at_once(parcel) :]
        if left:
            self._writer = threading.Thread(target=self._write, args=(left, self._writer), daemon=True)
            self._writer.start()

    def _written_at_once(self, parcel: memoryview) -> int:
        """Writes as many bytes as the pipe takes, unless earlier ones are still to be written. Returns their number."""
        if not _NEED_NOT_WAIT or (self._writer is not None and self._writer.is_alive()):
            return 0
        pipe = self._out.fileno()
        os.set_blocking(pipe, False)
        try:
            return os.write(pipe, parcel)
        except BlockingIOError:
            return 0
        except OSError:
            os._exit(0)  # the window's process has ended
        finally:
            os.set_blocking(pipe, True)

    def _write(self, left: memoryview, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        try:
            self._out.write(left)
            self._out.flush()
        except OSError:
            os._exit(0)  # the window's process has ended


class _PipeSink:
    """Sends a job's reports through the pipe; see ``ReportSink`` in ``nnviz.jobs.job``."""

    def __init__(self, pipe: _Pipe, orders: queue.SimpleQueue[tuple[str, Any]]) -> None:
        """``orders``: the orders that wait to be carried out."""
        self.estimating = True
        self.must_halt = False
        self.wants_frame = True
        self.nothing_waits = orders.empty  # asked after each event: hence the queue's own
        self._pipe = pipe
        self._sent = self._heard = 0  # events; each number is changed in one thread only
        self._may_go_on = threading.Event()

    def begin(self) -> None:
        """Begins with a training that is lent: reports of an earlier one are no longer waited for."""
        self.must_halt, self.wants_frame, self._heard = False, True, self._sent

    def put_frame(self, frame: NetworkFrame) -> None:
        """Sends a frame; the next one is wanted when this one was taken."""
        self.wants_frame = False
        self._pipe.put(replace(frame, is_lent=True))

    def report(self, run: int, event: Report) -> None:
        """Sends a report at once, after those that were gathered.

        Waits if too many events are not confirmed, unless an order has come: it must be carried out.
        """
        self._pipe.put((run, event))
        self._count(event)

    def report_soon(self, run: int, event: Report) -> None:
        """Sends a report with the next message. May wait, see :meth:`report`."""
        self._pipe.gather((run, event))
        self._count(event)

    def _count(self, event: Report) -> None:
        self._sent += count_of(event)
        while self._sent - self._heard > _MOST_UNHEARD and not self.must_halt and self.nothing_waits():
            self._pipe.send()
            self._may_go_on.wait()
            self._may_go_on.clear()  # what was set before that is seen by the next look

    def heard(self, count: int) -> None:
        """Notes that the interface has handled that many events."""
        self._heard += count

    def resume(self) -> None:
        """Ends a wait for confirmations."""
        self._may_go_on.set()


class _LentTraining:
    """Trains the job that is lent, until it is handed back or pauses."""

    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._orders: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._outlet = _PipeSink(pipe, self._orders)
        self._dataset: Dataset | None = None
        self._job: Job | None = None  # kept after it was handed back, for the next time
        self._is_training = False
        self._carry_out: dict[str, Callable[[Any], None]] = {
            "data": self._take_data,
            "train": self._train,
            "train on": self._train_on,
            "change": self._change,
            "hand back": self._hand_back,
        }

    def hear(self, order: str, value: Any) -> None:
        """Receives an order, in the reader's thread. Orders that only set a flag take effect at once."""
        if order == "taken":
            self._outlet.wants_frame = True
            self._outlet.heard(value)
        elif order == "halt":
            self._outlet.must_halt = True
        elif order == "estimating":
            self._outlet.estimating = value
        elif order == "heard":
            self._outlet.heard(value)
        else:
            if order in ("train", "train on"):
                self._outlet.begin()
            self._orders.put((order, value))
        self._outlet.resume()

    def run(self) -> None:
        """Carries out all orders, then trains until the next; repeats."""
        while True:
            while not self._is_training or not self._orders.empty():
                order, value = self._orders.get()
                self._carry_out[order](value)
            self._advance()

    def _take_data(self, packed: bytes) -> None:
        self._dataset = self._job = None  # before the new data are there, to save memory
        try:
            self._dataset = pickle.loads(packed)
        except Exception:  # the training, which follows, cannot begin then
            traceback.print_exc()

    def _train(self, packed: bytes) -> None:
        self._job = None
        self._begin(lambda: _Unpacker(packed, self._dataset).load())

    def _train_on(self, packed: bytes) -> None:
        job = self._job

        def stand_there() -> Job:
            if job is None:
                raise pickle.UnpicklingError("it is not known here")
            place, job.recorder = pickle.loads(packed)
            job.set_place(place)
            return job

        self._begin(stand_there)

    def _begin(self, make: Callable[[], Job]) -> None:
        try:
            self._job = make()
            self._job.begin_elsewhere()
        except Exception as error:  # too little memory, or a class that cannot be imported here
            self._job = None
            self._pipe.put(TrainingReturned(None, error=picklable(error), trace=traceback.format_exc()))
        else:
            self._is_training = True

    def _change(self, changed: tuple[TrainingSettings, str]) -> None:
        if self._is_training and self._job is not None:
            settings, words = changed
            self._job.trainer.change(settings)
            if self._job.recorder is not None:
                self._job.recorder.change(settings, words)

    def _advance(self) -> None:
        """Processes events of the training until there is an order, or it has paused."""
        job = self._job
        assert job is not None
        try:
            stopped = job.advance(self._outlet)
        except Exception as error:
            self._hand_back(error=error)
        else:
            if stopped is not None:
                self._hand_back(stopped=stopped)

    def _hand_back(self, _: object = None, stopped: Stopped | None = None, error: Exception | None = None) -> None:
        """Hands the training back, unless that was done."""
        if self._is_training and self._job is not None:
            self._is_training = False
            self._outlet.must_halt = True  # the worker waits for it
            trace = "" if error is None else traceback.format_exc()
            job, recorder, is_over = self._job, self._job.recorder, stopped is not None or error is not None
            if recorder is not None:
                if error is not None:  # perhaps before anything was recorded
                    recorder.open(job.trainer, partial(self._outlet.report, job.run))
                recorder.finish(status_of(stopped, error) if is_over else "training")
            self._pipe.put(TrainingReturned(job.place(), stopped, None if error is None else picklable(error), trace))


class _Unpacker(pickle.Unpickler):
    """Puts in the data that were left out of the pickle."""

    def __init__(self, packed: bytes, dataset: Dataset | None) -> None:
        super().__init__(io.BytesIO(packed))
        self._dataset = dataset

    def persistent_load(self, pid: str) -> Dataset:
        """Returns the data, the only object that is left out."""
        if self._dataset is None:
            raise pickle.UnpicklingError("its data are not here")
        return self._dataset


def main() -> None:
    """Reads orders from standard input and writes messages to standard output, which it keeps for itself."""
    pipe = _Pipe(claim_output())
    borrower = _LentTraining(pipe)
    gc.freeze()  # objects that exist now stay: the garbage collector need not search them
    listen(lambda order: borrower.hear(*order))
    pipe.put("ready")
    borrower.run()
