"""Names of neurons and inputs of a layer, and the layers of a very deep network that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.network.network import Network
from nnviz.formatting import text

FIRST, LAST = 30, 10  # Shown layers of a deeper network. A widget for each of thousands would block the window.


def drawn_layers(count: int) -> tuple[list[int], list[int]]:
    """Returns the shown layers, from 0, before and after the omitted ones; all are before if none is omitted."""
    if count <= FIRST + LAST:
        return list(range(count)), []
    return list(range(FIRST)), list(range(count - LAST, count))


def left_out(count: int) -> str:
    """Returns the number of omitted layers as text: "… 9,960 layers not drawn …"."""
    return f"… {text.count(count - FIRST - LAST)} layers not drawn …"


@dataclass(frozen=True)
class LayerNames:
    """Names for the neurons of a layer and for their inputs.

    Attributes:
        network, layer: the network, and the layer, from 0.
        tile: shape of the image that the inputs form; None if they form none.
        classes: names of the network's outputs; empty if they have none.
        columns: names of the network's inputs.
        output: noun for an output: "class" or "target".
    """

    network: Network
    layer: int
    tile: tuple[int, int] | None
    classes: Sequence[str]
    columns: Sequence[str] = ()
    output: str = "class"

    def neuron(self, number: int) -> str:
        """Returns "neuron 8", with the class of an output. ``number`` counts from 0, the name from 1."""
        name = self.class_name(number)
        return f"neuron {number + 1} ({self.output} {name})" if name else f"neuron {number + 1}"

    def class_name(self, number: int) -> str:
        """Returns the class of an output; empty if it has none."""
        is_output = self.layer == len(self.network.weights) - 1 and len(self.classes) == self.network.shape[-1]
        return self.classes[number] if is_output else ""

    def source(self, number: int) -> str:
        """Returns the name of an input: a pixel, a column, or a neuron of the previous layer."""
        if self.tile is not None:
            row, column = divmod(number, self.tile[1])
            return f"pixel row {row + 1}, column {column + 1}"
        if self.layer:
            return f"neuron {number + 1} of layer {self.layer}"
        return self.columns[number] if number < len(self.columns) else f"input {number + 1}"

    def short_source(self, number: int) -> str:
        """Returns the name of an input where its layer is known: "neuron 64"."""
        return self.source(number) if self.tile is not None or not self.layer else f"neuron {number + 1}"
