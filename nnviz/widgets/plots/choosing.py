"""Which of many points is meant: by the mouse, or by keys that go from one to the next."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPoint

from engine.validation import Array


def nearest(places: Array, at: QPoint, reach: float) -> int:
    """The number of the place, of (k, 2) pixels, that is nearest to a point; -1 if none is within reach.

    Places that are not finite are nowhere.
    """
    far = np.nan_to_num(((places - (at.x(), at.y())) ** 2).sum(axis=1), nan=np.inf)
    found = int(far.argmin()) if len(far) else -1
    return found if found >= 0 and far[found] <= reach**2 else -1


def next_along(values: Array, chosen: int | None, step: int) -> int:
    """The number of the value, of (k,), one step up or down from the chosen one; of the lowest if none is chosen."""
    order = np.argsort(values, kind="stable").tolist()
    place = 0 if chosen is None or chosen >= len(order) else order.index(chosen) + step
    return int(order[min(max(place, 0), len(order) - 1)])
