"""What each neuron answers over the plane."""

from __future__ import annotations

from engine.basics.validation import Array
from engine.explain.input_grid import Square
from nnviz.cards.weights.neuron_pictures import NeuronPictures, Words
from nnviz.session.asked_over import AnswersOver
from nnviz.session.session import Session
from nnviz.ui.plane.tiles import TilePlace, plane_tiles
from nnviz.ui.plane.words import coordinates


class NeuronPlanes(NeuronPictures):
    """A small plane for each neuron, in the diverging colours."""

    kind = Square
    words = Words(
        "Planes",
        "the plane",
        "Point at a neuron to see it large in the plane; a click chooses it.",
        "Every tile is one neuron: what it answers all over the plane, orange above 0, blue below, and 0 in the colour "
        "of the background. A layer's neurons are made of those of the layer before.",
        "point at one to see it large in the plane · a click chooses it",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "neuronPlanes", plane_tiles)

    def _place(self, answers: AnswersOver, place: TilePlace) -> tuple[int, str]:
        square, side = answers.region, answers.side
        assert isinstance(square, Square)
        assert place.x is not None
        assert place.y is not None
        column, row = (min(int(share * side), side - 1) for share in (place.x, place.y))
        x, y = (2 * (cell + 0.5) / side - 1 for cell in (column, row))
        where = coordinates((square.x + x * square.half, square.y - y * square.half), square.half)
        return row * side + column, where

    def _columns(self) -> list[str]:
        return ["x", "y"]

    def _rows(self, answers: AnswersOver) -> Array:
        return answers.region.places(answers.side)
