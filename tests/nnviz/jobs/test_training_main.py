"""What the training's process does by itself, without the process."""

from __future__ import annotations

import io
import os
import pickle
import queue
import threading
from typing import Any

import numpy as np
import pytest

from engine.events import Epoch
from engine.packing import packed
from nnviz.jobs import training_main
from nnviz.jobs.parcels import Parcel
from nnviz.jobs.reports import EpochEnd
from nnviz.jobs.training_main import _MOMENT, _MOST_UNHEARD, _Outlet, _Pipe


def test_an_order_that_comes_just_before_it_waits_to_be_heard_is_not_missed() -> None:
    """Such as a pause. The next event is waited with, until there is another order."""
    outlet = _Outlet(_Nowhere(), queue.SimpleQueue())
    outlet.begin()
    for _ in range(_MOST_UNHEARD):
        outlet.tell(1, Epoch(1, None, None, 0.0))
    outlet.go_on()
    assert _ends(_telling(outlet))
    waiting = _telling(outlet)
    assert waiting.is_alive()
    outlet.heard(100)
    outlet.go_on()
    assert _ends(waiting)


@pytest.mark.parametrize("order", ["halt", "hand back"])
def test_who_has_an_order_waits_with_no_event(order: str) -> None:
    """An epoch has up to two: the order ends the wait with the first, and is carried out after the second."""
    orders: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    outlet = _Outlet(_Nowhere(), orders)
    outlet.begin()
    for _ in range(_MOST_UNHEARD):
        outlet.tell(1, Epoch(1, None, None, 0.0))
    waiting = _telling(outlet)
    assert waiting.is_alive()
    if order == "halt":
        outlet.must_halt = True
    else:
        orders.put((order, None))
    outlet.go_on()
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


def test_slow_epochs_are_sent_at_once_and_with_their_weights(clock: _Clock) -> None:
    """Also just after a frame."""
    pipe = _Kept()
    outlet = _Outlet(pipe, queue.SimpleQueue())
    for number in range(1, 4):
        clock.now += 0.3
        pipe.put("frame")
        outlet.tell(1, EpochEnd(number, packed(np.zeros(3, np.float32), (1, 1))))
        outlet.tell(1, Epoch(number, None, None, 0.0))
        assert [type(event) for _, event in pipe.parcels[-1]] == [EpochEnd, Epoch]
    assert len(pipe.parcels) == 6


def test_fast_epochs_are_sent_together_and_wait_a_moment_at_most(clock: _Clock) -> None:
    pipe = _Kept()
    outlet = _Outlet(pipe, queue.SimpleQueue())
    for number in range(1000):
        clock.now += 0.001
        count = len(pipe.parcels)
        outlet.tell(1, Epoch(number, None, None, clock.now))
        if len(pipe.parcels) > count:
            assert clock.now - pipe.parcels[-1][0][1].seconds <= _MOMENT + 0.001
        outlet.heard(1)
    pipe.put((1, "frame"))  # takes along what is left
    told = [event for parcel in pipe.parcels for _, event in parcel]
    assert [event.epoch for event in told[:-1]] == list(range(1000))
    assert told[-1] == "frame"
    assert 10 < len(pipe.parcels) < 20


class _Clock:
    """Stands in for the module ``time``."""

    now = 100.0

    def perf_counter(self) -> float:
        """What it was set to."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    """The training's clock."""
    clock = _Clock()
    monkeypatch.setattr(training_main, "time", clock)
    return clock


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
        self._gathered = Parcel()


def _telling(outlet: _Outlet) -> threading.Thread:
    """A thread that tells of an event."""
    thread = threading.Thread(target=outlet.tell, args=(1, Epoch(1, None, None, 0.0)), daemon=True)
    thread.start()
    return thread


def _ends(thread: threading.Thread) -> bool:
    thread.join(20)
    return not thread.is_alive()
