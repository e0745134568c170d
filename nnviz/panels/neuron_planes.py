"""What each neuron of each layer answers over the plane: shown in the place of weights where examples are points."""

from __future__ import annotations

from PyQt5.QtGui import QHideEvent
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.plane_answers import plane_points
from nnviz.look import text
from nnviz.panels.layer_tabs import ALL
from nnviz.panels.neuron_subject import line, say, short
from nnviz.session.asked_plane import NEURON_PLANES, PlaneAnswers
from nnviz.session.displayed import neuron_name
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.widgets.card import Table
from nnviz.widgets.parts import arranged, named
from nnviz.widgets.plane.tiles import NeuronTiles, TilePlace
from nnviz.widgets.plane.words import coordinates
from nnviz.widgets.read_out import Piece
from nnviz.widgets.weights.heat_map import ColourBar

_TIP = "Point at a neuron to see it large in the plane; a click chooses it."
_HELP = (
    "Every tile is one neuron: what it answers all over the plane, orange above 0, blue below, and 0 in the colour of "
    "the background. A layer's neurons are made of those of the layer before."
)
_NOTE = "point at one to see it large in the plane · a click chooses it"
_PART = "there is no room for all neurons: {shown} of {total} are shown"


class NeuronPlanes(QWidget):
    """Tiles, and a line below them.

    Attributes:
        bar: the scale of the colours, for the head of the card.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[object, ...] = ()
        self.tiles = named(NeuronTiles(), "neuronPlanes", "What each neuron answers over the plane", _TIP)
        self.tiles.setWhatsThis(_HELP)
        self.bar = ColourBar("Colours of the activations", is_even=True)
        box, self.note = line("neuronPlanesNote")
        arranged(QVBoxLayout(self), (self.tiles, 1), box, spacing=6)
        self.tiles.hovered.connect(self._hover)
        self.tiles.chosen.connect(lambda layer, number: session.selection.choose_neuron(Neuron(layer, number)))
        session.selection.neuron_changed.connect(self._show_chosen)
        self._show_chosen()

    @property
    def _answers(self) -> PlaneAnswers | None:
        """What was computed last."""
        answers: PlaneAnswers | None = self._session.probes[NEURON_PLANES].result
        return answers

    def refresh(self, layer: int) -> None:
        """Shows a layer, from 0, or all of them, if that or the network has changed."""
        answers = self._answers
        if (answers, layer) == self._shown:
            return
        self._shown = answers, layer
        if answers is None:
            self.tiles.clear()
            return
        shown = [each for each in answers.layers if layer in (ALL, each - 1)]
        limits = {each: answers.limit(each) for each in shown}
        names = {each: layer_name(self._session, each) for each in shown}
        self.tiles.show_layers({each: answers.layers[each] for each in shown}, limits, names)
        self._show_scale(limits)
        self.show_note()

    def _show_scale(self, limits: dict[int, float]) -> None:
        ends = {f"{limit:.2g}" for limit in limits.values()}
        end = ends.pop() if len(ends) == 1 else "max"
        layers = ", ".join(f"{layer_name(self._session, each)} ±{limit:.2g}" for each, limit in limits.items())
        tip = "Activations within −1 and 1 keep their size; layers without such bounds are drawn up to their largest"
        self.bar.show_ends(f"−{end}", f"+{end}", f"{tip}: {layers}.")

    def show_note(self) -> None:
        """Says what can be done, or that not all neurons are shown."""
        made = self.tiles.layout_of_tiles
        if made is None or made.is_whole:
            say(self.note, _NOTE)
            return
        shown = sum(block.shown for block in made.blocks.values())
        say(self.note, _PART.format(shown=text.count(shown), total=text.count(sum(made.counts.values()))))

    def _show_chosen(self) -> None:
        chosen = self._session.selection.neuron
        self.tiles.choose(None if chosen is None else (chosen.layer, chosen.number))

    # ---- what is pointed at

    def _hover(self, place: TilePlace | None) -> None:
        """Shows the neuron large in the plane, and tells its activation under the mouse."""
        neuron = None if place is None else Neuron(place.layer, place.number)
        self._session.selection.point_at(neuron)
        lines = [] if place is None or neuron is None else self._described(neuron, place)
        self.tiles.show_text(lines)
        self.tiles.setAccessibleDescription(lines[0][0][0] if lines else "")

    def _described(self, neuron: Neuron, place: TilePlace) -> list[list[Piece]]:
        lines: list[list[Piece]] = [[(plane_name(self._session, neuron), "text")]]
        answers = self._answers
        if answers is None or place.x is None or place.y is None or neuron.layer not in answers.layers:
            return lines
        square, side = answers.square, answers.side
        column, row = min(int(place.x * side), side - 1), min(int(place.y * side), side - 1)
        x, y = (2 * (cell + 0.5) / side - 1 for cell in (column, row))
        where = coordinates(square.x + x * square.half, square.y - y * square.half, square.half)
        value = float(answers.layers[neuron.layer][neuron.number, row * side + column])
        return [*lines, [(where, "muted"), (f"answers {short(value)}", "text")]]

    def hideEvent(self, event: QHideEvent) -> None:
        """Points at nothing any more."""
        if self.tiles.is_pointed_at:
            self._session.selection.point_at(None)

    # ---- for a file

    def table(self, layer: int) -> Table | None:
        """A row for each cell of the plane with the activations of the neurons that are shown, for a CSV file."""
        answers = self._answers
        if answers is None:
            return None
        shown = [each for each in answers.layers if layer in (ALL, each - 1)]
        head = [f"layer {each} neuron {n + 1}" for each in shown for n in range(len(answers.layers[each]))]
        points = plane_points(*answers.square.corners, answers.side)
        rows = (
            [*map(float, points[cell]), *(float(a) for each in shown for a in answers.layers[each][:, cell])]
            for cell in range(len(points))
        )
        return ["x", "y", *head], rows


def layer_name(session: Session, layer: int) -> str:
    """ "layer 1", "output"; layers count from 1."""
    return "output" if layer == len(session.displayed.network.weights) else f"layer {layer}"


def plane_name(session: Session, neuron: Neuron) -> str:
    """ "layer 2 · neuron 3", "output · orange"."""
    names, shape = session.class_names, session.displayed.network.shape
    is_output = neuron.layer == len(shape) - 1 and neuron.number < len(names)
    return f"output · {names[neuron.number]}" if is_output else neuron_name(neuron)
