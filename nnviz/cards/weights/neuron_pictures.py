"""What each neuron of each layer answers all over the region in which the data lie: shown in the place of weights."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtGui import QHideEvent
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.explain.input_grid import Region
from nnviz.formatting import text
from nnviz.formatting.text import short
from nnviz.session.asked_over import NEURONS_OVER, AnswersOver
from nnviz.session.asked_words import full_name
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.card import Table
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.layer_tabs import ALL
from nnviz.ui.parts import arranged, named
from nnviz.ui.plane.tiles import Draw, NeuronTiles, TilePlace
from nnviz.ui.read_out import Piece
from nnviz.ui.weights.heat_map import ColourBar

_PART = "there is no room for all neurons: {shown} of {total} are shown"


@dataclass(frozen=True)
class Words:
    """How pictures of a kind are called.

    Attributes:
        title: "Planes".
        over: "the plane", over which neurons answer.
        tip, help, note: of the tiles, and what stands below them.
    """

    title: str
    over: str
    tip: str
    help: str
    note: str

    @property
    def what(self) -> str:
        """ "what each neuron answers over the plane"."""
        return f"what each neuron answers over {self.over}"


class NeuronPictures(QWidget):
    """Tiles, and a line below them. Subclasses say how neurons are drawn, and what places are called.

    Attributes:
        kind: of region.
        words: of these pictures.
        tiles: the pictures.
        bar: the scale of the activations, for the head of the card.
    """

    kind: type[Region]
    words: Words

    def __init__(self, session: Session, name: str, draw: Draw) -> None:
        """``name``: of the tiles; ``draw``: makes them."""
        super().__init__()
        self._session = session
        self._shown: tuple[object, ...] = ()
        what = self.words.what
        self.tiles = named(NeuronTiles(draw), name, what[0].upper() + what[1:], self.words.tip)
        self.tiles.setWhatsThis(self.words.help)
        self.bar = ColourBar("Colours of the activations", is_even=True)
        box, self.note = line(f"{name}Note")
        arranged(QVBoxLayout(self), (self.tiles, 1), box, spacing=6)
        self.tiles.hovered.connect(self._hover)
        self.tiles.chosen.connect(lambda layer, number: session.selection.choose_neuron(Neuron(layer, number)))
        session.selection.neuron_changed.connect(self._show_chosen)
        self._show_chosen()

    # ---- what subclasses say

    def _place(self, answers: AnswersOver, place: TilePlace) -> tuple[int, str]:
        """Which of the answers of a neuron are given at a place of its tile, and where that is, in words."""
        raise NotImplementedError

    def _columns(self) -> list[str]:
        """The names of the inputs."""
        raise NotImplementedError

    def _rows(self, answers: AnswersOver) -> Array:
        """(places, inputs): where they were asked, as the data's source has it."""
        raise NotImplementedError

    # ---- what is shown

    @property
    def _answers(self) -> AnswersOver | None:
        """What was computed last."""
        answers: AnswersOver | None = self._session.queries[NEURONS_OVER].result
        return answers if answers is not None and isinstance(answers.region, self.kind) else None

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
            say(self.note, self.words.note)
            return
        shown = sum(block.shown for block in made.blocks.values())
        say(self.note, _PART.format(shown=text.count(shown), total=text.count(sum(made.counts.values()))))

    def _show_chosen(self) -> None:
        chosen = self._session.selection.neuron
        self.tiles.choose(None if chosen is None else (chosen.layer, chosen.number))

    # ---- what is pointed at

    def _hover(self, place: TilePlace | None) -> None:
        """Shows the neuron large, and tells its activation under the mouse."""
        neuron = None if place is None else Neuron(place.layer, place.number)
        self._session.selection.point_at(neuron)
        lines = [] if place is None or neuron is None else self._described(neuron, place)
        self.tiles.show_text(lines)
        self.tiles.setAccessibleDescription(lines[0][0][0] if lines else "")

    def _described(self, neuron: Neuron, place: TilePlace) -> list[list[Piece]]:
        lines: list[list[Piece]] = [[(full_name(self._session, neuron), "text")]]
        answers = self._answers
        if answers is None or place.x is None or place.y is None or neuron.layer not in answers.layers:
            return lines
        number, where = self._place(answers, place)
        value = float(answers.layers[neuron.layer][neuron.number, number])
        return [*lines, [(where, "muted"), (f"answers {short(value)}", "text")]]

    def hideEvent(self, event: QHideEvent) -> None:
        """Points at nothing any more."""
        if self.tiles.is_pointed_at:
            self._session.selection.point_at(None)

    # ---- for a file

    def table(self, layer: int) -> Table | None:
        """A row for each place with the activations of the neurons that are shown, for a CSV file."""
        answers = self._answers
        if answers is None:
            return None
        shown = [each for each in answers.layers if layer in (ALL, each - 1)]
        head = [f"layer {each} neuron {n + 1}" for each in shown for n in range(len(answers.layers[each]))]
        places = self._rows(answers)
        rows = (
            [*map(float, places[at]), *(float(a) for each in shown for a in answers.layers[each][:, at])]
            for at in range(len(places))
        )
        return [*self._columns(), *head], rows


def layer_name(session: Session, layer: int) -> str:
    """ "layer 1", "output"; layers count from 1."""
    return "output" if layer == len(session.displayed.network.weights) else f"layer {layer}"
