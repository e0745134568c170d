"""The chosen neuron of a session, with its names."""

from __future__ import annotations

from engine.datasets import Dataset
from nnviz.formatting.layers import LayerNames
from nnviz.formatting.meaning import Meaning
from nnviz.session.selection import Neuron
from nnviz.session.session import Session


class ChosenNeuron:
    """The chosen neuron of a session, the data that its network fits, and names for its layer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def neuron(self) -> Neuron | None:
        """The chosen neuron; None if there is none."""
        return self._session.selection.neuron

    @property
    def is_output(self) -> bool:
        """Whether the neuron is one of the last layer."""
        return self.neuron is not None and self.neuron.layer == len(self._session.displayed.network.weights)

    @property
    def data(self) -> Dataset | None:
        """The data set, if the network fits it."""
        data = self._session.data.dataset
        return data if self._session.runs.current.misfit(data) is None else None

    @property
    def tile(self) -> tuple[int, int] | None:
        """Shape of an example, if it is an image."""
        data = self.data
        return None if data is None or not data.is_picture else (data.example_shape[0], data.example_shape[1])

    @property
    def meaning(self) -> Meaning:
        """Meaning of inputs and outputs."""
        return self._session.meaning

    def names(self, layer: int, for_file: bool = False) -> LayerNames:
        """Returns names for a layer, from 1, and for its inputs; for a file as the data's source has them."""
        tile, network = self.tile if layer == 1 else None, self._session.displayed.network
        if self.data is None:
            return LayerNames(network, layer - 1, tile, ())
        meaning = self.meaning.for_file if for_file else self.meaning
        outputs = [meaning.output(number) for number in range(self.data.outputs)]
        what = "target" if meaning.is_regression else "class"
        return LayerNames(network, layer - 1, tile, outputs, meaning.columns, what)
