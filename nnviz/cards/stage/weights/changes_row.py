"""What has changed between two networks: the weights of one neuron, those of each layer, and the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from nnviz.cards.stage.weights.changed_examples import ChangedExamples
from nnviz.cards.stage.weights.layer_tabs import ALL
from nnviz.formatting.layers import drawn_layers
from nnviz.formatting.round_numbers import steady_end
from nnviz.jobs.latest import RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.chosen_neuron import ChosenNeuron
from nnviz.session.session import Session
from nnviz.session.side_by_side import Side
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.neuron_facts import typical_end
from nnviz.ui.parts import arranged, named
from nnviz.ui.weights.weight_changes import WeightChanges, relative_change

_HEIGHT = 128  # pixels
_SECONDS_BETWEEN = 0.3
_LEAST_LIMIT = 1e-4
_BARS_TIP = (
    "Norm of each layer's change, as a share of the norm of its weights and biases before. A click shows the layer."
)


class ChangesRow(QObject):
    """The row below the stage while two networks are compared. It gives way where there is little room.

    The stage places its parts, each below one of its own.

    Signals:
        layer_picked(layer): a bar was clicked; the layer counts from 0.

    Attributes:
        parts: its parts from left to right: title and bars, ``neuron``, ``examples``.
        title: the name of the neuron.
        bars: how much each layer has changed.
        neuron: the weights of the neuron in both networks.
        examples: those whose predictions became right or wrong.
        is_shown: whether it has room.
        shown: the layer, from 1, and the number of the neuron; None before anything is compared.
    """

    layer_picked = pyqtSignal(int)

    def __init__(self, session: Session, subject: ChosenNeuron) -> None:
        super().__init__()
        self._session, self._subject = session, subject
        self._due = TimeBudget(_SECONDS_BETWEEN)
        self._shown: tuple[object, ...] = ()
        self._limit = 0.0
        self._layers: list[int] = []
        self._networks: RequestKey | None = None  # both, whose changes are shown
        self.shown: tuple[int, int] | None = None
        self.title = named(label(role="title"), "weightChangesTitle")
        self.neuron = WeightChanges()
        self.bars = named(
            NamedBars(number="{:.0f} %".format, least_end=100), "layerChanges", "Change of each layer", _BARS_TIP
        )
        self.bars.picked.connect(lambda number: self.layer_picked.emit(self._layers[number]))
        self.examples = ChangedExamples(session)
        layers = QWidget()
        name = label("change of each layer", "muted")
        arranged(QVBoxLayout(layers), self.title, name, (self.bars, 1), spacing=4, margins=(4, 0, 0, 0))
        self.is_shown = False
        self.parts: tuple[QWidget, ...] = layers, self.neuron, self.examples
        for part in self.parts:
            part.hide()
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            theme.sized(part.setFixedHeight, _HEIGHT)

    def set_shown(self, is_shown: bool) -> None:
        """Shows or hides all parts."""
        self.is_shown = is_shown
        for part in self.parts:
            part.setVisible(is_shown)

    @property
    def summary(self) -> str:
        """What the texts say, on one line: "Neuron 43 changed most: weights differ by 31 % of their norm"."""
        return f"{self.title.text()}: {self.neuron.note.text()}"

    def show_layer(self, layer: int) -> None:
        """Shows the chosen neuron of a layer, from 0, or the one that changed most.

        During training not at each view.
        """
        sides, chosen = self._session.side_by_side.sides, self._session.selection.neuron
        if sides is None:
            self._networks = None  # which may be large
            return
        if layer == ALL:
            layer = 0 if chosen is None else min(chosen.layer, len(sides[0].network.weights)) - 1
        number = chosen.number if chosen is not None and chosen.layer == layer + 1 else None
        shown, networks = (layer, number, sides[0].name, sides[1].name), RequestKey(*(side.network for side in sides))
        are_same, is_early = networks == self._networks, self._session.state is Status.TRAINING and not self._due.is_due
        if shown == self._shown and (are_same or is_early):
            return
        self._shown, self._networks = shown, networks
        with self._due:
            self._show_neuron(sides, layer, number)
            if not are_same:
                self._show_layers(sides)

    def _show_neuron(self, sides: tuple[Side, Side], layer: int, number: int | None) -> None:
        before, after = (side.network.weights[layer] for side in sides)
        biases = [side.network.biases[layer][:, 0] for side in sides]
        changed_most = ""
        if number is None:
            change = after - before
            changes = np.nan_to_num(np.einsum("ij,ij->i", change, change) + np.square(biases[1] - biases[0]))
            number = int(changes.argmax())
            changed_most = " changed most" if changes[number] else ""
        self.shown = layer + 1, number
        names = self._subject.names(layer + 1)
        name = names.neuron(number)
        self.title.setText(f"{name[0].upper()}{name[1:]}{changed_most}")
        self._limit = steady_end(self._limit, max(typical_end(before), typical_end(after)), _LEAST_LIMIT)
        tile = None if layer else self._subject.tile
        heads = (sides[0].name, sides[0].ink), (sides[1].name, sides[1].ink)
        one, other = (float(each[number]) for each in biases)
        weights = before[number].copy(), after[number].copy()
        self.neuron.show_neuron(*weights, self._limit, tile, names.short_source, heads, (one, other))

    def _show_layers(self, sides: tuple[Side, Side]) -> None:
        count = len(sides[0].network.weights)
        first, last = drawn_layers(count)
        self._layers = [*first, *last]
        names = ["output" if layer == count - 1 else f"layer {layer + 1}" for layer in self._layers]
        shares = [_change_of(sides, layer) for layer in self._layers]
        self.bars.show_rows(names, 100 * np.array(shares))

    def table(self, layer: int) -> Table | None:
        """Returns a row for each weight of a layer with its values in both networks, for a CSV file."""
        sides = self._session.side_by_side.sides
        if sides is None:
            return None
        names = self._subject.names(layer + 1, for_file=True)
        weights = [side.network.weights[layer] for side in sides]
        biases = [side.network.biases[layer] for side in sides]

        def rows() -> Iterator[Sequence[object]]:
            for neuron in range(len(weights[0])):
                one, other = (float(each[neuron, 0]) for each in biases)
                yield [neuron + 1, "bias", one, other, other - one]
                pairs = zip(*(each[neuron].tolist() for each in weights), strict=True)
                for number, (before, after) in enumerate(pairs):
                    yield [neuron + 1, names.source(number), before, after, after - before]

        return ["neuron", "input", sides[0].name, sides[1].name, "difference"], rows()


def first_changed(sides: tuple[Side, Side]) -> int:
    """Returns the first layer, from 0, in which two networks differ; an edit or a what-if changes one alone."""
    layers = range(len(sides[0].network.weights))
    return next((layer for layer in layers if _change_of(sides, layer) != 0), 0)


def _change_of(sides: tuple[Side, Side], layer: int) -> float:
    """Returns the relative change of a layer's weights and biases; NaN if it is not finite."""
    before, after = (side.network for side in sides)
    weights, biases = (before.weights[layer], after.weights[layer]), (before.biases[layer], after.biases[layer])
    share = relative_change(weights, biases)
    return share if np.isfinite(share) else float("nan")
