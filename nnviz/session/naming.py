"""What inputs and outputs of the current network are called, and what they mean."""

from __future__ import annotations

from engine.datasets import Dataset
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.session.data import Data
from nnviz.session.runs import Runs


class Naming:
    """Computed from the data and the current run; nothing of it is stored but the words of the data."""

    def __init__(self, runs: Runs, data: Data) -> None:
        self._runs, self._data = runs, data
        self._meaning = NO_MEANING

    @property
    def class_names(self) -> list[str]:
        """A name for each output of the current network: what it learned, else the data's, else numbers."""
        return list(map(text.name, self.class_names_for_file))

    @property
    def class_names_for_file(self) -> list[str]:
        """The same as their source has them, for a file."""
        network, data = self._runs.current.network, self._data.dataset
        about, outputs = network.description, network.shape[-1]
        known = about and about.output_names
        if about and known and len(known) == outputs:
            of_data = data.description if data is not None and known != data.class_names else None
            is_same = of_data is not None and len(of_data.class_names) > 0 and about.has_classes_of(of_data)
            return list(of_data.class_names if of_data is not None and is_same else known)
        meaning = self._meaning_of(data) if data is not None and data.outputs == outputs else NO_MEANING
        return [meaning.for_file.output(number) for number in range(outputs)]

    @property
    def meaning(self) -> Meaning:
        """What the current network's inputs and outputs mean: what the data say, if it fits them."""
        data = self._data.dataset
        return NO_MEANING if self._runs.current.misfit(data) is not None else self._meaning_of(data)

    def _meaning_of(self, data: Dataset | None) -> Meaning:
        if self._meaning.data is not data:
            self._meaning = Meaning(data)
        return self._meaning
