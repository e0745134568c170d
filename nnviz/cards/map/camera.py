"""Which part of the plane is seen, and at what size. Both directions have the same scale, so that distances compare."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.basics.validation import Array

_MARGIN = 18  # pixels around all points
_DEEPEST, _WIDEST = 200.0, 0.3  # times the scale at which all points fit
_ROOM = 1.12  # how much further than all points one sees, so that those that move need not be followed at once
_EMPTY = 0.6  # the share of the room that points must at least fill


@dataclass(frozen=True)
class Camera:
    """Looks at a point (x, y) from above, y upwards; ``scale`` pixels to a unit, in a view of that size."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1

    def pixels(self, points: Array) -> Array:
        """(k, 2): where points (k, 2) are in the view, in pixels."""
        middle, place = (self.width / 2, self.height / 2), np.asarray(points, np.float32)
        turned = np.array([self.scale, -self.scale], np.float32)
        offset = np.array([middle[0] - self.x * self.scale, middle[1] + self.y * self.scale], np.float32)
        found: Array = place * turned + offset
        return found

    def point(self, x: float, y: float) -> tuple[float, float]:
        """What point is at a pixel."""
        return self.x + (x - self.width / 2) / self.scale, self.y - (y - self.height / 2) / self.scale

    def moved(self, dx: float, dy: float) -> Camera:
        """Everything moves by so many pixels."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def zoomed(self, factor: float, at_x: float, at_y: float, whole: float) -> Camera:
        """Closer by a factor, while the point at a pixel stays; ``whole`` is the scale at which all points fit."""
        scale = min(max(self.scale * factor, whole * _WIDEST), whole * _DEEPEST)
        x, y = self.point(at_x, at_y)
        return replace(self, x=x - (at_x - self.width / 2) / scale, y=y + (at_y - self.height / 2) / scale, scale=scale)

    def resized(self, width: int, height: int) -> Camera:
        """The same middle in a view of another size; all that was seen is still seen, as large as it can be."""
        width, height = max(1, width), max(1, height)
        scale = self.scale * min(width / self.width, height / self.height)
        return replace(self, scale=scale, width=width, height=height)


def fitting(points: Array, width: int, height: int, room: float = 1.0) -> Camera:
    """A camera that sees all points (k, 2); those that are not finite have no place."""
    seen = points[np.isfinite(points).all(axis=1)]
    if not len(seen):
        return Camera(width=max(1, width), height=max(1, height))
    low, high = seen.min(axis=0).astype(float), seen.max(axis=0).astype(float)
    spans, middle = np.maximum(high - low, 1e-9 * max(1.0, float(np.abs(seen).max()))), (low + high) / 2
    across, up = max(width - 2 * _MARGIN, 1), max(height - 2 * _MARGIN, 1)
    scale = min(across / spans[0], up / spans[1]) / room
    return Camera(float(middle[0]), float(middle[1]), float(scale), max(1, width), max(1, height))


def following(camera: Camera, points: Array) -> Camera:
    """The same camera while it sees all points and they fill it; else another, with some room for them to move."""
    best = fitting(points, camera.width, camera.height)
    places = camera.pixels(points[np.isfinite(points).all(axis=1)])
    if not len(places):
        return camera
    is_seen = places.min() >= 0 and (places.max(axis=0) <= (camera.width, camera.height)).all()
    is_filled = camera.scale >= _EMPTY * best.scale
    return camera if is_seen and is_filled else fitting(points, camera.width, camera.height, _ROOM)
