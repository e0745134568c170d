"""Points are painted where the camera sees them, in their colours; what stands back lies below."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtGui import QColor

from nnviz.cards.map.camera import Camera, fitting, following
from nnviz.ui.map.painting import Dots, PointPainter

GROUND, RING = 0x102030, 0xFFFFFF
INKS = np.array([0xFF0000, 0x00FF00], np.uint32)


def painted(places: list[tuple[float, float]], inks: list[int], ringed: bool = False, faded: int = -1) -> PointPainter:
    """A picture of 60 × 40 with discs of radius 3."""
    count = len(places)
    dots = Dots(
        np.zeros((count, 2), np.float32), np.array(inks, np.intp), np.full(count, ringed), np.arange(count) == faded
    )
    painter = PointPainter()
    painter.paint((60, 40), np.array(places, np.float32).reshape(-1, 2), dots, INKS, GROUND, RING, 3)
    return painter


def at(painter: PointPainter, x: int, y: int) -> str:
    """The colour of a pixel."""
    return QColor(painter.image.pixel(x, y)).name()


def test_a_disc_in_its_colour() -> None:
    picture = painted([(20, 10)], [1])
    assert (picture.image.width(), picture.image.height()) == (60, 40)
    assert at(picture, 20, 10) == "#00ff00"
    assert at(picture, 22, 10) == "#00ff00"
    assert at(picture, 26, 10) == at(picture, 20, 16) == "#102030"
    assert at(picture, 23, 10) not in ("#00ff00", "#102030"), "its edge is between both"


def test_points_at_the_rim_and_beyond() -> None:
    picture = painted([(0, 0), (59.9, 39.9), (-500, 20), (30, 9000), (np.nan, 3)], [0, 0, 0, 0, 0])
    assert at(picture, 0, 0) == at(picture, 59, 39) == "#ff0000"
    assert at(picture, 30, 20) == "#102030"


@pytest.mark.parametrize("radius", [1.9, 6.4])
def test_large_rings_may_lie_half_beyond_the_rim(radius: float) -> None:
    along = np.concatenate([np.arange(rim - 9, rim + 9, 1.5, np.float32) for rim in (0, 40, 60)])
    across, down = np.full_like(along, 20), np.full_like(along, 30)
    places = np.concatenate([np.stack([along, across], 1), np.stack([down, along], 1)])
    one = np.ones(1, bool)
    for place in places:
        for ringed in (one, ~one):
            painter = PointPainter()
            dots = Dots(np.zeros((1, 2), np.float32), np.zeros(1, np.intp), ringed, ~one)
            painter.paint((60, 40), place[None], dots, INKS, GROUND, RING, radius)
    picture = PointPainter()
    picture.paint((60, 40), np.array([[30, 40 + radius + 1]], np.float32), dots, INKS, GROUND, RING, radius)
    assert at(picture, 30, 0) == at(picture, 29, 0) == "#102030", "what lies below does not come in from above"


def test_a_ring_is_apart_from_the_disc() -> None:
    picture = painted([(30, 20)], [0], ringed=True)
    assert at(picture, 30, 20) == "#ff0000"
    assert at(picture, 35, 20) == "#ffffff"
    assert at(picture, 34, 20) == "#102030"


@pytest.mark.parametrize("faded", [0, 1])
def test_what_stands_back_lies_below(faded: int) -> None:
    picture = painted([(30, 20), (30, 20)], [0, 1], faded=faded)
    assert at(picture, 30, 20) == ("#00ff00" if faded == 0 else "#ff0000")
    alone = painted([(30, 20)], [0], faded=0)
    assert at(alone, 30, 20) not in ("#ff0000", "#102030")


def test_no_points() -> None:
    assert at(painted([], []), 5, 5) == "#102030"


# ---- the camera

POINTS = np.array([(0, 0), (10, 0), (4, 5), (np.nan, 1)], np.float32)


def test_all_points_fit_and_both_directions_have_one_scale() -> None:
    camera = fitting(POINTS, 400, 300)
    places = camera.pixels(POINTS[:3])
    assert (places >= 0).all()
    assert (places <= (400, 300)).all()
    assert places[1, 0] - places[0, 0] == pytest.approx(10 * camera.scale)
    assert places[0, 1] - places[2, 1] == pytest.approx(5 * camera.scale), "y grows upwards"


def test_the_point_under_the_mouse_stays_when_it_zooms() -> None:
    camera = fitting(POINTS, 400, 300)
    closer = camera.zoomed(3, 100, 50, camera.scale)
    assert closer.scale == pytest.approx(3 * camera.scale)
    assert closer.point(100, 50) == pytest.approx(camera.point(100, 50))
    assert camera.zoomed(1e9, 0, 0, camera.scale).scale == pytest.approx(200 * camera.scale), "not without end"
    assert camera.moved(7, 3).pixels(POINTS[:1])[0] == pytest.approx(camera.pixels(POINTS[:1])[0] + (7, 3), abs=1e-3)


def test_it_follows_points_only_when_it_must() -> None:
    camera = fitting(POINTS, 400, 300)
    assert following(camera, POINTS) == camera
    assert following(camera, POINTS * np.float32(0.9)) == camera
    grown = following(camera, POINTS * np.float32(1.5))
    assert grown != camera
    assert following(grown, POINTS * np.float32(1.55)) == grown, "it left some room"
    assert following(camera, POINTS * np.float32(0.1)).scale > 5 * camera.scale


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.full((3, 2), np.nan), np.ones((5, 2)), np.full((1, 2), 1e30)])
def test_without_spread(points: np.ndarray) -> None:
    camera = fitting(points.astype(np.float32), 400, 300)
    assert np.isfinite(camera.scale)
    assert camera.scale > 0
    assert isinstance(following(camera, points.astype(np.float32)), Camera)
