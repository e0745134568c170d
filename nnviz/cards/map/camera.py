"""Visible section of the plane. Both axes have the same scale, so that distances can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.basics.validation import Array

_MARGIN = 18  # pixels around all points
_DEEPEST, _WIDEST = 200.0, 0.3  # limits of the scale as multiples of the one at which all points fit
_ROOM = 1.12  # Size of the section relative to the points: room to move before the camera follows.
_EMPTY = 0.6  # Share of the section that the points fill at least; below it the camera follows.


@dataclass(frozen=True)
class Camera:
    """Section with the center (x, y), y upwards, at ``scale`` pixels per unit, in a view of ``width`` by ``height``."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1

    def pixels(self, points: Array) -> Array:
        """Returns the pixels (k, 2) of points (k, 2)."""
        middle, place = (self.width / 2, self.height / 2), np.asarray(points, np.float32)
        turned = np.array([self.scale, -self.scale], np.float32)
        offset = np.array([middle[0] - self.x * self.scale, middle[1] + self.y * self.scale], np.float32)
        found: Array = place * turned + offset
        return found

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Returns the point at a pixel."""
        return self.x + (x - self.width / 2) / self.scale, self.y - (y - self.height / 2) / self.scale

    def moved(self, dx: float, dy: float) -> Camera:
        """Returns the section after a drag by (dx, dy) pixels."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def zoomed(self, factor: float, at_x: float, at_y: float, whole: float) -> Camera:
        """Returns the section zoomed by a factor around a pixel; ``whole`` is the scale at which all points fit."""
        scale = min(max(self.scale * factor, whole * _WIDEST), whole * _DEEPEST)
        x, y = self.point(at_x, at_y)
        return replace(self, x=x - (at_x - self.width / 2) / scale, y=y + (at_y - self.height / 2) / scale, scale=scale)

    def resized(self, width: int, height: int) -> Camera:
        """Returns the section for a view of another size, with the same center and at least the same content."""
        width, height = max(1, width), max(1, height)
        scale = self.scale * min(width / self.width, height / self.height)
        return replace(self, scale=scale, width=width, height=height)


def fitting(points: Array, width: int, height: int, room: float = 1.0) -> Camera:
    """Returns the section with all finite points (k, 2)."""
    seen = points[np.isfinite(points).all(axis=1)]
    if not len(seen):
        return Camera(width=max(1, width), height=max(1, height))
    low, high = seen.min(axis=0).astype(float), seen.max(axis=0).astype(float)
    spans, middle = np.maximum(high - low, 1e-9 * max(1.0, float(np.abs(seen).max()))), (low + high) / 2
    across, up = max(width - 2 * _MARGIN, 1), max(height - 2 * _MARGIN, 1)
    scale = min(across / spans[0], up / spans[1]) / room
    return Camera(float(middle[0]), float(middle[1]), float(scale), max(1, width), max(1, height))


def following(camera: Camera, points: Array) -> Camera:
    """Returns the same camera if all points are visible and fill it; else a new one with room for them to move."""
    best = fitting(points, camera.width, camera.height)
    places = camera.pixels(points[np.isfinite(points).all(axis=1)])
    if not len(places):
        return camera
    is_seen = places.min() >= 0 and (places.max(axis=0) <= (camera.width, camera.height)).all()
    is_filled = camera.scale >= _EMPTY * best.scale
    return camera if is_seen and is_filled else fitting(points, camera.width, camera.height, _ROOM)
