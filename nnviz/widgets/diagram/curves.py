"""Draws many smooth curves quickly: as short straight lines, in a few passes of one pen each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QLineF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen
from pyqtgraph.Qt import internals

from engine.validation import Array
from nnviz.look import theme

_PIECES = 14  # lines of a curve
_STEPS = 6  # strengths that are told apart
_THINNEST, _WIDEST = 0.9, 3.6  # pixels
_FAINTEST = 0.28  # opacity of the weakest


@dataclass(frozen=True, eq=False)
class Strands:
    """Curves from (x0, y0) to (x1, y1), (k,) each, with a strength from −1 to 1, the weakest first."""

    x0: Array
    y0: Array
    x1: Array
    y1: Array
    strength: Array


def paint_curves(painter: QPainter, strands: Strands) -> None:
    """Paints curves, the stronger the wider and the more opaque, in the two colours of the weights.

    They are opaque, in mixtures with the card's colour: where pieces of a translucent curve meet, dots would be seen.
    Lines are several times as fast as paths with antialiasing.
    """
    if not len(strands.strength):
        return
    pieces = _pieces(strands)
    level = np.ceil(np.abs(strands.strength) * _STEPS).clip(1, _STEPS)
    painter.setRenderHint(QPainter.Antialiasing)
    for step in range(1, _STEPS + 1):
        for name, sign in (("negative", -1), ("positive", 1)):
            chosen = pieces[(level == step) & (np.sign(strands.strength) == sign)]
            if len(chosen):
                share = step / _STEPS
                ink = mixed(theme.colour(name), _FAINTEST + (1 - _FAINTEST) * share**1.5)
                width = _THINNEST + (_WIDEST - _THINNEST) * share**2.5
                painter.setPen(QPen(ink, width, Qt.SolidLine, Qt.SquareCap))
                _draw_lines(painter, chosen.reshape(-1, 4))


def mixed(ink: QColor, share: float, ground: str = "card") -> QColor:
    """A colour on a ground of the theme, as opaque as ``share`` says."""
    below = theme.colour(ground)
    parts = zip(ink.getRgb()[:3], below.getRgb()[:3], strict=True)
    return QColor(*(round(under + share * (over - under)) for over, under in parts))


def _pieces(strands: Strands) -> Array:
    """(curves, pieces, 4): cubic curves that leave and arrive level, as lines."""
    t = np.linspace(0, 1, _PIECES + 1)
    across = 1.5 * t * (1 - t) ** 2 + 1.5 * t**2 * (1 - t) + t**3
    down = 3 * t**2 * (1 - t) + t**3
    x = strands.x0[:, None] + (strands.x1 - strands.x0)[:, None] * across
    y = strands.y0[:, None] + (strands.y1 - strands.y0)[:, None] * down
    return np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]], axis=2)


def _draw_lines(painter: QPainter, lines: Array) -> None:
    """Hands all lines to Qt at once, without an object for each."""
    array = internals.PrimitiveArray(QLineF, 4)
    array.resize(len(lines))
    array.ndarray()[:] = lines
    painter.drawLines(*array.drawargs())
