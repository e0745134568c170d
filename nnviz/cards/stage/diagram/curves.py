"""Fast painting of many smooth curves: as short lines, in a few passes with one pen each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PyQt5.QtCore import QLineF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen
from pyqtgraph.Qt import internals

from engine.basics.validation import Array
from nnviz.ui import theme

_PIECES = {True: 11, False: 24}  # lines of a curve, if hasty and otherwise
_STEPS = 6  # levels of strength
_COARSE = 3  # lowest levels, which are painted coarsely if hasty
_THINNEST, _WIDEST = 0.9, 3.6  # pixels
_FAINTEST = 0.28  # opacity of the weakest curves


@dataclass(frozen=True, eq=False)
class CurveSet:
    """Curves from (x0, y0) to (x1, y1), (k,) each, with strengths from −1 to 1, the weakest first."""

    x0: Array
    y0: Array
    x1: Array
    y1: Array
    strength: Array


def paint_curves(
    painter: QPainter, strands: CurveSet, is_hasty: bool = False, inks: tuple[str, str] = ("negative", "positive")
) -> None:
    """Paints curves in two colours of the theme, for both signs; width and intensity show the strength.

    Colours are mixed with that of the card instead of being translucent: translucent lines would have dots where they
    meet. Lines are several times as fast as paths with antialiasing. If hasty, weak curves have no antialiasing.
    """
    if not len(strands.strength):
        return
    pieces = _pieces(strands, _PIECES[is_hasty])
    level = (np.sign(strands.strength) * np.ceil(np.abs(strands.strength) * _STEPS).clip(1, _STEPS)).astype(int)
    for step in range(1, _STEPS + 1):
        for sign, name in zip((-1, 1), inks, strict=True):
            chosen = pieces[level == sign * step]
            if len(chosen):
                is_coarse = is_hasty and step <= _COARSE
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_coarse)
                painter.setPen(_pen(theme.current(), name, step / _STEPS, is_coarse))
                draw_lines(painter, chosen.reshape(-1, 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


@lru_cache(maxsize=64)
def _pen(look: theme.Theme, name: str, share: float, is_coarse: bool) -> QPen:
    ink = mixed(QColor(getattr(look, name)), _FAINTEST + (1 - _FAINTEST) * share**1.5)
    width = 1.0 if is_coarse else _THINNEST + (_WIDEST - _THINNEST) * share**2.5
    return QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap)


def mixed(ink: QColor, share: float, ground: str = "card") -> QColor:
    """Returns a colour mixed with a background of the theme; ``share`` is its opacity."""
    below = theme.colour(ground)
    parts = zip(ink.getRgb()[:3], below.getRgb()[:3], strict=True)
    return QColor(*(round(under + share * (over - under)) for over, under in parts))


def _pieces(strands: CurveSet, count: int) -> Array:
    """Returns (curves, count, 4): lines of cubic curves with horizontal ends."""
    found = np.empty((len(strands.strength), count, 4))
    across, down = _course(count)
    for start, end, course, axis in ((strands.x0, strands.x1, across, 0), (strands.y0, strands.y1, down, 1)):
        points = start[:, None] + (end - start)[:, None] * course
        found[:, :, axis], found[:, :, axis + 2] = points[:, :-1], points[:, 1:]
    return found


@lru_cache
def _course(count: int) -> tuple[Array, Array]:
    """Returns the coordinates of a curve from 0 to 1, horizontally and vertically."""
    t = np.linspace(0, 1, count + 1)
    return 1.5 * t * (1 - t) ** 2 + 1.5 * t**2 * (1 - t) + t**3, 3 * t**2 * (1 - t) + t**3


def draw_lines(painter: QPainter, lines: Array) -> None:
    """Paints all lines in one call, without an object for each."""
    array = internals.PrimitiveArray(QLineF, 4)
    array.resize(len(lines))
    array.ndarray()[:] = lines
    painter.drawLines(*array.drawargs())
