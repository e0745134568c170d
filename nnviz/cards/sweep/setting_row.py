"""A row of a sweep's form: a setting and its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from engine.sweeps.search_space import LINEAR, LIST, LOG
from nnviz.cards.sweep.fields import VariedSetting
from nnviz.cards.sweep.tick_button import TickButton
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fields import FieldEdit, NumberEdit, step_whole
from nnviz.ui.note import FieldError
from nnviz.ui.parts import arranged, named, tool

_NAME, _KIND, _POINTS = 96, 50, 34  # pixels
_KIND_TIP = (
    "Selects a list of values or a range. Use a logarithmic range for learning rates and penalties, a linear one "
    "otherwise."
)
_LIST_TIP = "Values to try, separated by commas, such as {}."
_LAYERS = "32, 64, 128-64 for two layers"


@dataclass(frozen=True)
class SettingInfo:
    """The description of a setting for its row.

    Attributes:
        name: key in an experiment, such as "learning_rate".
        title: title in the window.
        tip: effect on the network.
        step: takes a text and +1 or -1; returns the next value up or down as text.
        is_number: whether it can be a range.
        choices: titles of the selectable values by key; empty for numbers.
    """

    name: str
    title: str
    tip: str
    step: Callable[[str, int], str]
    is_number: bool = True
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """The middle of the object names of its controls: "LearningRate"."""
        return "".join(map(str.capitalize, self.name.split("_")))


class SettingRow(QWidget):
    """A row of controls for a setting.

    Signals:
        kind_chosen(str): "list", "linear" or "log".
        typed(field, text): a text of "values", "low", "high" or "points".
        removed: the setting is to be removed from the sweep.
    """

    kind_chosen = pyqtSignal(str)
    typed = pyqtSignal(str, str)
    removed = pyqtSignal()

    def __init__(self, info: SettingInfo) -> None:
        super().__init__()
        self.info = info
        part = f"sweep{info.part}"
        self._name = ElidedLabel(info.title, "fieldName")
        self._name.setToolTip(f"{info.title}: {info.tip}")
        theme.sized(self._name.setFixedWidth, _NAME)
        self._kind = ChoiceButton(f"{part}KindButton", f"{info.title}: list or range", _KIND_TIP)
        theme.sized(self._kind.setFixedWidth, _KIND)
        self._kind.chosen.connect(self.kind_chosen)
        kept = self._kind.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # so that all values begin at the same place
        self._kind.setSizePolicy(kept)
        self._kind.setVisible(info.is_number)
        self.values = self._new_list(part)
        self.ticks = TickButton(f"{part}TickButton", f"{info.title}: values", f"Selects the values to try. {info.tip}")
        self.ticks.ticked.connect(lambda keys: self.typed.emit("values", ", ".join(keys)))
        self.numbers = {name: self._new_number(part, name) for name in ("low", "high", "points")}
        self._to, self._in = label("to", "muted"), label("in", "muted")
        remove = tool("×", f"{part}RemoveButton", f"Remove {info.title}", "Removes this setting from the sweep.")
        remove.setProperty("role", "flat")
        remove.clicked.connect(self.removed)
        low, high, points = self.numbers.values()
        theme.sized(points.setFixedWidth, _POINTS)
        parts = (self._name, self._kind, (self.values, 1), (self.ticks, 1), (low, 1), self._to, (high, 1))
        arranged(QHBoxLayout(self), *parts, self._in, points, remove, spacing=5)
        self._fields: dict[str, QWidget] = {"values": self.ticks if info.choices else self.values, **self.numbers}
        self._notes = {
            name: FieldError(widget, f"{part}{name.capitalize()}Error") for name, widget in self._fields.items()
        }

    def _new_list(self, part: str) -> FieldEdit:
        title, example = self.info.title, _LAYERS if self.info.name == "hidden" else "0.05, 0.2"
        made = named(FieldEdit(), f"{part}ValuesEdit", f"{title}: values", _LIST_TIP.format(example))
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        made.editingFinished.connect(self._list_typed)
        return made

    def _list_typed(self) -> None:
        if self.values.isModified():
            self.values.setModified(False)
            self.typed.emit("values", self.values.text())

    def _new_number(self, part: str, name: str) -> NumberEdit:
        told = {
            "low": ("from", f"{self.info.title}: lowest value to try."),
            "high": ("to", f"{self.info.title}: highest value to try."),
            "points": ("values on the grid", f"{self.info.title}: number of values to try."),
        }
        words, tip = told[name]
        step = step_whole(2) if name == "points" else self.info.step
        made = NumberEdit(f"{part}{name.capitalize()}Edit", step, tip, f"{self.info.title}, {words}")
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        made.hide_arrows()
        made.committed.connect(lambda text: self.typed.emit(name, text))
        return made

    # ---- what is shown

    def show_texts(self, texts: VariedSetting, is_grid: bool, problems: Mapping[str, str]) -> None:
        """Shows kind, values and problems of the fields; ``is_grid``: whether trials are on a grid."""
        is_list = texts.kind == LIST
        kinds = {kind: kind for kind in (LIST, LINEAR, LOG)}
        self._kind.show_choice(kinds, texts.kind)
        for widget, is_there in (
            (self.values, is_list and not self.info.choices),
            (self.ticks, bool(self.info.choices)),
            *((widget, not is_list) for widget in (self.numbers["low"], self._to, self.numbers["high"])),
            *((widget, not is_list and is_grid) for widget in (self._in, self.numbers["points"])),
        ):
            widget.setVisible(is_there)
        if not (self.values.hasFocus() and self.values.is_typed):
            self.values.setText(texts.values)
            self.values.setCursorPosition(0)
        if self.info.choices:
            self.ticks.show_ticks(self.info.choices, [each.strip() for each in texts.values.split(",")])
        for name, edit in self.numbers.items():
            edit.show_value(getattr(texts, name))
        for name, widget in self._fields.items():
            words = problems.get(name, "") if widget.isVisibleTo(self) else ""
            self._notes[name].show_error(words)

    def take_focus(self) -> None:
        """Focuses the first field."""
        next(widget for widget in self._fields.values() if widget.isVisibleTo(self)).setFocus()
