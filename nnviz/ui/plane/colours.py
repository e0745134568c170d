"""The colours of predictions over the plane, as pixels 0xFFRRGGBB."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PyQt5 import sip
from PyQt5.QtGui import QColor, QImage

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.theme import Theme

_LEVELS = 128  # of a class's colour, from the ground's
_STRONGEST = 0.62  # share of a class's colour at full confidence, so that points stand out against it


def class_pixels(answers: Array, in_steps: bool) -> Array:
    """Returns the colour of the predicted class, paler with a smaller margin; ``in_steps``: always the strongest.

    Args:
        answers: (classes, cells), shares 0…1.

    Returns:
        (cells,) uint32.
    """
    best, margin = _best_of(answers)
    levels = np.full(len(best), _LEVELS - 1) if in_steps else (margin * (_LEVELS - 1)).astype(np.intp)
    found: Array = _class_table(theme.current(), len(answers))[best, levels]
    return found


def _best_of(answers: Array) -> tuple[Array, Array]:
    """Returns the index of the largest output and its margin to the second, 0…1, (cells,) each."""
    first = answers[0].copy()
    second = np.full_like(first, -np.inf)
    best = np.zeros(len(first), np.intp)
    for number, answer in enumerate(answers[1:], start=1):
        np.maximum(second, np.minimum(first, answer), out=second)
        best[answer > first] = number
        np.maximum(first, answer, out=first)
    with np.errstate(over="ignore"):
        return best, np.clip(first - second, 0, 1)


@lru_cache
def _class_table(look: Theme, classes: int) -> Array:
    """(classes, levels) uint32."""
    ground = np.array(QColor(look.field).getRgb()[:3], float)
    inks = np.array([QColor(getattr(look, name)).getRgb()[:3] for name in theme.plane_classes(classes)], float)
    shares = np.linspace(0, _STRONGEST, _LEVELS)[None, :, None]
    mixed = np.rint(ground + shares * (inks[:, None] - ground)).astype(np.uint32)
    table: Array = 0xFF000000 | mixed[..., 0] << 16 | mixed[..., 1] << 8 | mixed[..., 2]
    return table


def neuron_pixels(answers: Array, limit: float) -> Array:
    """Activations of any shape in the diverging colours from −limit to limit, as uint32."""
    with np.errstate(over="ignore"):
        places = np.clip(answers * (127 / max(limit, 1e-30)), -127, 127)
    found: Array = _diverging(theme.current())[(places + 128.5).astype(np.intp)]
    return found


@lru_cache
def _diverging(look: Theme) -> Array:
    return np.array(theme.diverging_table(look), np.uint32)


def image_of(pixels: Array) -> QImage:
    """Returns an image that shares the memory of (rows, columns) pixels, which must be kept as long as the image."""
    rows, columns = pixels.shape
    address = sip.voidptr(pixels.ctypes.data)
    return QImage(address, columns, rows, pixels.strides[0], QImage.Format.Format_RGB32)
