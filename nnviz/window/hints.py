"""Three hints for the first start. Each is removed for good when it was followed or dismissed."""

from __future__ import annotations

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QWidget

from nnviz.cards.draw.canvas import Canvas
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.session.undo import Kind
from nnviz.ui.hint import Hint, Side
from nnviz.window.preferences import Preferences

_HINTS = {
    "train": ("Press Space to train", Side.INSIDE),
    "draw": ("Draw here, it answers at once", Side.OVER),
    "change": ("Change a layer or the learning rate", Side.FOOT),
}
# A random or a pasted picture is a drawing too.
_FOLLOWED_BY = {Kind.SETTINGS: "change", Kind.DRAWING: "draw"}


class Hints(QObject):
    """The hints that were neither followed nor dismissed, in ``shown`` by name: "train", "draw", "change"."""

    def __init__(
        self, window: QWidget, session: Session, preferences: Preferences, controls: dict[str, QWidget], canvas: Canvas
    ) -> None:
        super().__init__(window)
        self._session = session
        self._preferences = preferences
        self.shown: dict[str, Hint] = {}
        for name, (text, side) in _HINTS.items():
            if not preferences.text(f"hints/{name}"):
                hint = self.shown[name] = Hint(name, text, controls[name], side)
                hint.dismissed.connect(lambda name=name: self.forget(name))
        session.training.state_changed.connect(self._show)
        session.settings.problems_changed.connect(self._show)
        session.question.changed.connect(self._show)
        session.undo.changed.connect(self._step_taken)
        canvas.stroke_finished.connect(lambda *_: self.forget("draw"))

    def forget(self, name: str) -> None:
        """Removes a hint for good."""
        hint = self.shown.pop(name, None)
        if hint is not None:
            self._preferences.set(f"hints/{name}", "followed")
            hint.detach()

    def remove_all(self) -> None:
        """Removes all hints from this window; they come again at the next start."""
        for hint in self.shown.values():
            hint.detach()
        self.shown.clear()

    def _show(self) -> None:
        """Shows the hints that can be followed now, and none over text that is read or a drawing in progress."""
        is_training = self._session.state is Status.TRAINING
        if is_training:
            self.forget("train")
        wanted = {
            "train": not self._session.settings.problems,
            "draw": not is_training and self._session.question.example is None,
            "change": not is_training,
        }
        for name, hint in self.shown.items():
            hint.set_wanted(wanted[name])

    def _step_taken(self) -> None:
        last = self._session.undo.last()
        followed = None if last is None else _FOLLOWED_BY.get(last.kind)
        if followed is not None:
            self.forget(followed)
