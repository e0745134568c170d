"""Short names of layers, neurons and parameters in a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.explain.formulas import Address
from engine.explain.step_trace import BIAS
from nnviz.cards.step_through.navigation import StepPhase, StepStage
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning

_LETTER, _LEAST_WIDTH, _MOST_WIDTH = 7, 64, 110  # pixels


@dataclass(frozen=True)
class StepNames:
    """Names of a network's layers, neurons and inputs.

    Attributes:
        shape: layer sizes.
        picture: height and width of an example; None if it is not an image.
        classes: the names of the outputs, classes or targets; empty if they have none.
        meaning: what inputs and outputs mean.
    """

    shape: tuple[int, ...]
    picture: tuple[int, int] | None
    classes: Sequence[str]
    meaning: Meaning = NO_MEANING

    @property
    def layers(self) -> int:
        """The number of layers after the input."""
        return len(self.shape) - 1

    def layer(self, number: int) -> str:
        """Returns the name of a layer: "Input", "Layer 1", "Output"."""
        return "Input" if number == 0 else "Output" if number == self.layers else f"Layer {number}"

    def neuron(self, layer: int, number: int) -> str:
        """Returns a neuron's name: "pixel 3, 12" (row, column), "body_mass_g", "neuron 5", "output 7" (from 1)."""
        if layer == 0 and self.picture is not None:
            row, column = divmod(number, self.picture[1])
            return f"pixel {row + 1}, {column + 1}"
        if layer == 0:
            return self.meaning.input(number)
        if layer == self.layers and number < len(self.classes):
            return f"output {self.classes[number]}"
        return f"{'output' if layer == self.layers else 'neuron'} {text.count(number + 1)}"

    def width(self, layer: int) -> int:
        """Returns the width of a column with the names of a layer's neurons, in pixels. Longer names are elided."""
        last = self.neuron(layer, self.shape[layer] - 1)
        longest = max((len(f"output {name}") for name in self.classes), default=0) if layer == self.layers else 0
        if layer == 0:
            longest = max(map(len, self.meaning.columns), default=0)
        return min(max(_LETTER * max(len(last), longest) + 4, _LEAST_WIDTH), _MOST_WIDTH)

    def parameter(self, layer: int, source: int) -> str:
        """Returns the name of a parameter of a neuron in that layer: "bias", or the name of the weight's input."""
        return "bias" if source == BIAS else self.neuron(layer - 1, source)

    def stage(self, stage: StepStage) -> str:
        """Returns the name of a stage on the path."""
        return "Loss" if stage.phase is StepPhase.LOSS else self.layer(stage.layer)

    def address(self, at: Address, rows: int) -> str:
        """Returns an address as text: "layer 1 · neuron 5", "weight from pixel 3, 12", "example 17"."""
        example = f"example {at.row + 1} · " if rows > 1 else ""
        if at.what == "loss":
            return f"example {at.row + 1}"
        where = self.neuron(at.layer, at.neuron)
        if 0 < at.layer < self.layers:
            where = f"layer {at.layer} · {where}"
        if at.what == "weight":
            return f"{where}: {'bias' if at.source == BIAS else f'weight of {self.parameter(at.layer, at.source)}'}"
        words = {
            "delta": "its δ",
            "target": "its target",
            "mask": "its dropout",
            "sum": "its sum z",
            "slope": "its slope",
        }
        return f"{example}{where}" + (f": {words[at.what]}" if at.what in words else "")


def names_of(shape: tuple[int, ...], meaning: Meaning) -> StepNames:
    """Returns the names for a network of that shape, from the data if they fit it."""
    data = meaning.data
    if data is None or (data.width, data.outputs) != (shape[0], shape[-1]):
        return StepNames(shape, None, ())
    has_names = data.is_classification or data.targets
    outputs = [meaning.output(number) for number in range(shape[-1])] if has_names else []
    return StepNames(shape, meaning.picture, outputs, meaning)
