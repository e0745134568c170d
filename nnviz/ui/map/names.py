"""Names over points, in the middle of their points, readable on any background."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.map.painting import Dots

_SIZE = 18  # of the letters, in pixels
_LONGEST = 110  # pixels
_HALO = 5.0


def middles(dots: Dots) -> dict[int, Array]:
    """Returns the medians (2,) of the points of each ink that has a name and points."""
    is_seen = np.isfinite(dots.points).all(axis=1)
    points, inks = dots.points[is_seen], dots.inks[is_seen]
    of_each = {ink: points[inks == ink] for ink, name in enumerate(dots.names) if name}
    return {ink: np.median(some, axis=0) for ink, some in of_each.items() if len(some)}


def paint_names(
    painter: QPainter, names: list[str], places: dict[int, QPointF], mark: QRectF | None = None
) -> list[QRectF]:
    """Paints names at their places, or next to a mark there, except names that would cover another.

    Returns the rectangles of the names.
    """
    font = theme.font(_SIZE, bold=True)
    metrics = QFontMetricsF(font)
    taken: list[QRectF] = []
    for ink, place in places.items():
        words = metrics.elidedText(names[ink], Qt.TextElideMode.ElideMiddle, _LONGEST)
        box = QRectF(0, 0, metrics.horizontalAdvance(words) + 4, _SIZE)
        box.moveCenter(place)
        if mark is not None and box.intersects(mark):
            step_aside(box, mark)
        if any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        paint_words(painter, words, QPointF(box.left() + 2, box.center().y() + metrics.capHeight() / 2), font)
    return taken


def step_aside(box: QRectF, mark: QRectF) -> None:
    """Moves a box out of a mark, to the nearer side."""
    if box.center().x() < mark.center().x():
        box.moveRight(mark.left())
    else:
        box.moveLeft(mark.right())


def paint_words(painter: QPainter, words: str, at: QPointF, font: QFont) -> None:
    """Writes words from the left end of their base line, with a rim in the colour of the ground."""
    path = QPainterPath()
    path.addText(at, font, words)
    painter.strokePath(
        path,
        QPen(theme.colour("card"), _HALO, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin),
    )
    painter.fillPath(path, theme.colour("ink"))
