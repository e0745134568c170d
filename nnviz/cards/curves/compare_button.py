"""The button *Compare* of the timeline: shows a second network next to the displayed one, and chooses which."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from nnviz.session.session import Session
from nnviz.session.side_by_side import EDIT, EPOCH, NOW, PARENT, WHAT_IF
from nnviz.ui import theme
from nnviz.ui.parts import arranged, named, set_look

_WIDTH, _WIDTH_OF_ARROW = 76, 22  # pixels
_HOLD = "Hold C to compare only while the key is down."
COMPARE_TIP = f"Shows the displayed epoch and the present side by side in each card (C). {_HOLD}"
NOTHING_TIP = "Go back to an earlier epoch to compare it with the present (C)."
_TIPS = {
    EPOCH: f"Shows the displayed epoch and {{}} side by side in each card (C). {_HOLD}",
    PARENT: f"Shows this branch and its parent at the same epoch side by side in each card (C). {_HOLD}",
    EDIT: f"Shows the network before and after the last edit side by side in each card (C). {_HOLD}",
    WHAT_IF: f"Shows the network with and without the what-if side by side in each card (C). {_HOLD}",
}


class CompareButton(QWidget):
    """The button and, at its right, the choice of the second network."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._compared = session, session.side_by_side
        self.button = named(QPushButton("Compare"), "compareButton", "Compare")
        self.button.setCheckable(True)
        theme.sized(self.button.setFixedWidth, _WIDTH)
        self.button.clicked.connect(self._compared.toggle)
        tip = (
            "Chooses what the displayed epoch is compared with: the present, another epoch, or the parent of a branch."
        )
        self.arrow = named(QToolButton(), "compareWithButton", "Compare with", tip)
        self.arrow.setText("▾")
        theme.sized(self.arrow.setFixedWidth, _WIDTH_OF_ARROW)
        self.arrow.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.arrow.clicked.connect(self._open)
        self._menu = named(QMenu(self), "compareWithMenu")
        arranged(QHBoxLayout(self), self.button, self.arrow, spacing=0)
        self._compared.changed.connect(self._show)
        session.timeline.changed.connect(self._show)
        self._show()

    def _open(self) -> None:
        """Fills the menu and opens it with popup(), because exec() would start a nested event loop."""
        compared, menu = self._compared, self._menu
        menu.clear()
        for kind in compared.kinds:
            action = menu.addAction(self._title(kind))
            action.setObjectName(f"actionCompare{kind.title().replace('-', '')}")
            action.setCheckable(True)
            action.setChecked(kind == compared.kind)
            action.triggered.connect(partial(self._choose, kind))
        if not self._session.displayed.is_live:
            menu.addSeparator()
            epoch = self._session.runs.current.epoch_text(self._session.displayed.epochs)
            action = menu.addAction(f"Select {epoch}, then go to another one")
            action.setObjectName("actionKeepEpoch")
            action.triggered.connect(compared.keep_epoch)
        self._menu.popup(self.button.mapToGlobal(QPoint(0, -self._menu.sizeHint().height())))

    def _choose(self, kind: str) -> None:
        self._compared.choose(kind)

    def _title(self, kind: str) -> str:
        run, kept = self._session.runs.current, self._compared.kept_epoch
        epoch = "" if kept is None else run.epoch_text(kept).capitalize()
        return {
            NOW: "The present",
            EPOCH: epoch,
            PARENT: "The parent of this branch at the same epoch",
            EDIT: "The network before the last edit",
            WHAT_IF: "The network without the what-if",
        }[kind]

    def _show(self) -> None:
        compared = self._compared
        kinds, kind = compared.kinds, compared.kind
        self.button.setChecked(compared.is_on)
        is_useful = bool(kinds) or compared.is_wanted
        self.button.setEnabled(is_useful)
        self.arrow.setEnabled(is_useful)
        set_look(self.button, "on", compared.is_on)
        epoch = "" if compared.kept_epoch is None else self._session.runs.current.epoch_text(compared.kept_epoch)
        tip = NOTHING_TIP if kind is None else _TIPS.get(kind, COMPARE_TIP).format(epoch)
        self.button.setToolTip(tip)
        self.button.setAccessibleDescription(tip)
