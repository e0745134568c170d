"""How weights have changed between two networks: of one neuron as tiles, of each layer as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from nnviz.formatting.layers import drawn_layers
from nnviz.formatting.round_numbers import steady_end
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

_WIDTH, _ROW, _MOST_ROWS = 280, 17, 6  # pixels, and layers that have a bar in sight
_SECONDS_BETWEEN = 0.3
_LEAST_LIMIT = 1e-4
_BARS_TIP = (
    "Norm of each layer's change, as a share of the norm of its weights and biases before. A click shows the layer."
)


class ChangesPanel(QWidget):
    """The right part of the weights card while two networks are compared.

    Signals:
        layer_picked(layer): a bar was clicked; the layer counts from 0.
    """

    layer_picked = pyqtSignal(int)

    def __init__(self, session: Session, subject: ChosenNeuron) -> None:
        super().__init__()
        self._session, self._subject = session, subject
        self._due = TimeBudget(_SECONDS_BETWEEN)
        self._shown: tuple[object, ...] = ()
        self._limit = 0.0
        self._layers: list[int] = []
        theme.sized(self.setFixedWidth, _WIDTH)
        self.title = named(label(role="title"), "weightChangesTitle")
        self.neuron = WeightChanges()
        self.bars = named(
            NamedBars(number="{:.0f} %".format, least_end=100), "layerChanges", "Change of each layer", _BARS_TIP
        )
        self.bars.picked.connect(lambda number: self.layer_picked.emit(self._layers[number]))
        name = label("change of each layer", "muted")
        arranged(QVBoxLayout(self), self.title, (self.neuron, 1), name, self.bars, spacing=4)

    def show_layer(self, layer: int) -> None:
        """Shows the chosen neuron of a layer, from 0, or the one that changed most.

        During training not at each view.
        """
        sides, chosen = self._session.side_by_side.sides, self._session.selection.neuron
        if sides is None:
            return
        number = chosen.number if chosen is not None and chosen.layer == layer + 1 else None
        shown = layer, number, sides[0].name, sides[1].name
        if shown == self._shown and self._session.state is Status.TRAINING and not self._due.is_due:
            return
        self._shown = shown
        with self._due:
            self._show_neuron(sides, layer, number)
            self._show_layers(sides)

    def _show_neuron(self, sides: tuple[Side, Side], layer: int, number: int | None) -> None:
        before, after = (side.network.weights[layer] for side in sides)
        changed_most = ""
        if number is None:
            number = int(np.nan_to_num(np.square(after - before).sum(axis=1)).argmax())
            changed_most = ", which changed most"
        names = self._subject.names(layer + 1)
        name = names.neuron(number)
        self.title.setText(f"{name[0].upper()}{name[1:]}{changed_most}")
        self._limit = steady_end(self._limit, max(typical_end(before), typical_end(after)), _LEAST_LIMIT)
        tile = None if layer else self._subject.tile
        heads = (sides[0].name, sides[0].ink), (sides[1].name, sides[1].ink)
        one, other = (float(side.network.biases[layer][number, 0]) for side in sides)
        weights = before[number].copy(), after[number].copy()
        self.neuron.show_neuron(*weights, self._limit, tile, names.source, heads, (one, other))

    def _show_layers(self, sides: tuple[Side, Side]) -> None:
        count = len(sides[0].network.weights)
        first, last = drawn_layers(count)
        self._layers = [*first, *last]
        names = ["output" if layer == count - 1 else f"layer {layer + 1}" for layer in self._layers]
        shares = [_change_of(sides, layer) for layer in self._layers]
        self.bars.setFixedHeight(theme.px(_ROW) * min(len(names), _MOST_ROWS))
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


def _change_of(sides: tuple[Side, Side], layer: int) -> float:
    """Returns the relative change of a layer's weights and biases; NaN if it is not finite."""
    before, after = (
        np.concatenate([side.network.weights[layer].ravel(), side.network.biases[layer].ravel()]) for side in sides
    )
    share = relative_change(before, after)
    return share if np.isfinite(share) else float("nan")
