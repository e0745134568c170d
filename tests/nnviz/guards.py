"""What a test must not leave behind: threads that run, timers that tick, windows that are still to be seen.

Any of them would crash or confuse a later test, far from its cause.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import TypeVar

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QObject, QThread, QThreadPool, QTimer
from PyQt5.QtWidgets import QApplication, QWidget

T = TypeVar("T", bound=QObject)


@pytest.fixture(autouse=True)
def no_thread_left_running() -> Iterator[None]:
    """Python's threads and Qt's. It ends those of Qt, so that only the guilty test fails."""
    before = set(threading.enumerate())
    yield
    # Python shows a thread that Qt started as a dummy; that one is found below.
    new = set(threading.enumerate()) - before
    left = [repr(thread) for thread in new if thread.is_alive() and not isinstance(thread, threading._DummyThread)]
    for thread in _living(QThread):
        if thread.isRunning():
            left.append(_name(thread))
            _end(thread)
    for pool in _living(QThreadPool):
        if pool.activeThreadCount():
            left.append(_name(pool))
            pool.waitForDone()
    assert not left, f"the test left running: {', '.join(left)}"


@pytest.fixture(autouse=True)
def no_timer_left_ticking() -> Iterator[None]:
    """Those made in Python, wherever they hang."""
    yield
    left = [timer for timer in _living(QTimer) if timer.isActive()]
    for timer in left:
        timer.stop()
    assert not left, f"the test left ticking: {', '.join(_name(timer) for timer in left)}"


@pytest.fixture(autouse=True)
def no_window_left_visible() -> Iterator[None]:
    """Windows, dialogs, menus, tooltips."""
    yield
    left = [widget for widget in _top_level_widgets() if widget.isVisible()]
    for widget in left:
        widget.hide()
    assert not left, f"the test left visible: {', '.join(_name(widget) for widget in left)}"


def _living(kind: type[T]) -> list[T]:
    """All objects of that kind whose other half, in C++, is still there."""
    if QApplication.instance() is None:
        return []
    # By type(), which asks no object anything: some answer isinstance() in ways of their own.
    return [thing for thing in gc.get_objects() if issubclass(type(thing), kind) and not sip.isdeleted(thing)]


def _top_level_widgets() -> list[QWidget]:
    return QApplication.topLevelWidgets() if QApplication.instance() is not None else []


def _end(thread: QThread) -> None:
    """As politely as the thread allows; Python's interpreter would not survive terminate()."""
    ask = getattr(thread, "quit_and_wait", None) or thread.quit
    ask()
    thread.requestInterruption()
    thread.wait(5000)


def _name(thing: QObject) -> str:
    return f"{type(thing).__name__} {thing.objectName()!r} of {type(thing.parent()).__name__}"
