"""The README's pictures of the window can be made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt5.QtGui import QImage

from tests.pictures import FILM, FOLDER, PICTURES, make


@pytest.mark.parametrize(("scale", "size"), [("1", (1280, 720)), ("2", (2560, 1440))])
def test_a_picture_is_made(tmp_path: Path, scale: str, size: tuple[int, int]) -> None:
    make(tmp_path / "window.png", "--size", "1280x720", "--epochs", "0", "--draw", scale=scale)
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    picture = QImage(str(tmp_path / "window.png"))
    assert (picture.width(), picture.height()) == size


def test_all_pictures_are_there() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {*PICTURES, FILM}
