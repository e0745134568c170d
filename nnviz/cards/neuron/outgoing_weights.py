"""Outgoing weights of the neuron, and the error of the network without it."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.neuron.ablation import change_text
from nnviz.cards.neuron.link_bars import LinkBars
from nnviz.cards.neuron.model import NeuronModel
from nnviz.formatting import text
from nnviz.session.displayed import what_if_text
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.neuron_facts import signed
from nnviz.ui.parts import arranged, named, pill, set_look

_HIGHEST = 110  # pixels, of the bars
_LEAST_WIDTH = 172  # pixels, for two errors side by side
_CHANGE_TIP = "Error of the trained network → error with the preview."
_ROLES = {"test": "testFigure", "train": "trainFigure"}  # Other parts of the data have no colour.


class OutgoingWeights(QWidget):
    """Last column of the neuron card. It shows the network as trained, without what-ifs.

    Attributes:
        links: bars of the outgoing weights.
        which: button that ranks the neurons of the layer by ablation.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._model = session, session.models[NeuronModel]
        leads, self._leads_name = line("neuronLeadsName")
        tip = (
            "Outgoing weight to each neuron of the next layer. Orange raises its weighted sum, blue lowers it. Click "
            "a bar to choose that neuron."
        )
        self.links = named(LinkBars(), "neuronLinks", "Outgoing weights", tip)
        self.links.setMaximumHeight(_HIGHEST)
        self.links.setMinimumWidth(_LEAST_WIDTH)
        kept = self.links.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # Otherwise the widgets below would jump.
        self.links.setSizePolicy(kept)
        without, self._without = line("neuronWithout", "")
        change, self._change = line("neuronEffect", "testFigure")
        measured, self._measured = line("neuronEffectOf")
        tip = (
            "Switches off each neuron of the layer in turn and ranks them by how much the error rises: an ablation. "
            "This can take a while."
        )
        self.which = pill("Rank by ablation", "whichCouldGoButton", "Rank by ablation", tip)
        button = arranged(QHBoxLayout(), self.which, 1)
        arranged(QVBoxLayout(self), leads, (self.links, 100), without, change, measured, button, 1, spacing=4)
        self.links.describe = self._describe
        self.links.picked.connect(self._follow)
        self.links.hovered.connect(self._point)
        self._session.selection.pointed_changed.connect(self._show_pointed)

    def show_links(self, neuron: Neuron) -> None:
        """Shows the outgoing weights of a neuron."""
        network, is_output = self._session.displayed.as_trained, self._model.is_output
        self.links.setVisible(not is_output)
        self.links.show_values(np.zeros(0) if is_output else network.weights[neuron.layer][:, neuron.number].copy())
        above = "the outputs" if neuron.layer == len(network.weights) - 1 else f"layer {neuron.layer + 1}"
        name = self._model.names(neuron.layer).class_name(neuron.number) if is_output else ""
        say(self._leads_name, f"is an output{f': {name}' if name else ''}" if is_output else "outgoing weights")
        self._leads_name.setToolTip("" if is_output else f"Weights from this neuron to {above}.")

    def show_effect(self) -> None:
        """Shows the error with the current what-ifs, or without the neuron if there are none."""
        change = self._model.error_change
        what_if, is_output = self._session.displayed.what_if, self._model.is_output
        self.which.setEnabled(not is_output and self._model.data is not None)
        if self._model.data is None or (is_output and not what_if):
            for where in (self._without, self._change, self._measured):
                say(where, "")
            return
        if what_if:
            say(self._without, f"if {what_if_text(what_if)}")
        else:
            self._without.show_versions("without the neuron", "without it")
        if change is None:
            say(self._change, "…")
            return
        what = "RMSE" if change.before.error is None else "error"
        set_look(self._change, "role", _ROLES.get(change.part, "title"))
        errors = change_text(change.before, change.after)
        self._change.show_versions(errors, errors[errors.index("→") :], tip=_CHANGE_TIP)
        unit = f" of {self._model.meaning.output(0)}" if what == "RMSE" and self._model.meaning.is_single else ""
        say(self._measured, f"{change.part} {what}{unit} · {text.count(change.count)}")
        self._measured.setToolTip(f"Measured on {text.count(change.count)} examples of the {change.part} set.")

    def _describe(self, number: int) -> str:
        neuron = self._model.neuron
        if neuron is None or self._model.is_output:
            return ""
        weight = float(self._session.displayed.as_trained.weights[neuron.layer][number, neuron.number])
        return f"{self._model.names(neuron.layer + 1).neuron(number)}: {signed(weight)} · click to show it"

    def _above(self, number: int) -> Neuron | None:
        """Returns the neuron of a bar; None for -1."""
        neuron = self._model.neuron
        return None if neuron is None or number < 0 else Neuron(neuron.layer + 1, number)

    def _follow(self, number: int) -> None:
        self._session.selection.choose_neuron(self._above(number))

    def _point(self, number: int) -> None:
        self._session.selection.point_at(self._above(number))

    def _show_pointed(self) -> None:
        """Outlines the bar of the neuron that another card points at."""
        pointed, neuron = self._session.selection.pointed, self._model.neuron
        is_above = pointed is not None and neuron is not None and pointed.layer == neuron.layer + 1
        self.links.point_at(pointed.number if pointed is not None and is_above else None)
