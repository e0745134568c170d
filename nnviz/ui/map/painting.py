"""The painter of thousands of points at once: pixel by pixel of the disc, for all points together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtGui import QImage

from engine.basics.validation import Array

_LEVELS = 4  # in which a disc's edge fades
_FADED = 0.16  # how much of its colour a faded point keeps


@dataclass(frozen=True, eq=False)
class Dots:
    """The points to paint.

    Attributes:
        points: (k, 2) float32, y upwards.
        inks: (k,) index of each point's colour in the painter's list of colours.
        are_ringed: (k,) whether a ring is drawn around the point.
        are_faded: (k,) whether the point is faded.
        names: names of the inks, painted at their points; "" for none. They are plain text.
    """

    points: Array
    inks: Array
    are_ringed: Array
    are_faded: Array
    names: list[str] = field(default_factory=list)


def no_dots() -> Dots:
    """Returns no dots."""
    nothing = np.zeros(0, bool)
    return Dots(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), nothing, nothing)


def mixed(colours: Array, ground: int, share: float) -> Array:
    """Returns colours 0xRRGGBB, (k,) uint32, each mixed by ``share`` with a ground."""
    parts = [
        (share * (colours >> shift & 255) + (1 - share) * (ground >> shift & 255)).astype(np.uint32) << shift
        for shift in (16, 8, 0)
    ]
    made: Array = parts[0] | parts[1] | parts[2] | np.uint32(0xFF000000)
    return made


class PointPainter:
    """Paints into an image that it keeps.

    Attributes:
        image: the image; valid until the next call of :meth:`paint` with another size.
    """

    def __init__(self) -> None:
        self._pixels: Array = np.zeros((1, 1), np.uint32)
        self._margin = 0
        self.image = QImage()

    def paint(
        self, size: tuple[int, int], places: Array, dots: Dots, colours: Array, ground: int, ring: int, radius: float
    ) -> None:
        """Paints the points at pixels ``places`` (k, 2) of an image of a width and height.

        Args:
            colours: (n,) uint32 0xRRGGBB, indexed by ``dots.inks``.
            ground, ring: colours of the background and of the rings.
            radius: radius of the discs in pixels.
        """
        disc, colours = _Disc(radius), colours | np.uint32(0xFF000000)
        self._prepare(size, 2 * disc.reach, ground)
        is_in, at = self._within(places, size, disc.reach)
        inks, ringed, faded = dots.inks[is_in], dots.are_ringed[is_in], dots.are_faded[is_in]
        self._stamp(at[faded], mixed(colours, ground, _FADED)[inks[faded]], disc, ground)
        plain = ~faded & ~ringed
        self._stamp(at[plain], colours[inks[plain]], disc, ground)
        marked = ~faded & ringed
        self._put(at[marked], disc.gap, np.uint32(ground | 0xFF000000))
        self._put(at[marked], disc.ring, np.uint32(ring | 0xFF000000))
        self._stamp(at[marked], colours[inks[marked]], disc, ground)

    def _prepare(self, size: tuple[int, int], margin: int, ground: int) -> None:
        shape = size[1] + 2 * margin, size[0] + 2 * margin
        if self._pixels.shape != shape:
            self._pixels = np.empty(shape, np.uint32)
        self._margin = margin
        self._pixels.fill(ground | 0xFF000000)
        inner = self._pixels[margin:, margin:]
        self.image = QImage(
            inner.ctypes.data,
            size[0],
            size[1],
            self._pixels.strides[0],
            QImage.Format.Format_RGB32,  # type: ignore[call-overload]
        )

    def _within(self, places: Array, size: tuple[int, int], reach: int) -> tuple[Array, Array]:
        """Returns which points reach into the image, and their indices in the pixels; the margin holds whole discs."""
        stride = self._pixels.shape[1]
        with np.errstate(invalid="ignore"):
            is_in: Array = np.all((places >= -reach) & (places < np.array(size) + reach), axis=1)
        whole = np.floor(places[is_in]).astype(np.intp) + self._margin
        return is_in, whole[:, 1] * stride + whole[:, 0]

    def _stamp(self, at: Array, colours: Array, disc: _Disc, ground: int) -> None:
        """Paints the faintest pixels of all points first, so that no edge of one covers the middle of another."""
        for covered, offsets in disc.layers:
            self._put(at, offsets, colours if covered == 1 else mixed(colours, ground, covered))

    def _put(self, at: Array, offsets: Array, colours: Array | np.uint32) -> None:
        flat, stride = self._pixels.reshape(-1), self._pixels.shape[1]
        for dx, dy in offsets.tolist():
            flat[at + (dy * stride + dx)] = colours


class _Disc:
    """The pixels of a disc around its middle one, (k, 2).

    Attributes:
        reach: no pixel of it or around it is farther away.
        layers: how much of its pixels it covers, 0…1, and those that it covers so much; the least covered first.
        gap, ring: pixels around it.
    """

    def __init__(self, radius: float) -> None:
        self.reach = int(np.ceil(radius)) + 3
        across = np.arange(-self.reach, self.reach + 1)
        x, y = (part.ravel() for part in np.meshgrid(across, across))
        distance, offsets = np.hypot(x, y), np.stack([x, y], axis=1)
        covered = np.round(_LEVELS * np.clip(radius + 0.5 - distance, 0, 1)) / _LEVELS
        self.layers = [(float(share), offsets[covered == share]) for share in np.unique(covered) if share > 0]
        self.gap = offsets[distance <= radius + 1.4]
        self.ring = offsets[(distance > radius + 1.4) & (distance <= radius + 2.4)]
