"""Signals of the operating system: SIGTERM, SIGHUP and Ctrl+C close the window."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from types import FrameType

from PyQt5 import sip
from PyQt5.QtCore import QObject, QSocketNotifier

_LOG = logging.getLogger("nnviz")
_SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")  # Windows has no SIGHUP


class SystemSignals(QObject):
    """Calls a function in Qt's event loop when such a signal has come. A second Ctrl+C ends the program at once.

    Inside Qt's event loop Python calls no signal handler until some Python code runs. So Python writes the number of
    each signal into a socket, which wakes the event loop.
    """

    def __init__(self, parent: QObject, close: Callable[[], None]) -> None:
        super().__init__(parent)
        self._close = close
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for name in _SIGNALS:
            # A program that was started to ignore one, as by nohup, continues to ignore it.
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
                signal.signal(getattr(signal, name), _noted)
        self._notifier = QSocketNotifier(sip.voidptr(self._read.fileno()), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            numbers = self._read.recv(100)
            names = [signal.Signals(number).name for number in numbers]
            if set(names) & set(_SIGNALS):
                _LOG.warning("%s: the window closes", ", ".join(names))
                self._close()


def _noted(number: int, _: FrameType | None) -> None:
    """Notes a signal. Called by Python in the interface's thread."""
    if number == signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
