"""Dialog that changes the bias or a weight of a neuron."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PyQt5.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QDialog, QGridLayout, QLayout, QPushButton, QShortcut, QWidget

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit, step_whole
from nnviz.ui.parts import named, set_look

_BIAS, _WEIGHT = 0, 1  # places of the entries
_STEP = 0.1
_APART = 4  # pixels
_LARGEST = 1e6  # A network with larger parameters would diverge in its next step.


class EditDialog(QDialog):
    """A small window next to the widget that opened it. It closes when a number was set, and by Escape.

    Signals:
        bias_set(value), weight_set(source, value): the user entered a number.
    """

    bias_set = pyqtSignal(float)
    weight_set = pyqtSignal(int, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        named(self, "neuronEditDialog", "Edit the neuron")
        self._bias, self._weights = 0.0, np.zeros(0)
        self._source: Callable[[int], str] = str
        self._is_typed = False  # Whether the user typed the value: new parameters must not replace it.
        self.part = Combo(
            "neuronPartCombo", "Parameter to edit", "Selects the parameter to change: the bias or a weight."
        )
        self.part.addItems(["bias", "weight"])
        tip = "Number of the input, or of the neuron in the layer below, whose weight is changed."
        self.source = NumberEdit("neuronSourceEdit", step_whole(1), tip, "Number of the input")
        self._source_name = named(label(role="muted"), "neuronSourceName")
        tip = "New value of the parameter. During training it is applied between two steps."
        self.value = NumberEdit("neuronValueEdit", _step, tip, "New value")
        tip = "Applies the new value to the network. Undo restores the old one."
        self.set_button = named(QPushButton("Set"), "neuronSetButton", "Set the value", tip)
        self._source_label = label("from input", "fieldName")
        grid = QGridLayout(self)
        grid.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        rows = [
            (label("Change the", "fieldName"), self.part),
            (self._source_label, self.source),
            (None, self._source_name),
            (label("to", "fieldName"), self.value),
            (None, self.set_button),
        ]
        for row, (name, widget) in enumerate(rows):
            if name is not None:
                grid.addWidget(name, row, 0)
            grid.addWidget(widget, row, 1)
        QShortcut(Qt.Key.Key_Escape, self).activated.connect(self.reject)  # whichever widget has the focus
        self.part.currentIndexChanged.connect(self._show_other)
        self.source.committed.connect(self._show_other)
        self.value.line.textEdited.connect(self._note_typed)
        self.value.committed.connect(self._note_typed)
        self.set_button.clicked.connect(self._set)
        self.value.line.returnPressed.connect(self._set)

    # ---- what is shown

    def show_neuron(self, title: str, bias: float, weights: Array, source: Callable[[int], str]) -> None:
        """Sets the neuron with its parameters; ``source`` returns the name of an input by its index."""
        self.setWindowTitle(f"Edit {title}")
        self._bias, self._weights, self._source = bias, weights, source
        self._show()

    def ask(self, source: int | None = None, beside: QWidget | None = None) -> None:
        """Opens the dialog for the bias, or for the weight of an input, next to a widget."""
        self.value.forget_typed()
        if source is not None:
            self.source.show_value(str(source + 1))
        self.part.setCurrentIndex(_BIAS if source is None else _WEIGHT)
        self._show_other()
        if beside is not None:
            self._place(beside)
        self.show()
        self.raise_()
        self.activateWindow()
        self.value.setFocus()
        self.value.line.selectAll()

    def _place(self, beside: QWidget) -> None:
        """Moves the dialog below the widget, or above it if there is no room in its window."""
        window = beside.window()
        room = QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
        at = QRect(beside.mapToGlobal(QPoint(0, 0)), beside.size())
        size = self.layout().totalSizeHint()
        left = max(room.left(), min(at.right() + 1 - size.width(), room.right() + 1 - size.width()))
        below, above = at.bottom() + 1 + _APART, at.top() - _APART - size.height()
        fits = below + size.height() <= room.bottom() + 1
        self.move(left, below if fits else max(room.top(), above))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints an edge, because not every desktop frames such windows."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(theme.colour("muted"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    @property
    def _number(self) -> int:
        """Index of the entered input, limited to the existing ones."""
        text = self.source.text()
        number = int(text) if text.isdecimal() and len(text) < 9 else 1
        return min(max(number, 1), max(1, len(self._weights))) - 1

    def _note_typed(self) -> None:
        self._is_typed = True

    def _show_other(self) -> None:
        """Shows another bias or weight, and drops a typed value."""
        self._is_typed = False
        self._show()

    def _show(self) -> None:
        is_bias, number = self.part.currentIndex() == _BIAS, self._number
        for part in (self._source_label, self.source, self._source_name):
            part.setVisible(not is_bias)
        self.source.show_value(str(number + 1))
        self._source_name.setText("" if is_bias else self._source(number))
        has_weights = len(self._weights) > 0
        value = self._bias if is_bias or not has_weights else float(self._weights[number])
        if not self._is_typed:
            set_look(self.value, "wrong", False)
            self.value.show_value(f"{value:.4g}")

    # ---- what was entered

    def _set(self) -> None:
        """Reports the number and closes, if the number is valid."""
        if not self.isVisible():  # Enter arrives from the field and from the button.
            return
        try:
            value = float(self.value.text().replace(",", ".").replace("−", "-"))
        except ValueError:
            value = math.nan
        is_good = abs(value) <= _LARGEST
        set_look(self.value, "wrong", not is_good)
        if not is_good:
            self.value.setToolTip(f"The value must be a number of at most {text.count(round(_LARGEST))}.")
            return
        self._is_typed = False
        self.value.line.setModified(False)
        if self.part.currentIndex() == _BIAS:
            self.bias_set.emit(value)
        else:
            self.weight_set.emit(self._number, value)
        self.accept()


def _step(text: str, direction: int) -> str:
    return f"{float(text.replace(',', '.').replace('−', '-')) + direction * _STEP:.4g}"
