"""The weights of a layer as a heat map; while two networks are compared, as two."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import pyqtSignal

from engine.basics.validation import Array
from nnviz.cards.stage.weights.row_names import RowNames
from nnviz.cards.stage.weights.side_pair import SidePair
from nnviz.ui.parts import named
from nnviz.ui.weights.heat_map import HeatMap

_MAP_HELP = (
    "Shows each neuron as a tile of its incoming weights: orange raises its weighted sum, blue lowers it. Point at a "
    "weight to read it; click to enlarge the neuron."
)
_EARLIER_HELP = (
    "Shows the neurons of the earlier network, or of the network before a change. Point at a tile to see the neuron in "
    "both networks; click to select it."
)
_NAMES_TIP = "Names the input or output that each row of weights belongs to."


class LayerMaps(SidePair):
    """One heat map, or two with the same colours, and the names of their rows at the left.

    What is pointed at in one map is outlined in the other, too, and both show the same page.

    Signals:
        hovered(view, neuron, input): the heat map and what is pointed at in it; see :class:`HeatMap`.
        opened(neuron): a click on a tile, or Enter.

    Attributes:
        map: the displayed network; while two are compared, the later one.
        earlier: the earlier network; hidden while nothing is compared.
        rows: the names of the rows.
    """

    hovered = pyqtSignal(object, int, int)
    opened = pyqtSignal(int)

    def __init__(self) -> None:
        self.map = named(HeatMap(), "weightsMap", "Heat map of the weights")
        self.earlier: HeatMap = named(HeatMap(), "earlierWeightsMap", "Heat map of the earlier weights")
        self.map.setWhatsThis(_MAP_HELP)
        self.earlier.setWhatsThis(_EARLIER_HELP)
        self.rows = named(RowNames(self.map), "weightsRowNames", tip=_NAMES_TIP)
        super().__init__(self.earlier, self.map, self.rows)
        for view, other in ((self.map, self.earlier), (self.earlier, self.map)):
            view.opened.connect(self.opened)
            view.hovered.connect(lambda *at, view=view: self.hovered.emit(view, *at))
            view.hovered.connect(lambda neuron, _, other=other: other.outline(neuron if neuron >= 0 else None))
            view.turned.connect(lambda view=view, other=other: other.turn_to(view.page))

    @property
    def views(self) -> tuple[HeatMap, ...]:
        """The maps that are shown, the earlier one first."""
        return (self.map,) if self.earlier.isHidden() else (self.earlier, self.map)

    def show_values(
        self, weights: Sequence[Array], limit: float, tile: tuple[int, int] | None, in_columns: bool
    ) -> None:
        """Shows the weights of one network, or of both; see :meth:`HeatMap.show_values`."""
        self.earlier.first = self.map.first
        if len(weights) == 1:
            self.earlier.clear()  # the earlier network may be large
        for view, values in zip(self.views, weights, strict=True):
            view.show_values(values, limit, tile, in_columns)

    def choose(self, neuron: int | None, inks: tuple[str, str]) -> None:
        """Outlines a neuron in both maps, in a colour for each; None for none."""
        for view, ink in zip((self.earlier, self.map), inks, strict=True):
            view.choose(neuron, ink)
