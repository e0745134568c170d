"""A combo box with entries in groups below headings, and commands at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QStandardItem, QStandardItemModel
from PyQt5.QtWidgets import QSizePolicy

from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.combos import CommandCombo


@dataclass(frozen=True)
class ComboEntry:
    """A choice: what is chosen, its name, and a tip."""

    value: str
    title: str
    tip: str = ""


class GroupedCombo(CommandCombo):
    """Its ``currentData()`` is the value of the chosen entry. Neither mouse nor keys choose a heading."""

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__(name, accessible, tip)
        self.setProperty("role", "")  # it has a frame
        self.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed
        )  # a long title never widens what it stands in
        self._shown: dict[str, tuple[ComboEntry, ...]] = {}

    def show_groups(self, groups: Mapping[str, Sequence[ComboEntry]]) -> None:
        """Sets the entries by heading, without empty groups, and keeps the choice."""
        wanted = {heading: tuple(entries) for heading, entries in groups.items() if entries}
        if wanted == self._shown:
            return
        self._shown = wanted
        chosen, model = self.currentData(), QStandardItemModel(self)
        for heading, entries in wanted.items():
            model.appendRow(_heading(heading))
            for entry in entries:
                model.appendRow(_item(entry))
        self.setModel(model)
        self.append_commands()
        self.show_value(chosen)


def _heading(words: str) -> QStandardItem:
    item = QStandardItem(words)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setFont(theme.font(theme.SMALL, bold=True))
    return item


def _item(entry: ComboEntry) -> QStandardItem:
    item = QStandardItem(text.name(entry.title))
    item.setData(entry.value, Qt.ItemDataRole.UserRole)
    item.setToolTip(entry.tip)
    return item
