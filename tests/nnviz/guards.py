"""What a test must not leave behind: threads that run, timers that tick, windows that are still to be seen.

Any of them would crash or confuse a later test, far from its cause.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QObject, QThread, QThreadPool, QTimer
from PyQt5.QtWidgets import QApplication

from nnviz.jobs.worker import Worker


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test that leaks. What it finds it also ends, so that only the guilty one fails."""
    threads = set(threading.enumerate())
    yield
    left = _threads_of_python(threads)
    if not request.node.nodeid.startswith("tests/engine/"):  # which knows no Qt; to look takes a while
        left += [*_living_objects(), *_visible_windows()]
    assert not left, f"the test left behind: {', '.join(left)}"


def _threads_of_python(before: set[threading.Thread]) -> list[str]:
    # Python shows a thread that Qt started as a dummy; that one is found below.
    new = set(threading.enumerate()) - before
    return [repr(thread) for thread in new if thread.is_alive() and not isinstance(thread, threading._DummyThread)]


def _living_objects() -> list[str]:
    """Qt's threads, pools at work, and timers: those made in Python, wherever they hang."""
    if QApplication.instance() is None:
        return []
    # By type(), which asks no object anything: some answer isinstance() in ways of their own; and there are many.
    ends = {kind: end for base, end in _ENDS.items() for kind in _kinds_of(base)}
    found = [thing for thing in gc.get_objects() if type(thing) in ends]
    return [_name(thing) for thing in found if not sip.isdeleted(thing) and ends[type(thing)](thing)]


def _kinds_of(base: type) -> set[type]:
    """The class and all that inherit from it."""
    return {base}.union(*map(_kinds_of, base.__subclasses__()))


def _end_thread(thread: QThread) -> bool:
    """As politely as the thread allows; Python would not survive terminate()."""
    if not thread.isRunning():
        return False
    if isinstance(thread, Worker):
        thread.quit_and_wait(5000)
    thread.quit()
    return thread.wait(5000)


def _end_pool(pool: QThreadPool) -> bool:
    if pool is QThreadPool.globalInstance():  # Qt's own, which converts pictures there
        pool.waitForDone(5000)
        return False
    return pool.activeThreadCount() > 0 and pool.waitForDone(5000)


def _end_timer(timer: QTimer) -> bool:
    was_active = timer.isActive()
    timer.stop()
    return was_active


_ENDS = {QThread: _end_thread, QThreadPool: _end_pool, QTimer: _end_timer}


def _visible_windows() -> list[str]:
    """Windows, dialogs, menus, tooltips."""
    if QApplication.instance() is None:
        return []
    left = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    for widget in left:
        widget.hide()
    return [_name(widget) for widget in left]


def _name(thing: QObject) -> str:
    return f"{type(thing).__name__} {thing.objectName()!r} of {type(thing.parent()).__name__}"
