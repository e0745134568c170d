"""Tiles of the neurons' activations over the region of the data, in place of weights: planes or lines."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtGui import QHideEvent
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.explain.input_grid import Region, Span, Square
from nnviz.cards.stage.weights.layer_tabs import ALL
from nnviz.cards.stage.weights.line_tiles import line_tiles
from nnviz.cards.stage.weights.side_pair import SidePair
from nnviz.cards.stage.weights.tiles import Draw, NeuronTiles, TilePlace, plane_tiles
from nnviz.formatting import text
from nnviz.formatting.text import short
from nnviz.session.example_text import neuron_full_name
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.surface_query import NEURON_SURFACES, SECOND_SURFACES, PredictionSurface
from nnviz.ui.card import Table
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.parts import arranged, named
from nnviz.ui.plane.words import coordinates
from nnviz.ui.read_out import Piece
from nnviz.ui.weights.heat_map import ColourBar

_PART = "{shown} of {total} neurons are shown"


@dataclass(frozen=True)
class SurfaceTexts:
    """Texts for a kind of tiles.

    Attributes:
        title: "Planes".
        over: "the plane", the region of the activations.
        tip, help: of the tiles.
        note: the line below the tiles.
    """

    title: str
    over: str
    tip: str
    help: str
    note: str

    @property
    def what(self) -> str:
        """A description of the tiles: "what each neuron answers over the plane"."""
        return f"activation of each neuron over {self.over}"


class NeuronSurfaces(QWidget):
    """A tile for each neuron, and a note below them; while two networks are compared, tiles of both side by side.

    Subclasses say how tiles are drawn and places are named.

    Attributes:
        kind: the kind of region.
        words: the texts of the tiles.
        tiles: the tiles; while two networks are compared, those of the later one.
        earlier: the tiles of the earlier network.
        bar: the scale of the activations, for the head of the card.
    """

    kind: type[Region]
    words: SurfaceTexts

    def __init__(self, session: Session, name: str, draw: Draw) -> None:
        """``name`` is the object name of the tiles; ``draw`` makes them."""
        super().__init__()
        self._session = session
        self._shown: tuple[object, ...] = ()
        what = self.words.what
        self.tiles = named(NeuronTiles(draw), name, what[0].upper() + what[1:], self.words.tip)
        earlier = f"earlier{name[0].upper()}{name[1:]}"
        self.earlier = named(NeuronTiles(draw), earlier, f"Earlier {what}", self.words.tip)
        self.bar = ColourBar("Colours of the activations", is_even=True)
        box, self.note = line(f"{name}Note")
        self._pair = SidePair(self.earlier, self.tiles)
        for tiles in (self.earlier, self.tiles):
            tiles.setWhatsThis(self.words.help)
            tiles.hovered.connect(lambda place, tiles=tiles: self._hover(tiles, place))
            tiles.chosen.connect(lambda layer, number: session.selection.choose_neuron(Neuron(layer, number)))
        arranged(QVBoxLayout(self), (self._pair, 1), box, spacing=6)

    # ---- for subclasses

    def _place(self, surface: PredictionSurface, place: TilePlace) -> tuple[int, str]:
        """Returns the number of the activation at a place of a tile, and the place as text."""
        raise NotImplementedError

    def _columns(self) -> list[str]:
        """Returns the names of the inputs."""
        raise NotImplementedError

    def _rows(self, surface: PredictionSurface) -> Array:
        """Returns (places, inputs): the places of the activations in the units of the data's source."""
        raise NotImplementedError

    # ---- display

    @property
    def _surface(self) -> PredictionSurface | None:
        """The latest surfaces of all neurons; None for none."""
        return self._found(NEURON_SURFACES)

    def _found(self, query: str) -> PredictionSurface | None:
        surface: PredictionSurface | None = self._session.queries[query].result
        return surface if surface is not None and isinstance(surface.region, self.kind) else None

    def _surfaces(self) -> tuple[PredictionSurface | None, PredictionSurface | None]:
        """Returns the surfaces of the earlier and of the later network; without a comparison None for the earlier."""
        compared = self._session.side_by_side
        if not compared.is_on:
            return None, self._surface
        both = self._surface, self._found(SECOND_SURFACES)
        return both if compared.is_second_later else (both[1], both[0])

    def refresh(self, layer: int) -> None:
        """Shows a layer, counted from 0, or all layers, if the layer or a network has changed."""
        surfaces = self._surfaces()
        self._pair.show_sides(self._session.side_by_side.sides)
        if (*surfaces, layer) == self._shown:
            return
        self._shown = *surfaces, layer
        known = [surface for surface in surfaces if surface is not None]
        shown = [each for each in known[0].layers if layer in (ALL, each - 1)] if known else []
        limits = {each: max(surface.limit(each) for surface in known) for each in shown}
        names = {each: layer_name(self._session, each) for each in shown}
        for tiles, surface in zip((self.earlier, self.tiles), surfaces, strict=True):
            if surface is None:
                tiles.clear()
            else:
                tiles.show_layers({each: surface.layers[each] for each in shown}, limits, names)
        if known:
            self._show_scale(limits)
            self.show_note()

    def _show_scale(self, limits: dict[int, float]) -> None:
        ends = {each: text.figure(limit, 2) for each, limit in limits.items()}
        end = next(iter(ends.values())) if len(set(ends.values())) == 1 else "max"
        layers = ", ".join(f"{layer_name(self._session, each)} ±{limit}" for each, limit in ends.items())
        tip = (
            "Activations within −1 and 1 keep their scale. Layers without bounds are scaled to their largest activation"
        )
        self.bar.show_ends(f"−{end}", f"+{end}", f"{tip}: {layers}.")

    def show_note(self) -> None:
        """Shows a hint, or a note that not all neurons are displayed."""
        made = self.tiles.layout_of_tiles
        if made is None or made.is_whole:
            say(self.note, self.words.note)
            return
        shown = sum(block.shown for block in made.blocks.values())
        say(self.note, _PART.format(shown=text.count(shown), total=text.count(sum(made.counts.values()))))

    def choose(self, neuron: tuple[int, int] | None, inks: tuple[str, str]) -> None:
        """Outlines a neuron by layer, from 1, and number in both tiles, in a colour for each; None for none."""
        for tiles, ink in zip((self.earlier, self.tiles), inks, strict=True):
            tiles.choose(neuron, ink)

    # ---- the mouse

    def _hover(self, tiles: NeuronTiles, place: TilePlace | None) -> None:
        """Points at the neuron under the mouse, and shows its activation there."""
        neuron = None if place is None else Neuron(place.layer, place.number)
        self._session.selection.point_at(neuron)
        surface = self._surfaces()[0 if tiles is self.earlier else 1]
        tiles.show_text([] if place is None or neuron is None else self._described(surface, neuron, place))

    def _described(self, surface: PredictionSurface | None, neuron: Neuron, place: TilePlace) -> list[list[Piece]]:
        lines: list[list[Piece]] = [[(neuron_full_name(self._session, neuron), "ink")]]
        if surface is None or place.x is None or place.y is None or neuron.layer not in surface.layers:
            return lines
        number, where = self._place(surface, place)
        value = float(surface.layers[neuron.layer][neuron.number, number])
        return [*lines, [(where, "muted"), (f"activation {short(value)}", "ink")]]

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops pointing at a neuron."""
        if self.tiles.is_pointed_at or self.earlier.is_pointed_at:
            self._session.selection.point_at(None)

    # ---- for a file

    def table(self, layer: int) -> Table | None:
        """Returns a row for each place with the activations of the displayed neurons, for a CSV file."""
        surface = self._surface
        if surface is None:
            return None
        shown = [each for each in surface.layers if layer in (ALL, each - 1)]
        head = [f"layer {each} neuron {n + 1}" for each in shown for n in range(len(surface.layers[each]))]
        places = self._rows(surface)
        rows = (
            [*map(float, places[at]), *(float(a) for each in shown for a in surface.layers[each][:, at])]
            for at in range(len(places))
        )
        return [*self._columns(), *head], rows


class NeuronLines(NeuronSurfaces):
    """Tiles with a line plot for each neuron."""

    kind = Span
    words = SurfaceTexts(
        "Lines",
        "the curve",
        "Shows the line of the neuron under the mouse in the curve; click to select it.",
        "Shows each neuron's activation along the curve, orange above 0, blue below. The prediction is a "
        "weighted sum of the lines of the last hidden layer.",
        "point at a neuron to see its line in the curve · click to select it",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "neuronLines", line_tiles)

    def _place(self, surface: PredictionSurface, place: TilePlace) -> tuple[int, str]:
        assert place.x is not None
        rows = self._rows(surface)[:, 0]
        number = min(round(place.x * (surface.side - 1)), surface.side - 1)
        half = float(rows[-1] - rows[0]) / 2
        return number, coordinates([float(rows[number])], half, self._columns())

    def _columns(self) -> list[str]:
        return [self._session.meaning.input(0)]

    def _rows(self, surface: PredictionSurface) -> Array:
        return self._session.meaning.raw(surface.region.places(surface.side))


class NeuronPlanes(NeuronSurfaces):
    """Tiles with a plane for each neuron, in the diverging colours."""

    kind = Square
    words = SurfaceTexts(
        "Planes",
        "the plane",
        "Shows the neuron under the mouse large in the plane; click to select it.",
        "Shows each neuron's activation over the plane, orange above 0, blue below. The neurons of a layer "
        "combine those of the layer before.",
        "point at a neuron to see it in the plane · click to select it",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "neuronPlanes", plane_tiles)

    def _place(self, surface: PredictionSurface, place: TilePlace) -> tuple[int, str]:
        square, side = surface.region, surface.side
        assert isinstance(square, Square)
        assert place.x is not None
        assert place.y is not None
        column, row = (min(int(share * side), side - 1) for share in (place.x, place.y))
        x, y = (2 * (cell + 0.5) / side - 1 for cell in (column, row))
        where = coordinates((square.x + x * square.half, square.y - y * square.half), square.half)
        return row * side + column, where

    def _columns(self) -> list[str]:
        return ["x", "y"]

    def _rows(self, surface: PredictionSurface) -> Array:
        return surface.region.places(surface.side)


def layer_name(session: Session, layer: int) -> str:
    """Returns the name of a layer, counted from 1: "layer 1", "output"."""
    return "output" if layer == len(session.displayed.network.weights) else f"layer {layer}"
