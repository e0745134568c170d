"""What the training's process does by itself, without the process."""

from __future__ import annotations

import threading

from engine.events import Epoch
from nnviz.jobs.training_main import _MOST_UNHEARD, _Outlet, _Pipe


def test_an_order_that_comes_just_before_it_waits_to_be_heard_is_not_missed() -> None:
    """Such as a pause. The next event is waited with, until there is another order."""
    outlet = _Outlet(_Nowhere())
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


class _Nowhere(_Pipe):
    def __init__(self) -> None:
        self._gathered = []

    def send(self) -> None:
        """Drops it."""
        self._gathered.clear()


def _telling(outlet: _Outlet) -> threading.Thread:
    """A thread that tells of an event."""
    thread = threading.Thread(target=outlet.tell, args=(1, Epoch(1, None, None, 0.0)), daemon=True)
    thread.start()
    return thread


def _ends(thread: threading.Thread) -> bool:
    thread.join(20)
    return not thread.is_alive()
