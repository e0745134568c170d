"""Selection among many points, by the mouse or by keys."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPoint

from engine.basics.validation import Array


def nearest(places: Array, at: QPoint, reach: float) -> int:
    """Returns the index of the place, of (k, 2) pixels, that is nearest to a point; -1 if none is within reach.

    Places that are not finite are ignored.
    """
    with np.errstate(invalid="ignore"):
        far = (places[:, 0] - at.x()) ** 2 + (places[:, 1] - at.y()) ** 2
        within = np.flatnonzero(far <= reach**2)
    return int(within[far[within].argmin()]) if len(within) else -1


def next_along(values: Array, chosen: int | None, step: int) -> int:
    """Returns the index of the value one step up or down from the chosen one; of the lowest if none is chosen."""
    order = np.argsort(values, kind="stable").tolist()
    place = 0 if chosen is None or chosen >= len(order) else order.index(chosen) + step
    return int(order[min(max(place, 0), len(order) - 1)])
