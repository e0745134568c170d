"""Controls in the header of the neuron card, and the boxes for its activation and bias."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSlider, QWidget

from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, pill

_PER_UNIT = 20  # steps of the slider from 0 to 1
_FOR_MORE_DIGITS = 16  # pixels
_MOST = 2  # largest strength


class NeuronControls(QWidget):
    """Controls that change the chosen neuron: strength, switch off, keep, edit.

    Attributes:
        edit_button: opens the edit dialog; connected by the card.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_dragged = False
        self._slider()
        self.off = _SwitchButton()
        tip = "Applies the preview to the network: it gets the displayed weights. Undo reverts this."
        self.keep = _button("keep", "neuronKeepButton", tip)
        tip = "Changes the bias or a weight of the network, also during training. Undo reverts this."
        self.edit_button = _button("edit …", "neuronEditButton", tip)
        parts = (self.strength_name, self.strength, self.factor, self.off, self.keep, self.edit_button)
        arranged(QHBoxLayout(self), *parts, spacing=4)
        self.off.clicked.connect(self._switch)
        self.keep.clicked.connect(session.edits.keep)
        for signal in (session.displayed.what_if_changed, session.displayed.snapshot_changed):
            signal.connect(self.refresh)

    def _slider(self) -> None:
        self.strength_name = ElidedLabel("strength", "muted")
        self.strength_name.only_whole = True
        tip = (
            "Scales the neuron's output from 0 to 2× to preview the effect. The network itself and its training are "
            "not affected."
        )
        self.strength = named(QSlider(Qt.Orientation.Horizontal), "neuronStrength", "Strength of the neuron", tip)
        self.strength.setRange(0, _MOST * _PER_UNIT)
        self.strength.setPageStep(_PER_UNIT // 2)
        theme.sized(self.strength.setMinimumWidth, 24)
        self.strength.setMaximumWidth(90)
        self.factor = named(label(role="muted"), "neuronFactor")
        theme.sized(self.factor.setFixedWidth, 26)
        self.strength.sliderPressed.connect(lambda: self._drag(True))
        self.strength.sliderReleased.connect(lambda: self._drag(False))
        self.strength.valueChanged.connect(self._scale)

    @property
    def _neuron(self) -> Neuron | None:
        return self._session.selection.neuron

    def _drag(self, is_dragged: bool) -> None:
        self._is_dragged = is_dragged
        if not is_dragged:
            self._scale()

    def _scale(self) -> None:
        """Applies the strength as a what-if. A whole movement of the slider is one undo step."""
        neuron, factor = self._neuron, self.strength.value() / _PER_UNIT
        if neuron is None or not self._session.edits.can_scale(neuron):
            return
        edits = self._session.edits
        (edits.try_strength if self._is_dragged else edits.set_strength)(neuron, factor)

    def _switch(self) -> None:
        if self._neuron is not None and self._session.edits.can_scale(self._neuron):
            self._session.edits.switch(self._neuron)
        self.refresh()

    def refresh(self) -> None:
        neuron, edits = self._neuron, self._session.edits
        can_scale = edits.can_scale(neuron)
        factor = 1.0 if neuron is None else edits.strength(neuron)
        with QSignalBlocker(self.strength):
            self.strength.setValue(round(factor * _PER_UNIT))
        self.factor.setText(f"{factor:.2f}".rstrip("0").ljust(3, "0"))
        self.off.show_strength(factor)
        for control in (self.strength, self.off):
            control.setEnabled(can_scale)
        self.keep.setEnabled(bool(self._session.displayed.what_if))
        self.keep.setVisible(
            self._session.displayed.is_live
        )  # A past epoch cannot be changed, and its mark needs the room.
        self.setVisible(neuron is not None)


class _SwitchButton(QPushButton):
    """Switches the neuron off and on; without "switch" if there is little room."""

    def __init__(self) -> None:
        super().__init__("switch off")
        tip = "Switches the neuron off as a preview (S). The network itself and its training are not affected."
        named(self, "neuronOffButton", "Switch off", tip)
        self.setProperty("role", "pill")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._word = "off"

    def show_strength(self, factor: float) -> None:
        """Shows whether the neuron is off, and what a click does."""
        self.setChecked(factor == 0)
        self._word = "off" if factor else "on"
        self._fit()

    def sizeHint(self) -> QSize:
        """Returns the room for the longest text, so that a click moves nothing."""
        return self._size("switch off")

    def minimumSizeHint(self) -> QSize:
        return self._size("off")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _size(self, words: str) -> QSize:
        size, metrics = super().sizeHint(), self.fontMetrics()
        size.setWidth(size.width() + metrics.horizontalAdvance(words) - metrics.horizontalAdvance(self.text()))
        return size

    def _fit(self) -> None:
        self.setText(f"switch {self._word}" if self.width() >= self.sizeHint().width() else self._word)


class Chip(FixedSizeBox):
    """A title and a changing number in a box of a minimum width. The title is left out if there is no room."""

    def __init__(self, name: str, title: str, tip: str, least: int) -> None:
        self._title, self._tip = title, tip
        self.label = ElidedLabel(role="chip")
        named(self.label, name, title, tip)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        super().__init__(self.label, least + _FOR_MORE_DIGITS)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(least)  # With larger text only the number may fit.
        theme.sized(self.setFixedHeight, 22)

    def show_number(self, number: str) -> None:
        self.label.show_versions(f"{self._title.lower()} {number}", number, tip=self._tip)


def _button(words: str, name: str, tip: str) -> QPushButton:
    return pill(words, name, words.rstrip(" …").capitalize(), tip)
