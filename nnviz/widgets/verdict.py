"""The answer, large enough for the back of a classroom: the class, how sure that is, and the second guess."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnviz.look import theme
from nnviz.session.answer import Verdict
from nnviz.widgets.card import label

_LEAST_WIDTH, _MOST_WIDTH = 76, 120
_NAME_HEIGHT, _LINE_HEIGHT = 30, 13  # the parts keep their places, whatever they say
_LONG_NAME = 3  # characters from which a name is set smaller
_WORTH_TELLING = 0.005
_ALL = 0.9995


class VerdictView(QWidget):
    """In the accent where the network is sure; grey, with "not sure" under it, where it is not."""

    def __init__(self) -> None:
        super().__init__()
        self.name = _line("answerLabel", "The network's answer", "answer", _NAME_HEIGHT)
        self.sureness = _line("surenessLabel", "How sure the network is", "muted", _LINE_HEIGHT)
        self.second = _line("secondGuessLabel", "The network's second guess", "muted", _LINE_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for line in (self.name, self.sureness, self.second):
            column.addWidget(line)
        self.setToolTip(
            "The class with the largest output, and the second. It is grey and “not sure” below the share that "
            "is set beside “sure from”."
        )
        self._names: Sequence[str] = ()
        self._set_names(())

    def _set_names(self, names: Sequence[str]) -> None:
        """The widest name tells how much room it takes."""
        self._names = names
        metrics = QFontMetrics(theme.font(theme.LARGE, bold=True))
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        self.setFixedWidth(min(max(widest + 4, _LEAST_WIDTH), _MOST_WIDTH))
        self._set_look("size", "small" if any(len(name) >= _LONG_NAME for name in names) else "large")

    def show_verdict(self, verdict: Verdict | None, names: Sequence[str]) -> None:
        """The winner with its share, and the second guess, which is left out where its share is nearly nothing."""
        if names is not self._names:
            self._set_names(names)
        if verdict is None:
            for line in (self.name, self.sureness, self.second):
                line.clear()
            return
        self.name.setText(self._fitting(names[verdict.best], theme.LARGE))
        self.sureness.setText(_percent(verdict.share) if verdict.is_sure else "not sure")
        told = verdict.second_share >= _WORTH_TELLING
        second = f"or {names[verdict.second]} · {_percent(verdict.second_share)}" if told else ""
        self.second.setText(self._fitting(second, theme.SMALL))
        self._set_look("sure", verdict.is_sure)

    def _fitting(self, words: str, size: int) -> str:
        """Only long names do not fit."""
        if self.name.property("size") == "large":
            return words
        return QFontMetrics(theme.font(size, bold=True)).elidedText(words, Qt.ElideRight, self.width())

    def _set_look(self, which: str, value: object) -> None:
        """What the style sheet goes by; only a change costs something."""
        for line in (self.name, self.sureness):
            if line.property(which) != value:
                line.setProperty(which, value)
                line.style().unpolish(line)
                line.style().polish(line)


def _line(object_name: str, accessible: str, role: str, height: int) -> QLabel:
    made = label(role=role)
    made.setObjectName(object_name)
    made.setAccessibleName(accessible)
    made.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
    made.setFixedHeight(height)
    made.setTextFormat(Qt.PlainText)
    return made


def _percent(share: float) -> str:
    """Whole: more would flicker, and the bars tell it. 100 only where these, with a decimal, say it too."""
    return f"{100 * share if share >= _ALL else min(100 * share, 99):.0f} %"
