"""Controls that change the chosen neuron."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named, pill

_PER_UNIT = 20  # steps of the slider from 0 to 1
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
        tip = "Switches the neuron off as a preview (S). The network itself and its training are not affected."
        self.off = pill("Switch off", "neuronOffButton", "Switch off", tip, checkable=True)
        tip = "Applies the preview to the network: it gets the displayed weights. Undo reverts this."
        self.keep = _button("Keep", "neuronKeepButton", tip)
        tip = "Changes the bias or a weight of the network, also during training. Undo reverts this."
        self.edit_button = _button("Edit …", "neuronEditButton", tip)
        upper = arranged(QHBoxLayout(), label("strength", "muted"), (self.strength, 1), self.factor, spacing=6)
        lower = arranged(QHBoxLayout(), (self.off, 1), self.keep, self.edit_button, spacing=2)
        arranged(QVBoxLayout(self), upper, lower, spacing=4)
        self.off.clicked.connect(self._switch)
        self.keep.clicked.connect(session.edits.keep)
        for signal in (session.displayed.what_if_changed, session.displayed.snapshot_changed):
            signal.connect(self.refresh)

    def _slider(self) -> None:
        tip = (
            "Scales the neuron's output from 0 to 2× to preview the effect. The network itself and its training are "
            "not affected."
        )
        self.strength = named(QSlider(Qt.Orientation.Horizontal), "neuronStrength", "Strength of the neuron", tip)
        self.strength.setRange(0, _MOST * _PER_UNIT)
        self.strength.setPageStep(_PER_UNIT // 2)
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
        self.off.setChecked(factor == 0)
        self.off.setText(f"Switch {'off' if factor else 'on'}")
        for control in (self.strength, self.off):
            control.setEnabled(can_scale)
        self.keep.setEnabled(bool(self._session.displayed.what_if))
        self.keep.setVisible(self._session.displayed.is_live)  # a past epoch cannot be changed


def _button(words: str, name: str, tip: str) -> QPushButton:
    return pill(words, name, words.rstrip(" …").capitalize(), tip)
