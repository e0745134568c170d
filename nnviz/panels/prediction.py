"""What the network makes of the drawing."""

from __future__ import annotations

from PyQt5.QtCore import QRegularExpression
from PyQt5.QtGui import QRegularExpressionValidator

from nnviz.look import theme
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.session.asked import ANSWER
from nnviz.session.session import Session
from nnviz.widgets.bars import ProbabilityBars
from nnviz.widgets.card import DockCard, Table
from nnviz.widgets.fields import NumberEdit

_STEP = 5  # percent
_MOST_BARS = 20


def class_names(session: Session) -> list[str]:
    """A name for each of the network's outputs: the data's where it fits, else its number."""
    data, outputs = session.data.dataset, session.runs.current.network.shape[-1]
    names = data.class_names if data is not None and len(data.class_names) == outputs else map(str, range(outputs))
    return list(names)


class PredictionPanel(DockCard):
    """A bar for each class; it moves while drawing and while training. Below a threshold the answer is not sure."""

    def __init__(self, session: Session) -> None:
        super().__init__("Prediction", "predictionDock")
        self._session = session
        self.bars = ProbabilityBars()
        self.bars.setObjectName("predictionBars")
        self.bars.setAccessibleName("Prediction")
        self.bars.setToolTip(
            "How sure the network is of each class, in percent, for the drawing as it is now. The dotted line is "
            "the share from which its answer counts as sure."
        )
        self.sure_from = _threshold_field()
        self.sure_from.committed.connect(self._threshold_entered)
        self.head.row.addWidget(self.sure_from)
        self.body.addWidget(self.bars)
        self.body.setContentsMargins(theme.CARD_PADDING, 2, theme.CARD_PADDING, 8)
        session.data.changed.connect(self._name_classes)
        session.runs.replaced.connect(self._name_classes)
        session.question.answered.connect(self._show)
        session.question.threshold_changed.connect(self._show_threshold)
        self._show_threshold()
        self._name_classes()

    def _name_classes(self) -> None:
        self.bars.set_names(class_names(self._session)[:_MOST_BARS])
        self._show()

    def _show(self) -> None:
        misfit = self._session.runs.current.misfit(self._session.data.dataset) is not None
        detail = "network does not fit the data" if misfit else "% · sure from"
        if self.head.detail.text() != detail:
            self.head.detail.setText(detail)
            self.sure_from.setVisible(not misfit)
        if self.in_view:
            self.bars.set_values(self._session.question.answer, self._reason())

    def _reason(self) -> str:
        """Why there is no answer."""
        session, inputs = self._session, self._session.runs.current.network.shape[0]
        if session.question.picture is None:
            return "draw a digit to ask the network"
        if len(session.question.picture) != inputs:
            return f"it takes {inputs} numbers, not a drawing"
        has_none = session.probes[ANSWER].is_up_to_date and session.question.answer is None  # else it is on its way
        return "its outputs are not finite" if has_none else ""

    def refresh(self) -> None:
        """The answer as it is now."""
        self._show()

    def table(self) -> Table | None:
        """The outputs, for a CSV file."""
        answer, names = self._session.question.answer, class_names(self._session)
        if answer is None or len(answer) != len(names):  # of a network that was there before
            return None
        return ["class", "output"], [[name, value] for name, value in zip(names, answer.tolist(), strict=True)]

    # ---- the threshold

    def _show_threshold(self) -> None:
        self.sure_from.show_value(f"{100 * self._session.question.threshold:.0f} %")
        self.bars.set_mark(self._session.question.threshold)

    def _threshold_entered(self, text: str) -> None:
        """What cannot be a share is not taken: at most 100, and nothing leaves it as it was."""
        digits = text.rstrip(" %")
        if digits:
            self._session.question.set_threshold(min(int(digits), 100) / 100)
        self._show_threshold()


def _threshold_field() -> NumberEdit:
    field = NumberEdit(
        "sureThresholdSpin",
        _step,
        "From which share on the answer counts as sure. Below it, it is shown in grey as “not sure”; "
        "nothing in the network changes.",
        "Sure from, in percent",
    )
    field.set_validator(QRegularExpressionValidator(QRegularExpression(r"\d{0,3} ?%?"), field))
    field.setFixedWidth(68)
    return field


def _step(text: str, direction: int) -> str:
    now = int(text.rstrip(" %") or 0)
    return f"{min(max((now // _STEP + direction) * _STEP, 0), 100)} %"


CARDS.register("predictionDock")(
    CardInfo("Prediction", PredictionPanel, {"train": Place(Column.ASK, 2, 260)}, needs=(ANSWER,))
)
