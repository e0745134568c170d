"""The ring that a lesson draws around a card, a control, or the menu that has the control."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAction, QMenuBar, QWidget

from nnviz.ui import theme
from nnviz.ui.card import ancestry
from nnviz.ui.parts import named

_AIR = 3  # pixels around the target
_WIDTH = 2


class Ring(QWidget):
    """Follows its target; the mouse goes through it."""

    def __init__(self, target: QWidget, entry: QAction | None = None) -> None:
        """``entry``: the entry of a menu bar around which it is drawn, not around the whole bar."""
        super().__init__(target.window())
        named(self, "lessonRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._target, self._entry = target, entry
        self._watched = list(ancestry(target))
        for widget in self._watched:
            widget.installEventFilter(self)
        self._place()

    def detach(self) -> None:
        """Removes the ring for good; it stops watching at once, because the watched widgets may be deleted."""
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched.clear()
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (
            QEvent.Type.Move,
            QEvent.Type.Resize,
            QEvent.Type.Show,
            QEvent.Type.Hide,
            QEvent.Type.LayoutRequest,
        ):
            self._place()
        return False

    def _place(self) -> None:
        seen = self._target.visibleRegion().boundingRect() if self._target.isVisible() else QRect()
        if self._entry is not None and isinstance(self._target, QMenuBar):
            seen = seen.intersected(self._target.actionGeometry(self._entry))
        if not seen.isEmpty():
            corner = self._target.mapTo(self.parentWidget(), QPoint(0, 0))
            self.setGeometry(seen.translated(corner).adjusted(-_AIR, -_AIR, _AIR, _AIR))
        self.setVisible(not seen.isEmpty())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent"), _WIDTH))
        inset = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)
