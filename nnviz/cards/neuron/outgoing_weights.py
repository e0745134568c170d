"""Where a neuron leads, and what the network would be without it."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.neuron.ablation import change_text
from nnviz.cards.neuron.link_bars import LinkBars
from nnviz.cards.neuron.model import NEURON_ERROR, Effect
from nnviz.formatting import text
from nnviz.session.chosen_neuron import Subject
from nnviz.session.displayed import what_if_text
from nnviz.session.selection import Neuron
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.neuron_facts import signed
from nnviz.ui.parts import arranged, named, pill, set_look

_HIGHEST = 110  # pixels, of the bars
_LEAST_WIDTH = 172  # pixels: two errors side by side
_ROLES = {"test": "testFigure", "train": "trainFigure"}  # other parts have no colour


class NeuronLeads(QWidget):
    """The last column of the neuron's card. It tells of the network as it is trained, whatever is supposed.

    Attributes:
        links: the weights that lead from the neuron.
        which: asks which neurons of the layer could go.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self._subject, self._session = subject, subject.session
        leads, self._leads_name = line("neuronLeadsName")
        tip = "Its weight for each neuron of the next layer: orange raises, blue lowers. A click chooses that neuron."
        self.links = named(LinkBars(), "neuronLinks", "Where it leads", tip)
        self.links.setMaximumHeight(_HIGHEST)
        self.links.setMinimumWidth(_LEAST_WIDTH)
        kept = self.links.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # else what is below would jump
        self.links.setSizePolicy(kept)
        without, self._without = line("neuronWithout", "")
        change, self._change = line("neuronEffect", "testFigure")
        self._change.setToolTip("The error of the network as it is trained → what it would be.")
        measured, self._measured = line("neuronEffectOf")
        tip = "Ranks all neurons of the layer by how much the error rises without each. That can take a while."
        self.which = pill("which could go?", "whichCouldGoButton", "Which could go?", tip)
        button = arranged(QHBoxLayout(), self.which, 1)
        arranged(QVBoxLayout(self), leads, (self.links, 100), without, change, measured, button, 1, spacing=4)
        self.links.describe = self._describe
        self.links.picked.connect(self._follow)
        self.links.hovered.connect(self._point)
        self._session.selection.pointed_changed.connect(self._show_pointed)

    def show_links(self, neuron: Neuron) -> None:
        """Draws the weights that lead from it."""
        network, is_output = self._session.displayed.as_trained, self._subject.is_output
        self.links.setVisible(not is_output)
        self.links.show_values(np.zeros(0) if is_output else network.weights[neuron.layer][:, neuron.number].copy())
        above = "the outputs" if neuron.layer == len(network.weights) - 1 else f"layer {neuron.layer + 1}"
        name = self._subject.names(neuron.layer).class_name(neuron.number) if is_output else ""
        say(self._leads_name, f"is an output{f': {name}' if name else ''}" if is_output else f"feeds {above}")

    def show_effect(self) -> None:
        """Shows the error with the what-ifs that are in force, or else without the neuron."""
        effect: Effect | None = self._session.queries[NEURON_ERROR].result
        what_if, is_output = self._session.displayed.what_if, self._subject.is_output
        self.which.setEnabled(not is_output and self._subject.data is not None)
        if self._subject.data is None or (is_output and not what_if):
            for where in (self._without, self._change, self._measured):
                say(where, "")
            return
        say(self._without, f"if {what_if_text(what_if)}" if what_if else "without it")
        if effect is None or effect.neuron != (None if what_if else self._subject.neuron):
            say(self._change, "…")
            return
        what = "RMSE" if effect.before.error is None else "error"
        set_look(self._change, "role", _ROLES.get(effect.part, "title"))
        say(self._change, change_text(effect.before, effect.after))
        unit = f" of {self._subject.meaning.output(0)}" if what == "RMSE" and self._subject.meaning.is_single else ""
        say(self._measured, f"{effect.part} {what}{unit} · {text.count(effect.count)}")
        self._measured.setToolTip(f"Measured on {text.count(effect.count)} examples of the {effect.part} part.")

    def _describe(self, number: int) -> str:
        neuron = self._subject.neuron
        if neuron is None or self._subject.is_output:
            return ""
        weight = float(self._session.displayed.as_trained.weights[neuron.layer][number, neuron.number])
        return f"{self._subject.names(neuron.layer + 1).neuron(number)}: {signed(weight)} · a click shows it"

    def _above(self, number: int) -> Neuron | None:
        """The neuron to which that bar leads; None for -1."""
        neuron = self._subject.neuron
        return None if neuron is None or number < 0 else Neuron(neuron.layer + 1, number)

    def _follow(self, number: int) -> None:
        self._session.selection.choose_neuron(self._above(number))

    def _point(self, number: int) -> None:
        self._session.selection.point_at(self._above(number))

    def _show_pointed(self) -> None:
        """Outlines the bar of the neuron that is pointed at in another card."""
        pointed, neuron = self._session.selection.pointed, self._subject.neuron
        is_above = pointed is not None and neuron is not None and pointed.layer == neuron.layer + 1
        self.links.point_at(pointed.number if pointed is not None and is_above else None)
