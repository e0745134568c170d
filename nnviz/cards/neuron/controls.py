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
_NOTE = "A what-if: the whole window shows it, nothing is changed until you say so."


class NeuronControls(QWidget):
    """Controls that change the chosen neuron: strength, switch off, edit, and after a what-if keep and rank.

    Attributes:
        edit_button: opens the edit dialog; connected by the card.
        rank_button: ranks the neurons of the layer by ablation; connected by the card.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_dragged, self._is_explained = False, True
        self._slider()
        tip = "Switches the neuron off as a preview (S). The network itself and its training are not affected."
        self.off = pill("Switch off", "neuronOffButton", "Switch off", tip, checkable=True)
        tip = "Applies the preview to the network: it gets the displayed weights. Undo reverts this."
        self.keep = _button("Keep", "neuronKeepButton", tip)
        tip = "Changes the bias or a weight of the network, also during training. Undo reverts this."
        self.edit_button = _button("Edit weights …", "neuronEditButton", tip)
        tip = (
            "Switches off each neuron of the layer in turn and ranks them by how much the error rises: an ablation. "
            "This can take a while."
        )
        self.rank_button = _button("Rank by ablation", "whichCouldGoButton", tip)
        self._note = label(_NOTE, "muted")
        self._note.setWordWrap(True)
        strength = arranged(QHBoxLayout(), label("Strength", "muted"), (self.strength, 1), self.factor, spacing=6)
        buttons = arranged(QHBoxLayout(), self.off, self.edit_button, 1, spacing=6)
        after = arranged(QHBoxLayout(), self.keep, self.rank_button, 1, spacing=6)
        arranged(QVBoxLayout(self), strength, buttons, self._note, after, spacing=6)
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

    def set_explained(self, is_explained: bool) -> None:
        """Sets whether a note says what a what-if is."""
        self._is_explained = is_explained
        self._note.setVisible(is_explained and not self._session.displayed.what_if)

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
        displayed = self._session.displayed
        is_what_if = bool(displayed.what_if)
        self.set_explained(self._is_explained)
        self.keep.setVisible(is_what_if and displayed.is_live)  # a past epoch cannot be changed
        self.rank_button.setVisible(is_what_if)
        self.rank_button.setEnabled(can_scale and self._session.data.dataset is not None)


def _button(words: str, name: str, tip: str) -> QPushButton:
    return pill(words, name, words.rstrip(" …").capitalize(), tip)
