"""The tabs of a network's layers."""

from __future__ import annotations

from collections.abc import Sequence

from nnviz.formatting.layers import drawn_layers, left_out
from nnviz.ui.tabs import Tab

ALL = -1  # stands for all layers
_LONG_NAMES = 5  # most tabs whose names have space for "Layer"
_GAP_TIP = "Shows only the first and the last layers: this network has more layers than tabs."


def layer_name(shape: Sequence[int], layer: int) -> str:
    """Returns the name of a layer, counted from 0: "Layer 1", "Output"; of ``ALL`` "All"."""
    count = len(shape) - 1
    if layer == ALL:
        return "All"
    return "Output" if layer == count - 1 else f"{'Layer ' if count <= _LONG_NAMES else 'L'}{layer + 1}"


def layer_tabs(shape: Sequence[int], tip: str, all_tip: str = "") -> list[tuple[int | None, Tab]]:
    """Returns a tab for each layer that is drawn, with its number from 0, and one, None, for those that are not.

    With ``all_tip`` there is one for all layers, before the others.
    """
    count = len(shape) - 1

    def tab(layer: int) -> tuple[int | None, Tab]:
        return layer, Tab(layer_name(shape, layer), f"layer{layer + 1}Tab", tip)

    first, last = drawn_layers(count)
    gap: list[tuple[int | None, Tab]] = [(None, Tab(left_out(count), "leftOutTab", _GAP_TIP))] if last else []
    whole: list[tuple[int | None, Tab]] = (
        [(ALL, Tab(layer_name(shape, ALL), "allLayersTab", all_tip))] if all_tip else []
    )
    return [*whole, *map(tab, first), *gap, *map(tab, last)]
