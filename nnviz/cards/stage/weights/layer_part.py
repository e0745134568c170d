"""The part of the stage that shows one layer in place of all: its weights as heat maps, and of one neuron in full."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QScrollBar, QVBoxLayout

from engine.basics.validation import Array
from engine.explain.input_grid import region_of
from nnviz.cards.stage.diagram.model import DiagramModel
from nnviz.cards.stage.part import StagePart
from nnviz.cards.stage.weights.changes_row import ChangesRow
from nnviz.cards.stage.weights.layer_maps import LayerMaps
from nnviz.cards.stage.weights.layer_tabs import layer_name, layer_tabs
from nnviz.cards.stage.weights.neuron_surfaces import NeuronLines, NeuronPlanes, NeuronSurfaces
from nnviz.formatting import text
from nnviz.formatting.layers import LayerNames
from nnviz.session.chosen_neuron import ChosenNeuron
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES
from nnviz.session.side_by_side import Side
from nnviz.session.status import Status
from nnviz.session.surface_query import NEURON_SURFACES, SECOND_SURFACES
from nnviz.ui.card import Table
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.neuron_facts import neuron_facts, signed
from nnviz.ui.pages import Front
from nnviz.ui.parts import arranged, named
from nnviz.ui.tabs import Tab, set_tabs, stand_close, tab_bar, usual_width
from nnviz.ui.weights.heat_map import ColourBar, HeatMap
from nnviz.ui.weights.neuron_view import NeuronView

_MOST_NAMES = 40  # more rows would be too low for names beside them
_BACK_TIP = "Shows all layers again (Esc)."
_TIP = "Shows the weights of this layer."
_HEAD_TIP = (
    "Shows each neuron's weights as a tile: orange raises its weighted sum, blue lowers it, zero is the "
    "background. Click a tile to enlarge it."
)
_OVER_TIP = "Shows the activation of each neuron in this layer over {}."
_ALL_TIP = "Shows the activations of all layers over {}, the first layer on top."


class LayerPart(StagePart):
    """A tab for each layer and a tile for each neuron. A click enlarges a tile; first-layer tiles of images are images.

    If examples are points of the plane or of a curve, tiles show the neurons' activations over it instead. While two
    networks are compared, both are shown, and a row, which the stage places, says how they have changed.

    Signals:
        left: the user wants to see all layers again.

    Attributes:
        maps: all neurons of the layer, in one network or in two.
        planes, lines: tiles of activations over the plane, and over the curve.
        neuron_view: one neuron in full, which replaces the map while it is enlarged.
        neuron: the number of the enlarged neuron, counted from 0; None while all are displayed.
    """

    needs = (NEURON_SURFACES, SECOND_SURFACES, CHANGES)
    left = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._subject = session, ChosenNeuron(session)
        self._model = session.models[DiagramModel]
        self._arrangement: tuple[object, ...] = ()
        self._made_for: tuple[object, ...] = ()  # the run and the shape that the tabs belong to
        self._layers: list[int | None] = []  # the layer of each tab; None for those that are not drawn
        self.neuron: int | None = None
        self.maps = LayerMaps()
        self.neuron_view = NeuronView()
        self.bar = ColourBar()
        self.planes, self.lines = NeuronPlanes(session), NeuronLines(session)
        self.tabs = tab_bar("weightsTabs", "Layers")
        self._stack = Front()
        self._stack.addWidget(self.maps)
        self._stack.addWidget(self.neuron_view)
        tip = "Shows further neurons of the layer."
        self._pages = named(QScrollBar(Qt.Orientation.Vertical, self), "weightsScrollBar", "Pages of neurons", tip)
        self._pages.hide()
        self.back_button = named(QPushButton("‹ All layers"), "allLayersButton", "All layers", _BACK_TIP)
        self.back_button.clicked.connect(self.left)
        self.detail = named(ElidedLabel(role="muted"), "weightsDetail")
        for surfaces in (self.planes, self.lines):
            self._stack.addWidget(surfaces)
        self.changes = ChangesRow(session, self._subject)
        head = arranged(QHBoxLayout(), self.back_button, (self.tabs, 1), spacing=8)
        bars = self.bar, self.planes.bar, self.lines.bar
        foot = arranged(QHBoxLayout(), (self.detail, 1), *bars, spacing=8)
        arranged(QVBoxLayout(self), head, (self._stack, 1), foot, spacing=6)
        self._connect()
        self._new_network()

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._turn_to)
        self.maps.hovered.connect(self._hovered)
        self.maps.opened.connect(self.show_neuron)
        self.map.turned.connect(self._show_around)
        self.map.resized.connect(self._follow_map)
        self._pages.valueChanged.connect(self.map.turn_to)
        self.neuron_view.left.connect(self.show_all)
        self.neuron_view.stepped.connect(self._step)
        self.neuron_view.hovered.connect(self._hovered_in_neuron)
        self._session.displayed.changed.connect(self._follow)
        self._session.runs.replaced.connect(self._follow)
        self._session.data.views.add(self._new_network)
        self._session.selection.neuron_changed.connect(self._show_chosen)
        for query in (NEURON_SURFACES, SECOND_SURFACES):
            self._session.queries[query].changed.connect(self.refresh)
        self._session.side_by_side.changed.connect(self._compare)
        self.changes.layer_picked.connect(self.show_layer)

    # ---- layers

    @property
    def map(self) -> HeatMap:
        """The heat map of the displayed network; while two are compared, that of the later one."""
        return self.maps.map

    @property
    def _layer(self) -> int:
        return self._layers[self.tabs.currentIndex()] or 0

    def _follow(self) -> None:
        """Shows the displayed network, which may belong to another run."""
        if self._made_for == (self._session.runs.current, self._session.displayed.network.shape):
            self.refresh()
        else:
            self._new_network()

    def _new_network(self) -> None:
        self._arrangement = ()
        shape = self._session.displayed.network.shape
        self._made_for = self._session.runs.current, shape
        over = "" if self._surfaces is None else self._surfaces.words.over
        tips = (_OVER_TIP.format(over), _ALL_TIP.format(over)) if over else (_TIP,)
        tabs = layer_tabs(shape, *tips)
        if [self.tabs.tabText(index) for index in range(self.tabs.count())] != [tab.text for _, tab in tabs]:
            self._set_tabs(tabs)
        if over or (self.neuron is not None and self.neuron >= len(self._weights)):
            self._close_neuron()
        self._show_kind()
        self._show_chosen()
        self.refresh()

    @property
    def _surfaces(self) -> NeuronSurfaces | None:
        """The tiles of activations over the region of the data; None if weights are displayed."""
        data = self._subject.data
        region = None if data is None else region_of(data)
        return next((each for each in (self.planes, self.lines) if isinstance(region, each.kind)), None)

    def _show_kind(self) -> None:
        """Shows weights, or tiles of activations."""
        surfaces = self._surfaces
        for each in (self.planes, self.lines):
            each.bar.setVisible(each is surfaces)
        self.bar.setVisible(surfaces is None)
        self.detail.setToolTip("" if surfaces else _HEAD_TIP)
        weights = self.maps if self.neuron is None else self.neuron_view
        self._stack.setCurrentWidget(surfaces or weights)

    def _set_tabs(self, tabs: list[tuple[int | None, Tab]]) -> None:
        before = self.tabs.currentIndex()
        self._layers = [layer for layer, _ in tabs]
        set_tabs(self.tabs, [tab for _, tab in tabs])
        if None in self._layers:
            self.tabs.setTabEnabled(self._layers.index(None), False)
        self._fit_tabs()
        if self.tabs.currentIndex() != before:
            self._close_neuron()

    def _fit_tabs(self) -> None:
        """Lets tabs that have too little room stand closer together."""
        stand_close(self.tabs, usual_width(self.tabs) > self.tabs.width())

    def show_layer(self, layer: int) -> None:
        """Shows the weights of a layer, counted from 0, if it has a tab."""
        if layer in self._layers:
            self.tabs.setCurrentIndex(self._layers.index(layer))

    def _turn_to(self, layer: int) -> None:
        self._close_neuron()
        self._show_chosen()
        self.refresh()

    @property
    def _weights(self) -> Array:
        return self._session.displayed.network.weights[self._layer]

    @property
    def _tile(self) -> tuple[int, int] | None:
        """The shape of a tile; None if a neuron's weights are not an image."""
        return None if self._layer else self._subject.tile

    @property
    def _names(self) -> LayerNames:
        return self._subject.names(self._layer + 1)

    @property
    def _has_columns(self) -> bool:
        """Whether the inputs of the layer are named columns of a table."""
        return not self._layer and bool(self._subject.meaning.columns)

    # ---- one neuron

    def show_neuron(self, neuron: int) -> None:
        """Enlarges a neuron of the layer, counted from 0; while networks are compared, only chooses it."""
        self._session.selection.choose_neuron(Neuron(self._layer + 1, neuron))
        if self._session.side_by_side.is_on:
            return
        self.neuron = neuron
        self._stack.setCurrentWidget(self.neuron_view)
        self.neuron_view.setFocus()
        self.refresh()

    def _show_chosen(self) -> None:
        """Outlines the chosen neuron; while two networks are compared without one, that which changed most."""
        self._show_changes()
        chosen, sides, inks = self._session.selection.neuron, self._sides, ("ink", "ink")
        outlined = None if chosen is None else (chosen.layer, chosen.number)
        if sides is not None and self.changes.shown is not None:
            outlined, inks = self.changes.shown, (sides[0].ink, sides[1].ink)
        for surfaces in (self.planes, self.lines):
            surfaces.choose(outlined, inks)
        is_here = outlined is not None and outlined[0] == self._layer + 1
        self.maps.choose(outlined[1] if outlined is not None and is_here else None, inks)
        if sides is not None and self.in_view:
            self._show_detail()

    def show_all(self) -> None:
        """Returns to the map and outlines the neuron there."""
        neuron = self.neuron
        self._close_neuron()
        self.map.setFocus()
        self.refresh()
        if neuron is not None:
            self.map.mark(neuron)

    def _close_neuron(self) -> None:
        self.neuron = None
        self._show_kind()

    def _step(self, by: int) -> None:
        if self.neuron is not None:
            self.show_neuron((self.neuron + by) % len(self._weights))

    # ---- two networks

    @property
    def _sides(self) -> tuple[Side, Side] | None:
        return self._session.side_by_side.sides

    def _compare(self) -> None:
        """Shows both networks while two are compared, in place of an enlarged neuron."""
        if self._session.side_by_side.is_on and self.neuron is not None:
            self._close_neuron()
        self._arrangement = ()
        self.refresh()

    def _show_changes(self) -> None:
        if self.in_view:
            self.changes.show_layer(self._layer)

    # ---- tiles

    def refresh(self) -> None:
        if not self.in_view:
            return
        if self._session.state is Status.LOADING and self._session.runs.current.untouched:
            return  # drawn when the data set is loaded and says whether its inputs are images
        self._show_chosen()
        surfaces = self._surfaces
        if surfaces is not None:
            surfaces.refresh(self._layer)
            self._show_arrangement((surfaces,))
        else:
            self._show_weights()

    def _show_weights(self) -> None:
        layer, weights, sides = self._layer, self._weights, self._sides
        networks = [self._session.displayed.network] if sides is None else [side.network for side in sides]
        limit = max(self._model.limit(network, layer + 1) for network in networks)
        if self.neuron is None:
            both = [network.weights[layer] for network in networks]
            self.maps.show_sides(sides)
            self.maps.show_values(both, limit, self._tile, self._has_columns)
            self.maps.rows.set_names(self._row_names())  # after the values: it resizes the map, which is then redrawn
            self._follow_map()
        else:
            facts = neuron_facts(self._names, self.neuron)
            self.neuron_view.show_neuron(facts, weights[self.neuron], limit, self._tile)
            self.bar.set_limit(limit)
        self._show_arrangement((self.neuron, self._tile, self.map.grid, self.map.shown, len(weights)))

    def _follow_map(self) -> None:
        """Shows the scale of the map, which depends on the size of its tiles: cells of small ones show means."""
        if self.neuron is None:
            self.bar.set_limit(self.map.end)

    def _show_arrangement(self, arrangement: tuple[object, ...]) -> None:
        if arrangement != self._arrangement:  # a view of the same arrangement changes no words
            self._arrangement = arrangement
            self._show_around()

    def _row_names(self) -> list[str]:
        """Returns names for the rows: the columns of a table, or a few outputs; else none."""
        if self._has_columns:
            return self._subject.meaning.columns
        names, count = self._names, len(self._weights)
        if self._tile is not None or count > _MOST_NAMES or not names.class_name(0):
            return []
        return [names.class_name(neuron) for neuron in range(count)]

    def _show_around(self) -> None:
        self._show_detail()
        self._fit_pages()

    def _show_detail(self) -> None:
        """Shows the longest description that has room; its tooltip holds the longest of all."""
        texts = self._details()
        self.detail.show_versions(*texts, "")
        tip = f"{texts[0][0].upper()}{texts[0][1:]}."
        if self.detail.toolTip() != tip:
            self.detail.setToolTip(tip)

    def _details(self) -> list[str]:
        """Returns descriptions of a tile and its numbers, the longest first; or changes that no row shows."""
        if self._sides is not None and not self.changes.is_shown:
            return [self.changes.summary, self.changes.title.text()]
        if self._surfaces is not None:
            return [self._surfaces.words.what, f"activations over {self._surfaces.words.over}", "answers"]
        if self.neuron is not None or self.map.grid is None:
            return ["weights"]
        grid, shown, count = self.map.grid, self.map.shown, len(self._weights)
        if len(shown) < count:
            first, last, total = (text.count(number) for number in (shown.start + 1, shown.stop, count))
            return [f"neurons {first} to {last} of {total} · scroll for more", f"{first} to {last} of {total}"]
        rows, columns = grid.down.block, grid.across.block
        if grid.is_picture and max(rows, columns) > 1:
            ways = [f"means of {rows}×{columns} weights", "means"]
        elif grid.is_picture:
            ways = ["weights"]
        elif grid.has_columns and self._has_columns:
            ways = ["row: input, column: neuron · weights", "weights"]
        elif grid.down.cells == 1:
            ways = ["row: neuron, column: input · weights", "weights"]
        else:
            ways = ["a tile: a neuron's inputs, row by row · weights", "a tile: one neuron", "weights"]
        neurons, inputs = map(text.count, self._weights.shape)
        return [f"{neurons} neurons × {inputs} inputs · {ways[0]}", *ways]

    def _fit_pages(self) -> None:
        """Places the scroll bar in the card's padding, and shows it only if there is another page."""
        bar, pages = self._pages, self.map.pages if self._stack.currentWidget() is self.maps else 1
        bar.setVisible(pages > 1)
        if pages > 1:
            with QSignalBlocker(bar):
                bar.setRange(0, pages - 1)
                bar.setValue(self.map.page)
            place = self._stack.geometry()
            bar.setGeometry(place.right() + 4, place.top(), 6, place.height())
            bar.raise_()

    # ---- read-out

    def _hovered(self, view: HeatMap, neuron: int, number: int) -> None:
        sides, weights = self._sides, self._weights
        if sides is not None:
            weights = sides[0 if view is self.maps.earlier else 1].network.weights[self._layer]
        view.show_text("" if neuron < 0 else self._describe(weights, neuron, number))

    def _hovered_in_neuron(self, number: int) -> None:
        neuron = -1 if self.neuron is None or number < 0 else self.neuron
        self.neuron_view.show_text("" if neuron < 0 else self._describe(self._weights, neuron, number))

    def _describe(self, weights: Array, neuron: int, number: int) -> str:
        """Returns the names of the neuron and the input, and the weight, as text."""
        names = self._names
        if number < 0:
            return f"{names.neuron(neuron)} · Enter {'enlarges' if self._sides is None else 'selects it'}"
        return f"{names.source(number)} → {names.neuron(neuron)}: {signed(float(weights[neuron, number]))}"

    # ---- for a file

    @property
    def caption(self) -> str:
        """The layer's name, and the neuron's if one is enlarged."""
        name = layer_name(self._session.displayed.network.shape, self._layer)
        layer = f"{'Weights' if self._surfaces is None else self._surfaces.words.title} {name}"
        return layer if self.neuron is None else f"{layer} neuron {self.neuron + 1}"

    def table(self) -> Table | None:
        """Returns header and rows for a CSV file: a row for each neuron with its bias and weights, made one at a time.

        Over the plane or the curve it is a row for each place with the neurons' activations. Of two networks it is a
        row for each weight.
        """
        if self._session.side_by_side.is_on:
            return self.changes.table(self._layer)
        if self._surfaces is not None:
            return self._surfaces.table(self._layer)
        names, weights = self._subject.names(self._layer + 1, for_file=True), self._weights
        biases = self._session.displayed.network.biases[self._layer]
        header = ["neuron", "bias", *(names.source(number) for number in range(weights.shape[1]))]
        rows = ([n + 1, float(biases[n, 0]), *weights[n].tolist()] for n in range(len(weights)))
        return header, rows

    # ---- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shows all layers again by Esc; an enlarged neuron takes Esc first."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tabs()
        if self.in_view:
            self._show_around()
