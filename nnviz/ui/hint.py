"""A one-line callout next to a control. It takes no focus, covers no control and can be dismissed."""

from __future__ import annotations

from enum import Enum

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from nnviz.ui import theme
from nnviz.ui.card import ancestry, label
from nnviz.ui.parts import arranged, named

_AIR = 6  # pixels from the edge of the control


class Side(Enum):
    """The position of a callout."""

    OVER = "over the lower edge of its control, which is empty and gets the mouse through it"
    FOOT = "within the lower edge of its control, where that is empty"
    INSIDE = "at the left end of its control, which shows nothing yet"


class Hint(QFrame):
    """Follows its control when the window changes, and is hidden while the control is.

    Signals:
        dismissed: the user clicked its ×.
    """

    dismissed = pyqtSignal()

    def __init__(self, name: str, text: str, control: QWidget, side: Side) -> None:
        super().__init__(control if side is Side.OVER else control.window())
        self._control = control
        self._side = side
        self._wanted = True
        self._home = control.window()
        named(self, f"{name}Hint", text)
        self.setFocusPolicy(Qt.NoFocus)
        tip = "Dismisses this hint for good."
        close = named(QToolButton(), f"dismiss{name.capitalize()}HintButton", "Dismiss this hint", tip)
        theme.set_icon(close, "x", "muted")
        close.setFocusPolicy(Qt.NoFocus)
        close.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        above = 0 if side is Side.FOOT else 2
        arranged(row, label("●", "hintDot"), label(text, "hint"), close, spacing=6, margins=(10, above, 2, above))
        self._watched = list(ancestry(control))  # any of which may move or be hidden
        for widget in self._watched:
            widget.installEventFilter(self)

    def detach(self) -> None:
        """Removes the callout for good; it stops watching at once, because the watched widgets may be deleted."""
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched.clear()
        self.hide()
        self.deleteLater()

    def set_wanted(self, wanted: bool) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Move, QEvent.Resize, QEvent.Show, QEvent.Hide, QEvent.LayoutRequest):
            self.place()
        return super().eventFilter(watched, event)

    def place(self) -> None:
        """Moves the callout next to the control; hides it if that place is out of view or it is not wanted."""
        window, control = self.parentWidget(), self._control
        in_sight = (
            self._wanted
            and control.isVisible()
            and control.window() is self._home
            and not control.visibleRegion().isEmpty()
        )
        self.adjustSize()
        if in_sight:
            at = QPoint(0, 0) if window is control else control.mapTo(window, QPoint(0, 0))
            spot = QRect(self._corner(QRect(at, control.size())), self.size())
            in_view = control.visibleRegion().boundingRect().translated(at)  # a column may be scrolled
            in_sight = window.rect().contains(spot) and (self._side is Side.INSIDE or in_view.contains(spot))
            self.move(spot.topLeft())
        self.setVisible(in_sight)
        self.raise_()

    def _corner(self, control: QRect) -> QPoint:
        if self._side is Side.INSIDE:
            return QPoint(control.left(), control.center().y() - self.height() // 2)
        if self._side is Side.FOOT:
            return QPoint(control.left() + theme.CARD_PADDING, control.bottom() - self.height() - 2)
        air = _AIR if control.height() > 3 * self.height() else 0  # a low canvas has words of its own in the middle
        return QPoint(control.center().x() - self.width() // 2, control.bottom() - self.height() - air)
