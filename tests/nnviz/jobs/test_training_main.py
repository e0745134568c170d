"""What the training's process does by itself, without the process."""

from __future__ import annotations

import os
import pickle
import queue
import threading

import pytest

from engine.events import Epoch
from nnviz.jobs.parcels import Parcel
from nnviz.jobs.training_main import _MOST_UNHEARD, _Outlet, _Pipe


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


class _Nowhere(_Pipe):
    def __init__(self) -> None:
        self._gathered, self._last = Parcel(), 0.0

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
