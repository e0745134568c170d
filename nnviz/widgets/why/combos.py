"""Combo boxes that look like words: the outputs that are compared, the method, the baseline."""

from __future__ import annotations

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from nnviz.widgets.fields import Combo

_WIDEST_NAME, _NARROWEST, _ARROW = 64, 60, 6  # pixels


class FlatCombo(Combo):
    """A combo box that looks like words and can be narrower than them."""

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self.setProperty("role", "flat")
        self.setSizeAdjustPolicy(QComboBox.AdjustToContents)

    def sizeHint(self) -> QSize:
        """Returns a size in which nothing is cut; Qt forgets the arrow of a style sheet."""
        return super().sizeHint() + QSize(_ARROW, 0)

    def minimumSizeHint(self) -> QSize:
        """Returns a size for the first letters."""
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    @property
    def words(self) -> str:
        """What is to be read in the box."""
        return str(self.currentText())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the box, with words that end with "…" where there is no room for them."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(QStyle.CC_ComboBox, option, QStyle.SC_ComboBoxEditField, self).width()
        option.currentText = self.fontMetrics().elidedText(self.words, Qt.ElideRight, room)
        painter.drawComplexControl(QStyle.CC_ComboBox, option)
        painter.drawControl(QStyle.CE_ComboBoxLabel, option)


class NameCombo(FlatCombo):
    """One that shows a short name where its entry says more: "7" for "its answer"."""

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self._names: list[str] = []
        self._shown = ""

    def set_names(self, first: str, names: list[str]) -> None:
        """Offers ``first``, which stands for no choice, and all names."""
        if names == self._names and self.count():
            return
        self._names, self._shown = names, ""
        self.clear()
        self.addItem(first, None)
        for number, name in enumerate(names):
            self.addItem(name, number)
        widest = max(map(self.fontMetrics().horizontalAdvance, names), default=0)
        self.setFixedWidth(min(widest, _WIDEST_NAME) + 12)

    def choose(self, number: int | None) -> None:
        """Shows the choice."""
        self.setCurrentIndex(0 if number is None else number + 1)

    def show_name(self, name: str) -> None:
        """Shows the name of the output that is meant."""
        if name != self._shown:
            self._shown = name
            self.setAccessibleDescription(name)
            self.update()

    @property
    def words(self) -> str:
        """The short name."""
        return self._shown or "–"
