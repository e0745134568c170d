"""The small pictures of a layer's neurons, as one image that is drawn again only if it changed."""

from __future__ import annotations

import numpy as np
from PyQt5 import sip
from PyQt5.QtGui import QImage

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.weights.heat_map import tile_colours
from nnviz.ui.weights.mosaic import MosaicGrid, Renderer


class Tiles:
    """Renders (neurons, cells) numbers as the tiles of a grid, from −limit to limit in the colours of the weights."""

    def __init__(self) -> None:
        self._renderer: Renderer | None = None
        self._image: QImage | None = None
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # those of the image
        self._shown: tuple[object, ...] = ()

    def image(self, values: Array, numbers: Array, limit: float, grid: MosaicGrid) -> QImage:
        """The picture of the neurons with these numbers. ``values`` is kept to be compared with, not copied."""
        shown = (values, numbers, limit, theme.current(), grid)
        if self._image is None or not _are_same(shown, self._shown):
            self._shown = shown
            self._render(values if len(numbers) == len(values) else values[numbers], limit, grid)
        assert self._image is not None
        return self._image

    def _render(self, values: Array, limit: float, grid: MosaicGrid) -> None:
        renderer = self._renderer
        if renderer is None or (renderer.grid, renderer.neurons) != (grid, len(values)):
            renderer = self._renderer = Renderer(grid, len(values))
            self._pixels = np.zeros(renderer.size, np.uint32)
            address = sip.voidptr(self._pixels.ctypes.data)  # the image shares the array's memory
            height, width = renderer.size
            self._image = QImage(address, width, height, self._pixels.strides[0], QImage.Format_RGB32)
        renderer.render(values, limit / np.sqrt(renderer.averaged))
        renderer.paint(tile_colours(theme.current()), self._pixels)


def _are_same(now: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Whether all parts are the identical objects, or equal ones where they are no arrays."""
    return len(now) == len(before) and all(
        one is other or (not isinstance(one, np.ndarray) and one == other)
        for one, other in zip(now, before, strict=True)
    )
