"""The one thing that xdotool cannot do everywhere: ask a window to close, as its close button does."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_ulong, c_void_p

CLIENT_MESSAGE = 33


class ClientMessage(Structure):
    """``XClientMessageEvent`` of Xlib.h."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
    )


class Event(Union):
    """``XEvent``: room for the largest of them."""

    _fields_ = (("client", ClientMessage), ("pad", c_long * 24))


def ask_to_close(display: str, window: int) -> None:
    """Sends WM_DELETE_WINDOW (ICCCM, section 4.2.8.1)."""
    x11 = _library()
    connection = x11.XOpenDisplay(display.encode())
    assert connection, f"no X server at {display}"
    protocols, delete = (x11.XInternAtom(connection, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    event = Event(client=ClientMessage(CLIENT_MESSAGE, 0, True, connection, window, protocols, 32, (delete,)))
    x11.XSendEvent(connection, window, False, 0, byref(event))
    x11.XCloseDisplay(connection)  # flushes first


def _library() -> ctypes.CDLL:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = c_void_p
    x11.XOpenDisplay.argtypes = [c_char_p]
    x11.XInternAtom.restype = c_ulong
    x11.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
    x11.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(Event)]
    x11.XCloseDisplay.argtypes = [c_void_p]
    return x11
