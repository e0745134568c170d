"""The presentation: the full screen with large texts, the stage and the time, for a class or an audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QObject, QPoint, QSize, QTimer
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QWidget

from nnviz.ui import theme
from nnviz.window.frame import Frame

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow

_SIZE, _WIDTH, _HEIGHT = 150, 1280, 720  # percent of the texts on a screen of these pixels
_SECONDS = 2  # that the run block stays after the mouse was moved


def size_on(screen: QSize) -> float:
    """Returns the size of all texts in percent that can be read from the back of a room."""
    return _SIZE * min(screen.width() / _WIDTH, screen.height() / _HEIGHT)


class Presentation(QObject):
    """Lasts as long as the window fills the screen. Keys do what they do otherwise; a moved mouse shows the run block.

    Attributes:
        is_on: whether it lasts.
    """

    def __init__(self, window: MainWindow, frame: Frame) -> None:
        super().__init__(window)
        self._window, self._frame = window, frame
        self.is_on = False
        self._size_before = theme.text_size()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(1000 * _SECONDS)
        self._timer.timeout.connect(self._hide_run_block)

    def follow(self) -> None:
        """Begins if the window fills the screen, and ends if it no longer does."""
        if self._window.isFullScreen() != self.is_on:
            self.is_on = not self.is_on
            self._begin() if self.is_on else self._end()

    def _begin(self) -> None:
        window, screen = self._window, self._window.screen().size()
        self._size_before = theme.text_size()
        window.head.hide()
        self._frame.set_presented(True)
        window.run_block.set_presented(True)
        theme.apply(window.application, theme.current().name, max(size_on(screen), self._size_before))
        self._frame.setFocus()  # what had it is hidden, and Qt would give it to the next control
        window.windowHandle().installEventFilter(self)

    def _end(self) -> None:
        window = self._window
        window.windowHandle().removeEventFilter(self)
        self._hide_run_block()
        theme.apply(window.application, theme.current().name, self._size_before)
        self._frame.set_presented(False)
        window.run_block.set_presented(False)
        window.head.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees each move of the mouse without a button, over whatever part of the window."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove and not event.buttons():
            self._show_run_block()
        return False

    def _show_run_block(self) -> None:
        """Lays the run block over the lower left corner of the time, left of its axis, if that is shown."""
        block, frame, curves = self._window.run_block, self._frame, self._window.curves
        if not curves.isVisible():
            return
        if block.parent() is not frame:
            block.setParent(frame)
        place, width = frame.place(curves), curves.foot.axis.mapTo(curves, QPoint(0, 0)).x()
        block.setGeometry(place.left(), place.bottom() + 1 - block.height(), width, block.height())
        block.show()
        block.raise_()
        self._timer.start()

    def _hide_run_block(self) -> None:
        """Hides it, unless the mouse is over it; at the end of the presentation it is put back."""
        block, frame = self._window.run_block, self._frame
        self._timer.stop()
        if self.is_on and block.underMouse():
            self._timer.start()
        elif block.parent() is frame:
            focused: QWidget | None = self._window.focusWidget()
            if focused is not None and block.isAncestorOf(focused):
                frame.setFocus()
            frame.add_foot(block)
            block.show()
