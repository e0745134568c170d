"""The example that all cards refer to: the current input, or the selected example of the data."""

from __future__ import annotations

from engine.basics.validation import Array
from engine.datasets.dataset import Split
from nnviz.session.data import Data
from nnviz.session.question import Question
from nnviz.session.selection import Example, Selection


class CurrentExample:
    """The example that all cards show.

    It is the drawing, or else the selected example of the data. If the data are not drawn, there is always a current
    input, and selecting another example makes that the current input.
    """

    def __init__(self, question: Question, selection: Selection, data: Data) -> None:
        self._question, self._selection, self._data = question, selection, data
        self._taken: tuple[Example | None, Array | None] = (None, None)  # the chosen example, and its inputs

    def inputs(self, width: int) -> Array | None:
        """Returns the inputs of a network of this width, (width,); the same object as long as they are the same."""
        for inputs in (self._question.example, self._chosen()):
            if inputs is not None and len(inputs) == width:
                return inputs
        return None

    def label(self, width: int) -> int | None:
        """Returns the true class of :meth:`inputs`; None if it is not known, as for a drawing."""
        asked, found = self._question.example, self._found()
        if asked is not None and len(asked) == width:
            return self._question.label
        labels = None if found is None else found[0].labels
        return None if found is None or labels is None else int(labels[found[1]])

    def _chosen(self) -> Array | None:
        found = self._found()
        if found is None:
            return None
        if self._taken[0] is not self._selection.example:
            split, number = found
            self._taken = self._selection.example, split.example(number)
        return self._taken[1]

    def _found(self) -> tuple[Split, int] | None:
        """Returns the selected example, as its split and its number in the split."""
        example, data = self._selection.example, self._data.dataset
        split = None if example is None or data is None else data.splits.get(example.part)
        return None if example is None or split is None or example.number >= len(split) else (split, example.number)
