"""The window's place and the shares of its parts as plain text, and back, if the text is sound.

Qt's own functions trust what they are given: with damaged bytes they make windows of millions of pixels, or crash.
"""

from __future__ import annotations

import json
import logging

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QMargins, QObject, QPoint, QRect, QSize, Qt, QTimer
from PyQt5.QtGui import QScreen
from PyQt5.QtWidgets import QApplication, QWidget

_LOG = logging.getLogger("nnviz")
_FARTHEST = 30_000  # pixels; a place beyond is damaged
_SMALLEST = QSize(300, 200)
_DEFAULT_FRAME = QMargins(2, 30, 2, 4)  # until it is known
_WIDEST_FRAME = 100  # pixels; a wider one is damaged
_LARGEST = QSize(3840, 2160)  # unless the screen is larger. Smaller screens are larger than what "offscreen" claims
_MOST_SHARES = 100  # of a splitter, and splitters


def place_as_text(window: QWidget) -> str:
    """Returns left, top, width and height of the window if not maximized, and whether it is maximized."""
    normal = window.normalGeometry()
    place = normal if normal.isValid() else window.geometry()
    return json.dumps([place.x(), place.y(), place.width(), place.height(), int(window.isMaximized())])


def put_in_place(window: QWidget, stored: object) -> None:
    """Places the window as :func:`place_as_text` described, adjusted to the screens. Ignores a damaged place."""
    if not _is_place(stored):
        if stored is not None:
            _LOG.warning("settings: the position of the window is damaged and was ignored")
        return
    assert isinstance(stored, list)
    x, y, width, height, is_maximized = stored
    screen: QScreen | None = QApplication.screenAt(QPoint(x + width // 2, y))  # where the head of the window is
    room = (QApplication.primaryScreen() if screen is None else screen).availableGeometry()
    size = QSize(width, height).expandedTo(_SMALLEST).boundedTo(_LARGEST.expandedTo(room.size()))
    window.setGeometry(QRect(room.topLeft() if screen is None else QPoint(x, y), size))
    if is_maximized:
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)


def _is_place(stored: object) -> bool:
    if not isinstance(stored, list) or len(stored) != 5:
        return False
    are_numbers = all(isinstance(number, int) and abs(number) <= _FARTHEST for number in stored)
    return are_numbers and stored[2] > 0 and stored[3] > 0


def within(room: QRect, frame: QMargins, place: QRect) -> QRect:
    """Returns a place for the content of a window, so that its frame lies in the room; the same if it does."""
    free = room.marginsRemoved(frame)
    size = place.size().boundedTo(free.size())
    left = max(free.left(), min(place.left(), free.right() + 1 - size.width()))
    top = max(free.top(), min(place.top(), free.bottom() + 1 - size.height()))
    return QRect(QPoint(left, top), size)


def frame_of(window: QWidget) -> QMargins:
    """Returns the frame that the window manager adds around the content, known once the window is shown.

    Of a window that fills the screen, which has no whole one, it is the default one, which its dialogs have.
    """
    if window.isFullScreen() or window.isMaximized():
        return _DEFAULT_FRAME
    inner, outer = window.geometry(), window.frameGeometry()
    return QMargins(
        inner.left() - outer.left(),
        inner.top() - outer.top(),
        outer.right() - inner.right(),
        outer.bottom() - inner.bottom(),
    )


class ScreenFit(QObject):
    """Keeps a window, frame included, on its screen: at the start, and when screen or frame change.

    The frame is known only after the window manager has made it. Until then it is taken to be as the last time, so
    that the window rarely changes its size after it was shown. A window that the user moves stays where it is moved to.
    """

    def __init__(self, window: QWidget, frame: QMargins) -> None:
        """``frame``: as it was the last time."""
        super().__init__(window)
        self._window = window
        self.frame = frame
        self._wanted: QSize | None = window.size()  # until the frame is known
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.fit)
        self._screen: QScreen | None = None
        window.installEventFilter(self)
        self._follow_screen()
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices that the window has got its frame, left the full screen, or came to another screen."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.WindowStateChange) or (
            event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Paint) and self._has_other_frame
        ):
            self._timer.start()
        if event.type() in (QEvent.Type.Show, QEvent.Type.Move) and self._window.screen() is not self._screen:
            self._follow_screen()
        return False

    @property
    def _has_other_frame(self) -> bool:
        return self._is_normal and frame_of(self._window) != self.frame

    @property
    def _is_normal(self) -> bool:
        whole = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen | Qt.WindowState.WindowMinimized
        return self._window.isVisible() and not self._window.windowState() & whole

    def _follow_screen(self) -> None:
        if self._screen is not None and not sip.isdeleted(self._screen):
            self._screen.availableGeometryChanged.disconnect(self._screen_changed)
        self._screen = self._window.screen()
        self._screen.availableGeometryChanged.connect(self._screen_changed)
        self._timer.start()

    def _screen_changed(self) -> None:
        self._timer.start()

    def fit(self) -> None:
        """Moves and resizes the window as little as is needed."""
        window = self._window
        if window.isVisible() and not self._is_normal:
            return  # the window manager does it
        place = window.geometry()
        if window.isVisible():
            self.frame = frame_of(window)
            if self._wanted is not None and not self.frame.isNull():
                place.setSize(self._wanted)
                self._wanted = None
        place = within(window.screen().availableGeometry(), self.frame, place)
        if place == window.geometry():
            return
        if window.isVisible() or window.testAttribute(Qt.WidgetAttribute.WA_Moved):
            window.setGeometry(place)
        else:
            window.resize(place.size())  # where it opens, the window manager decides


def frame_as_text(frame: QMargins) -> str:
    """Returns left, top, right and bottom."""
    return json.dumps([frame.left(), frame.top(), frame.right(), frame.bottom()])


def stored_frame(stored: object) -> QMargins:
    """Returns the frame of :func:`frame_as_text`; the default if the text is damaged or missing."""
    if not isinstance(stored, list) or len(stored) != 4:
        return _DEFAULT_FRAME
    are_sound = all(isinstance(number, int) and 0 <= number <= _WIDEST_FRAME for number in stored)
    return QMargins(*map(int, stored)) if are_sound else _DEFAULT_FRAME


def sound_shares(stored: object) -> dict[str, dict[str, float]]:
    """Returns the shares of a workspace's parts, by splitter; what is damaged is dropped."""
    found: dict[str, dict[str, float]] = {}
    for splitter, shares in list(stored.items())[:_MOST_SHARES] if isinstance(stored, dict) else ():
        if isinstance(shares, dict) and all(map(_is_share, list(shares.values())[:_MOST_SHARES])):
            found[splitter] = dict(list(shares.items())[:_MOST_SHARES])
        else:
            _LOG.warning("settings: the sizes of the cards are damaged and were ignored")
    return found


def _is_share(value: object) -> bool:
    return isinstance(value, float) and 0 < value <= 1
