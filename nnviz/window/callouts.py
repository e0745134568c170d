"""Three callouts for the first start. Each is removed for good when it was followed or dismissed."""

from __future__ import annotations

from enum import Enum

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from nnviz.cards.draw.canvas import Canvas
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.session.undo import Kind
from nnviz.ui import theme
from nnviz.ui.card import ancestry, label
from nnviz.ui.parts import arranged, named
from nnviz.window.preferences import Preferences

_AIR = 6  # pixels from the edge of the control


class Side(Enum):
    """The position of a callout."""

    OVER = "over the lower edge of its control, which is empty and gets the mouse through it"
    FOOT = "within the lower edge of its control, where that is empty"
    INSIDE = "at the left end of its control, which shows nothing yet"


_CALLOUTS = {
    "train": ("Press Space to train", Side.INSIDE),
    "draw": ("Draw here to see a prediction", Side.OVER),
    "change": ("Change a layer or the learning rate", Side.FOOT),
}
# A random or a pasted picture is a drawing too.
_FOLLOWED_BY = {Kind.SETTINGS: "change", Kind.DRAWING: "draw"}


class Callouts(QObject):
    """The callouts that were neither followed nor dismissed, in ``shown`` by name: "train", "draw", "change"."""

    def __init__(
        self, window: QWidget, session: Session, preferences: Preferences, controls: dict[str, QWidget], canvas: Canvas
    ) -> None:
        super().__init__(window)
        self._session = session
        self._preferences = preferences
        self.shown: dict[str, Callout] = {}
        self._is_suspended = False
        for name, (text, side) in _CALLOUTS.items():
            if not preferences.text(f"hints/{name}"):
                callout = self.shown[name] = Callout(name, text, controls[name], side)
                callout.dismissed.connect(lambda name=name: self.forget(name))
        session.training.state_changed.connect(self._show)
        session.settings.problems_changed.connect(self._show)
        session.question.changed.connect(self._show)
        session.undo.changed.connect(self._step_taken)
        canvas.stroke_finished.connect(lambda *_: self.forget("draw"))

    def forget(self, name: str) -> None:
        """Removes a callout for good."""
        callout = self.shown.pop(name, None)
        if callout is not None:
            self._preferences.set(f"hints/{name}", "followed")
            callout.detach()

    def remove_all(self) -> None:
        """Removes all callouts from this window; they come again at the next start."""
        for callout in self.shown.values():
            callout.detach()
        self.shown.clear()

    def set_suspended(self, is_suspended: bool) -> None:
        """Hides all callouts for a while, or shows them again."""
        self._is_suspended = is_suspended
        self._show()

    def _show(self) -> None:
        """Shows the callouts that can be followed now, and none over text that is read or a drawing in progress."""
        is_training = self._session.state is Status.TRAINING
        if is_training:
            self.forget("train")
        wanted = {
            "train": not self._session.settings.problems,
            "draw": not is_training and self._session.question.example is None,
            "change": not is_training,
        }
        for name, callout in self.shown.items():
            callout.set_wanted(wanted[name] and not self._is_suspended)

    def _step_taken(self) -> None:
        last = self._session.undo.last()
        followed = None if last is None else _FOLLOWED_BY.get(last.kind)
        if followed is not None:
            self.forget(followed)


class Callout(QFrame):
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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        tip = "Dismisses this hint permanently."
        close = named(QToolButton(), f"dismiss{name.capitalize()}HintButton", "Dismiss this hint", tip)
        theme.set_icon(close, "x", "muted")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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
        if event.type() in (
            QEvent.Type.Move,
            QEvent.Type.Resize,
            QEvent.Type.Show,
            QEvent.Type.Hide,
            QEvent.Type.LayoutRequest,
        ):
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
