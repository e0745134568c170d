"""Combo boxes that look like words: the outputs that are compared, the method, the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent, QStandardItemModel
from PyQt5.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from nnviz.ui import theme
from nnviz.ui.fields import Combo

_WIDEST_NAME, _NARROWEST_NAME, _NARROWEST, _ARROW = 64, 46, 48, 6  # pixels
_BESIDE_ICON = 4
_BESIDE_CHOICE = 26  # pixels of margins and arrow
_LONG_NAME = 24  # pixels, of one that may be shortened
_MARGINS = 12  # of a name: padding and border
_LIST_MARGINS = 24  # of the list that is opened


class FlatCombo(Combo):
    """A combo box that looks like words and can be narrower than them."""

    _elide = Qt.TextElideMode.ElideMiddle

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self.setProperty("role", "flat")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._shorter: Mapping[str, Sequence[str]] = {}

    def sizeHint(self) -> QSize:
        """Returns a size in which nothing is cut; Qt forgets the arrow of a style sheet."""
        return super().sizeHint() + QSize(_ARROW, 0)

    def minimumSizeHint(self) -> QSize:
        """Returns a size for the first letters."""
        return QSize(theme.px(_NARROWEST), super().minimumSizeHint().height())

    def set_shorter(self, shorter: Mapping[str, Sequence[str]]) -> None:
        """Sets shorter texts of an entry for a narrow box, the longest first."""
        self._shorter = shorter

    @property
    def words(self) -> str:
        """The text of the box in full."""
        return str(self.currentText())

    @property
    def shown(self) -> str:
        """The visible text of the box."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = (
            self.style()
            .subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self)
            .width()
        )
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + _BESIDE_ICON
        metrics, texts = self.fontMetrics(), (self.words, *self._shorter.get(self.words, ()))
        fitting = next((words for words in texts if metrics.horizontalAdvance(words) <= room), texts[-1])
        return str(metrics.elidedText(fitting, self._elide, room))

    def showPopup(self) -> None:
        """Opens the list, wide enough for whole entries."""
        metrics = self.view().fontMetrics()
        entries = (self.itemText(index) for index in range(self.count()))
        self.view().setMinimumWidth(max(map(metrics.horizontalAdvance, entries), default=0) + _LIST_MARGINS)
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the box, with words that end with "…" where there is no room for them."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


@dataclass(frozen=True)
class Command:
    """An entry of a list that does something and is never the choice.

    Attributes:
        title, tip: its text, and what it does.
        perform: is called when it is chosen.
        is_enabled: whether it can be chosen now.
    """

    title: str
    tip: str
    perform: Callable[[], object]
    is_enabled: Callable[[], bool] = lambda: True


class CommandCombo(FlatCombo):
    """A combo box whose list ends with commands. Keys and the wheel pass over them while the list is closed.

    It is as wide as its choice.

    Signals:
        chosen: the user chose an entry that is no command.
    """

    chosen = pyqtSignal()

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self.commands: Sequence[Command] = ()
        self._entry = -1  # the index of the choice
        self.currentIndexChanged.connect(self._note)
        self.activated.connect(self._act)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.currentText()) + _BESIDE_CHOICE
        return QSize(width, super().sizeHint().height())

    def append_commands(self) -> None:
        """Adds the commands below the other entries, after a line. Call it again when these were replaced."""
        self.insertSeparator(self.count())
        for command in self.commands:
            self.addItem(command.title, command)
            self.setItemData(self.count() - 1, command.tip, Qt.ItemDataRole.ToolTipRole)
        self._enable(False)

    def _enable(self, is_open: bool) -> None:
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        for row in range(self.count()):
            command = self.itemData(row)
            if isinstance(command, Command):
                model.item(row).setEnabled(is_open and command.is_enabled())

    def showPopup(self) -> None:
        self._enable(True)
        super().showPopup()

    def hidePopup(self) -> None:
        super().hidePopup()
        self._enable(False)

    def _note(self, index: int) -> None:
        if not isinstance(self.itemData(index), Command):
            self._entry = index
        self.updateGeometry()

    def _act(self, index: int) -> None:
        command = self.itemData(index)
        if isinstance(command, Command):
            self.setCurrentIndex(self._entry)
            command.perform()
        else:
            self.chosen.emit()


class NameCombo(FlatCombo):
    """A combo box that shows a short name in place of a longer entry: "7" for "its answer"."""

    _elide = Qt.TextElideMode.ElideRight

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self._tip = tip
        self._names: list[str] = []
        self._shown = ""
        self._widest = theme.px(_NARROWEST_NAME)
        theme.changed.connect(self._measure)

    def sizeHint(self) -> QSize:
        """Returns a size for the names, which are cut where they are long."""
        return QSize(min(self._widest, theme.px(_WIDEST_NAME)) + _MARGINS, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._widest, theme.px(_NARROWEST_NAME)) + _MARGINS, super().minimumSizeHint().height())

    def set_names(self, first: str, names: list[str]) -> None:
        """Sets ``first``, the entry for no choice, and all names."""
        if names == self._names and self.count():
            self.setItemText(0, first)
            return
        self._names, self._shown = names, ""
        self.clear()
        self.addItem(first, None)
        for number, name in enumerate(names):
            self.addItem(name, number)
        self._measure()

    def _measure(self) -> None:
        self.ensurePolished()
        self._widest = max(map(self.fontMetrics().horizontalAdvance, self._names), default=0)
        self.updateGeometry()

    def choose(self, number: int | None) -> None:
        """Shows the choice."""
        self.setCurrentIndex(0 if number is None else number + 1)

    def set_tip(self, tip: str) -> None:
        """Sets the tooltip, which follows the name of the output."""
        self._tip = tip
        self.setToolTip(f"{self._shown}. {tip}" if self._shown else tip)

    def show_name(self, name: str) -> None:
        """Shows the name of the output that is meant."""
        if name != self._shown:
            self._shown = name
            self.setAccessibleDescription(name)
            is_long = self.fontMetrics().horizontalAdvance(name) > theme.px(_LONG_NAME)
            self.setToolTip(f"{name}. {self._tip}" if is_long else self._tip)  # a long name may be cut
            self.update()

    @property
    def words(self) -> str:
        """The short name."""
        return self._shown or "–"
