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
    """Follows its target, or an entry of the menu bar while the target is hidden; the mouse goes through it."""

    def __init__(self, bar: QMenuBar, target: QWidget | None, entry: QAction | None = None) -> None:
        super().__init__(bar.window())
        named(self, "lessonRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._bar, self._target, self._entry = bar, target, entry
        self._watched: list[QWidget] = []
        self._watch()
        self._place()

    def _watch(self) -> None:
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched = [*ancestry(self._target), self._bar]
        for widget in self._watched:
            widget.installEventFilter(self)

    def detach(self) -> None:
        """Removes the ring for good; it stops watching at once, because the watched widgets may be deleted."""
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched.clear()
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ParentChange:  # a lesson moves a card
            self._watch()
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
        target, seen = self._target, QRect()
        if target is not None and target.isVisible():
            seen = target.visibleRegion().boundingRect()
        if seen.isEmpty() and self._entry is not None:
            target, seen = self._bar, self._bar.actionGeometry(self._entry)
        if target is not None and not seen.isEmpty():
            corner = target.mapTo(self.parentWidget(), QPoint(0, 0))
            self.setGeometry(seen.translated(corner).adjusted(-_AIR, -_AIR, _AIR, _AIR))
        self.setVisible(not seen.isEmpty())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("ink"), _WIDTH))
        inset = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)
