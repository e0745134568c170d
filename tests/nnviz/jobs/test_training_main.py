"""What the training's process does by itself, without the process."""

from __future__ import annotations

import io
import os
import pickle
import queue
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.network.half_precision import pack
from engine.training.events import Epoch
from nnviz.jobs.reports import EpochEnd, Epochs, NetworkFrame, Recorded
from nnviz.jobs.training_main import _MOST_UNHEARD, _LentTraining, _Pipe, _PipeSink
from nnviz.jobs.training_process import TrainingReturned

_EPOCH = Epoch(1, None, None, 0.0)


def _full(outlet: _PipeSink) -> _PipeSink:
    """It, once it has reported as much as may be unheard."""
    outlet.begin()
    for _ in range(_MOST_UNHEARD):
        outlet.report(1, Epochs.of([_EPOCH]))
    return outlet


def test_it_waits_to_be_heard_whatever_orders_came_before() -> None:
    outlet = _full(_PipeSink(_Nowhere(), queue.SimpleQueue()))
    outlet.resume()
    waiting = _telling(outlet)
    waiting.join(0.2)
    assert waiting.is_alive()
    outlet.heard(100)
    outlet.resume()
    assert _ends(waiting)


def test_an_order_that_comes_just_before_it_waits_to_be_heard_is_not_missed() -> None:
    orders: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    outlet = _full(_PipeSink(_Nowhere(), orders))

    def looked() -> bool:
        """An order comes as soon as it was seen that there is none."""
        is_empty = orders.empty()
        if is_empty:
            orders.put(("hand back", None))
            outlet.resume()
        return is_empty

    outlet.nothing_waits = looked
    assert _ends(_telling(outlet))


def test_what_the_record_has_to_tell_at_the_end_does_not_wait_to_be_heard() -> None:
    """Who called the training back hears nothing until it has come."""
    pipe = _Kept()
    borrower = _LentTraining(pipe)
    _full(borrower._outlet)

    def finish(status: str) -> None:
        borrower._outlet.report(1, Recorded(1, "not recorded", is_written=False))

    job: Any = SimpleNamespace(run=1, recorder=SimpleNamespace(finish=finish), place=dict)
    borrower._job, borrower._is_training = job, True
    handing = threading.Thread(target=borrower._hand_back, daemon=True)
    handing.start()
    assert _ends(handing)
    assert isinstance(pipe.parcels[-1][-1], TrainingReturned)


@pytest.mark.parametrize("order", ["halt", "hand back"])
def test_who_has_an_order_waits_with_no_event(order: str) -> None:
    """An epoch has up to two: the order ends the wait with the first, and is carried out after the second."""
    orders: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    outlet = _full(_PipeSink(_Nowhere(), orders))
    waiting = _telling(outlet)
    assert waiting.is_alive()
    if order == "halt":
        outlet.must_halt = True
    else:
        orders.put((order, None))
    outlet.resume()
    assert _ends(waiting)
    assert _ends(_telling(outlet))


def test_a_full_pipe_keeps_nobody_waiting_and_all_arrives_in_order() -> None:
    """What it has no room for is written when somebody reads, and before what is sent later."""
    source, out = os.pipe()
    with os.fdopen(source, "rb") as reader, os.fdopen(out, "wb") as writer:
        pipe = _Pipe(writer)
        sent = [bytes([number]) * 10_000 for number in range(100)]
        for message in sent:
            pipe.put(message)
        assert [message for _ in sent for message in pickle.load(reader)] == sent
        for message in sent[:3]:
            pipe.put(message)
            assert pickle.load(reader) == [message]
        assert pipe._writer is not None
        pipe._writer.join()


def test_what_may_wait_is_sent_with_what_comes_next() -> None:
    pipe = _Kept()
    outlet = _PipeSink(pipe, queue.SimpleQueue())
    end, epochs = EpochEnd(1, pack(np.zeros(3, np.float32), (1, 1))), Epochs.of([_EPOCH])
    outlet.report_soon(1, end)
    outlet.report_soon(1, epochs)
    assert pipe.parcels == []
    outlet.put_frame(NetworkFrame(1, np.zeros(3, np.float32), 1, 1, 1, 0.1))
    outlet.report(1, epochs)
    (first, second) = pipe.parcels
    assert [type(message) if isinstance(message, NetworkFrame) else type(message[1]) for message in first] == [
        EpochEnd,
        Epochs,
        NetworkFrame,
    ]
    assert list(map(repr, second[0][1])) == [repr(_EPOCH)]


def test_epochs_are_counted_one_by_one() -> None:
    """It waits before it has reported many more than were heard, however they are reported."""
    outlet = _PipeSink(_Nowhere(), queue.SimpleQueue())
    outlet.begin()
    for _ in range(_MOST_UNHEARD // 100):
        outlet.report_soon(1, Epochs.of([_EPOCH] * 100))
    waiting = threading.Thread(target=outlet.report_soon, args=(1, Epochs.of([_EPOCH])), daemon=True)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    outlet.heard(1)
    outlet.resume()
    assert _ends(waiting)


class _Kept(_Pipe):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self.parcels: list[list[Any]] = []

    def _written_at_once(self, parcel: memoryview) -> int:
        self.parcels.append(pickle.loads(parcel))
        return len(parcel)


class _Nowhere(_Pipe):
    def __init__(self) -> None:
        super().__init__(io.BytesIO())

    def send(self) -> None:
        """Drops it."""
        self._gathered = []


def _telling(outlet: _PipeSink) -> threading.Thread:
    """A thread that tells of an event."""
    thread = threading.Thread(target=outlet.report, args=(1, Epochs.of([_EPOCH])), daemon=True)
    thread.start()
    return thread


def _ends(thread: threading.Thread) -> bool:
    thread.join(20)
    return not thread.is_alive()
