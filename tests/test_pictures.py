"""The README's pictures of the window can be made, and pictures can be compared."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PyQt5.QtGui import QImage

from tests.compare_pictures import difference
from tests.pictures import FILM, FOLDER, PICTURES, make


def test_a_picture_is_made(tmp_path: Path) -> None:
    make(tmp_path / "window.png", "--data", "spirals", "--size", "1280x720", "--epochs", "0", scale="2")
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    picture = QImage(str(tmp_path / "window.png"))
    assert (picture.width(), picture.height()) == (2560, 1440)


def test_all_pictures_are_there() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {*PICTURES, FILM}


def test_a_difference_says_how_many_pixels_and_where() -> None:
    then = Image.new("RGB", (40, 30), "white")
    now = then.copy()
    assert difference(then, now) is None
    for place in ((5, 7), (20, 9)):
        now.putpixel(place, (255, 255, 254))
    found = difference(then, now)
    assert found is not None
    assert found.words == "2 pixels differ, within (5, 7, 21, 10)"
    assert found.picture.getpixel((5, 7)) == (255, 0, 0)
    assert found.picture.getpixel((6, 7)) == (255, 255, 255)


def test_another_size_is_a_difference() -> None:
    found = difference(Image.new("RGB", (40, 30)), Image.new("RGB", (41, 30)))
    assert found is not None
    assert "(40, 30)" in found.words
