"""The palette of a GIF: 256 colours for all frames, so that nothing flickers. No Qt."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.basics.validation import Array

MOST = 256
_EXACT = 64  # the most frequent colours, which are kept exactly: backgrounds and letters
_ALL = 1 << 24
_UNKNOWN = 0xFFFF
_AT_ONCE = 4096  # colours per block of the search for the nearest


class Palette:
    """A palette chosen from samples. Any other colour is mapped to the nearest in the palette.

    Attributes:
        table: (256, 3) uint8: red, green and blue.
    """

    def __init__(self, *samples: Array) -> None:
        """``samples``: pixels of the film, uint32 each, as blue + 256 green + 65,536 red; a highest byte is ignored."""
        colours, counts = np.unique(np.concatenate([np.ravel(each) & 0xFFFFFF for each in samples]), return_counts=True)
        order = np.argsort(counts)[::-1]
        exact, rest = colours[order[:_EXACT]], colours[order[_EXACT:]]
        chosen = np.concatenate([_channels(exact), _quantize(_channels(rest), MOST - len(exact))])
        self.table = np.zeros((MOST, 3), np.uint8)
        self.table[: len(chosen)] = chosen
        self._nearest = np.full(_ALL, _UNKNOWN, np.uint16)  # by colour: index of the nearest, if known

    def indices(self, pixels: Array) -> Array:
        """Returns the indices of the nearest colours in ``table``, uint8, in the shape of the pixels."""
        colours = pixels & 0xFFFFFF
        found = self._nearest.take(colours)
        unknown = found == _UNKNOWN
        if unknown.any():
            self._learn(np.unique(colours[unknown]))
            found = self._nearest.take(colours)
        return found.astype(np.uint8)

    def _learn(self, colours: Array) -> None:
        """Finds the nearest palette colours of new colours."""
        table = self.table.astype(np.float32)
        squares = (table**2).sum(axis=1)
        for start in range(0, len(colours), _AT_ONCE):
            some = colours[start : start + _AT_ONCE]
            distances = squares - 2 * (_channels(some).astype(np.float32) @ table.T)  # without the term that all share
            self._nearest[some] = distances.argmin(axis=1)


def _channels(colours: Array) -> Array:
    """Returns red, green and blue, (n, 3) uint8."""
    return np.stack([colours >> 16, colours >> 8 & 0xFF, colours & 0xFF], axis=1).astype(np.uint8)


def _quantize(colours: Array, most: int) -> Array:
    """Returns at most ``most`` representative colours, (n, 3) uint8."""
    if len(colours) <= most:
        return colours
    row = Image.fromarray(np.ascontiguousarray(colours[None]), "RGB")
    found = row.quantize(most, Image.Quantize.MEDIANCUT).getpalette("RGB")
    return np.array(found, np.uint8).reshape(-1, 3)[:most]
