"""What each neuron answers over the one number that the data have as input."""

from __future__ import annotations

from engine.basics.validation import Array
from engine.explain.input_grid import Span
from nnviz.cards.weights.lines import line_tiles
from nnviz.cards.weights.neuron_pictures import NeuronPictures, Words
from nnviz.session.asked_over import AnswersOver
from nnviz.session.session import Session
from nnviz.ui.plane.tiles import TilePlace
from nnviz.ui.plane.words import coordinates


class NeuronLines(NeuronPictures):
    """A small line plot for each neuron."""

    kind = Span
    words = Words(
        "Lines",
        "the curve",
        "Point at a neuron to see its line large in the curve; a click chooses it.",
        "Every tile is one neuron: the line of what it answers from the left end of the curve to the right one, orange "
        "above 0, blue below. The network's line is a sum of those of its last hidden layer.",
        "point at one to see its line large in the curve · a click chooses it",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "neuronLines", line_tiles)

    def _place(self, answers: AnswersOver, place: TilePlace) -> tuple[int, str]:
        assert place.x is not None
        rows = self._rows(answers)[:, 0]
        number = min(round(place.x * (answers.side - 1)), answers.side - 1)
        half = float(rows[-1] - rows[0]) / 2
        return number, coordinates([float(rows[number])], half, self._columns())

    def _columns(self) -> list[str]:
        return [self._session.meaning.input(0)]

    def _rows(self, answers: AnswersOver) -> Array:
        return self._session.meaning.raw(answers.region.places(answers.side))
