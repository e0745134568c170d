"""What all parts of the neuron's card ask: which neuron, of what data, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.datasets import Dataset
from nnviz.cards.neuron.model import NEURON, NeuronReport
from nnviz.formatting.meaning import Meaning
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.neuron_facts import LayerNames


@dataclass(frozen=True)
class Subject:
    """The chosen neuron of a session."""

    session: Session

    @property
    def neuron(self) -> Neuron | None:
        return self.session.selection.neuron

    @property
    def is_output(self) -> bool:
        """Whether it is one of the last layer."""
        return self.neuron is not None and self.neuron.layer == len(self.session.displayed.network.weights)

    @property
    def data(self) -> Dataset | None:
        """The data set, if the network fits it."""
        data = self.session.data.dataset
        return data if self.session.runs.current.misfit(data) is None else None

    @property
    def tile(self) -> tuple[int, int] | None:
        """The shape of an example, if it is a picture."""
        data = self.data
        return None if data is None or not data.is_picture else (data.example_shape[0], data.example_shape[1])

    @property
    def report(self) -> NeuronReport | None:
        """What was computed of the chosen neuron; None while that is not known."""
        report: NeuronReport | None = self.session.queries[NEURON].result
        is_known = report is not None and (report.neuron, report.dataset) == (self.neuron, self.data)
        return report if is_known else None

    def names(self, layer: int, for_file: bool = False) -> LayerNames:
        """Names for a layer, from 1, and its inputs; for a file as their source has them."""
        tile, network = self.tile if layer == 1 else None, self.session.displayed.network
        if self.data is None:
            return LayerNames(network, layer - 1, tile, ())
        meaning = self.meaning.for_file if for_file else self.meaning
        outputs = [meaning.output(number) for number in range(self.data.outputs)]
        what = "target" if meaning.is_regression else "class"
        return LayerNames(network, layer - 1, tile, outputs, meaning.columns, what)

    @property
    def meaning(self) -> Meaning:
        """What inputs and outputs mean."""
        return self.session.meaning
