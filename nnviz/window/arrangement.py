"""The window's place and the layout of its docks as plain text, and back, if the text is sound.

Qt's own functions trust what they are given: with damaged bytes they make windows of millions of pixels, or crash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging

from PyQt5.QtCore import QByteArray, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QScreen
from PyQt5.QtWidgets import QApplication, QWidget

_LOG = logging.getLogger("nnviz")
_FARTHEST = 30_000  # pixels; a place beyond is damaged
_SMALLEST = QSize(300, 200)
_LARGEST = QSize(3840, 2160)  # unless the screen is larger. Smaller screens are larger than what "offscreen" claims
_LONGEST_LAYOUT = 100_000  # characters
_CHECKSUM = 32  # characters of it that are stored


def place_as_text(window: QWidget) -> str:
    """Left, top, width, height while it is not maximized, and whether it is."""
    normal = window.normalGeometry()
    place = normal if normal.isValid() else window.geometry()
    return json.dumps([place.x(), place.y(), place.width(), place.height(), int(window.isMaximized())])


def put_in_place(window: QWidget, stored: object) -> None:
    """Gives the window the place of :func:`place_as_text`, made to fit the screens; does nothing with a damaged one."""
    if not _is_place(stored):
        if stored is not None:
            _LOG.warning("settings: the window's place is damaged and was left out")
        return
    assert isinstance(stored, list)
    x, y, width, height, is_maximized = stored
    screen: QScreen | None = QApplication.screenAt(QPoint(x + width // 2, y))  # where the head of the window is
    room = (QApplication.primaryScreen() if screen is None else screen).availableGeometry()
    size = QSize(width, height).expandedTo(_SMALLEST).boundedTo(_LARGEST.expandedTo(room.size()))
    window.setGeometry(QRect(room.topLeft() if screen is None else QPoint(x, y), size))
    if is_maximized:
        window.setWindowState(window.windowState() | Qt.WindowMaximized)


def _is_place(stored: object) -> bool:
    if not isinstance(stored, list) or len(stored) != 5:
        return False
    are_numbers = all(isinstance(number, int) and abs(number) <= _FARTHEST for number in stored)
    return are_numbers and stored[2] > 0 and stored[3] > 0


def layout_as_text(state: QByteArray) -> str:
    """Qt's bytes for a layout in base64, after a checksum."""
    content = state.data()
    return f"{_checksum(content)}:{base64.b64encode(content).decode()}"


def layout_of_text(text: str) -> QByteArray | None:
    """The bytes of :func:`layout_as_text`; None if there is none, or if not every byte is as it was written."""
    checksum, _, encoded = text[:_LONGEST_LAYOUT].partition(":")
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        content = b""
    if content and checksum == _checksum(content):
        return QByteArray(content)
    if text:
        _LOG.warning("settings: the layout of the cards is damaged and was left out")
    return None


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_CHECKSUM]
