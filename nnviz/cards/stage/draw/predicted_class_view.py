"""The prediction in large letters: the class, its confidence and the second class; or a number."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnviz.session.predicted_class import WORTH_SEEING
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, describe, named, set_look

_LEAST_WIDTH, _MOST_WIDTH, _MOST_FREE_WIDTH = 76, 120, 160
_NAME_HEIGHT, _FREE_NAME_HEIGHT, _LINE_HEIGHT = 30, 47, 13  # fixed, so that the lines keep their places
_LONG_NAME = 3  # names of at least this many characters make the font smaller
_NEARLY_ALL, _ALL = 0.99, 0.9995  # between these shares one decimal is shown, so that 99.6 % is not rounded to 100 %


class PredictedClassView(QWidget):
    """Shows the predicted class in ink, or in grey with "not sure" below the confidence threshold."""

    def __init__(self) -> None:
        super().__init__()
        self.name = _line("answerLabel", "Predicted class", "answer", _NAME_HEIGHT)
        self.sureness = _line("surenessLabel", "Confidence", "muted", _LINE_HEIGHT)
        self.second = _line("secondGuessLabel", "Second prediction", "muted", _LINE_HEIGHT)
        arranged(QVBoxLayout(self), self.name, self.sureness, self.second)
        self.setToolTip(
            "Shows the class with the largest output, and the second. Below the confidence threshold it is grey, "
            "“not sure”. For regression, shows the first target."
        )
        self.set_names(())
        theme.changed.connect(self._measure)

    def _measure(self) -> None:
        self.set_names(*self._names)

    def set_names(self, names: Sequence[str], is_free: bool = False) -> None:
        """Sets the names of all classes; the widest determines the width of the view.

        ``is_free``: whether there is room around it. Then it is higher, and long names that fit are large, too.
        """
        self._names = names, is_free
        most = theme.px(_MOST_FREE_WIDTH) if is_free else theme.px(_MOST_WIDTH)
        are_long = any(len(name) >= _LONG_NAME for name in names)
        are_small = are_long and not (is_free and _widest(names, theme.ANSWER) + 4 <= most)
        widest = _widest(names, theme.ANSWER if is_free and not are_small else theme.LARGE)
        if are_long:  # room for the second guess
            widest = max(widest, _widest([f"or {name} (50 %)" for name in names], theme.SMALL))
        for part in (self, self.name, self.sureness, self.second):
            part.setFixedWidth(min(max(widest + 4, theme.px(_LEAST_WIDTH)), most))
        # Lines of a fixed size lay out nothing when their words change.
        theme.sized(self.name.setFixedHeight, _FREE_NAME_HEIGHT if is_free else _NAME_HEIGHT)
        self._set_look("letters", "small" if are_small else "large")

    def clear(self) -> None:
        for line in (self.name, self.sureness, self.second):
            line.clear()

    def show_answer(self, name: str, confidence: float, second: str, second_confidence: float, is_sure: bool) -> None:
        """Shows the likeliest class and the second, with their confidences 0…1. A second of nearly zero is left out."""
        self.name.setText(self._fitting(name, theme.LARGE))
        describe(self.name, name)
        self.sureness.setText(_percent(confidence) if is_sure else "not sure")
        guess = f"or {second} ({_percent(second_confidence)})" if second_confidence >= WORTH_SEEING else ""
        self.second.setText(self._fitting(guess, theme.SMALL))
        describe(self.second, guess)
        self._set_look("sure", is_sure)

    def show_number(self, words: str, name: str) -> None:
        """Shows a number that was predicted, and below what it is."""
        self.name.setText(words)
        metrics = QFontMetrics(theme.font(theme.SMALL))
        self.sureness.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, self.width()))
        describe(self.sureness, name)
        self.second.clear()
        self._set_look("sure", True)

    def _fitting(self, words: str, size: int) -> str:
        """Shortens the text to the width, where names are long."""
        if self.name.property("letters") == "large":
            return words
        return QFontMetrics(theme.font(size, bold=True)).elidedText(words, Qt.TextElideMode.ElideRight, self.width())

    def _set_look(self, which: str, value: object) -> None:
        for line in (self.name, self.sureness):
            set_look(line, which, value)


def _line(object_name: str, accessible: str, role: str, height: int) -> QLabel:
    made = named(label(role=role), object_name, accessible)
    made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    theme.sized(made.setFixedHeight, height)
    return made


def _widest(words: Sequence[str], size: int) -> int:
    """Pixels of the widest of these words, in bold letters of that size."""
    metrics = QFontMetrics(theme.font(size, bold=True))
    return max((metrics.horizontalAdvance(each) for each in words), default=0)


def _percent(share: float) -> str:
    """Formats a whole percentage, which does not flicker; with a decimal near 100, where the bars show one too."""
    return f"{100 * share:.{1 if _NEARLY_ALL <= share < _ALL else 0}f} %"
