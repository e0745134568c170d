"""Pictures are read behind the window: the latest wins, none is waited for, and all obey the same limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PyQt5.QtCore import QMimeData, QUrl
from PyQt5.QtGui import QColor, QImage, QPainter
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.basics.errors import DataError, FileFormatError
from nnviz.digits import picture_files
from nnviz.digits.strokes import Ink
from nnviz.jobs.pictures import Pictures
from tests.nnviz.digits.test_picture_files import jpeg_of_passes

Reported = list[object]


@pytest.fixture
def pictures(qapp: QApplication) -> Iterator[Pictures]:
    """Ended after the test."""
    pictures = Pictures()
    yield pictures
    assert pictures.close(10_000)


@pytest.fixture
def reported(pictures: Pictures) -> Reported:
    """Titles of pictures that were read, and errors."""
    heard: Reported = []
    pictures.read.connect(lambda ink: heard.append(ink.title))
    pictures.failed.connect(lambda what, error: heard.append(error))
    return heard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a picture that can be read, and none."""
    made = Image.new("L", (300, 400), 220)
    ImageDraw.Draw(made).line([(150, 80), (150, 300)], fill=20, width=20)
    made.save(tmp_path / "one.png")
    (tmp_path / "text.png").write_text("no picture")
    return tmp_path


@pytest.fixture
def slow(folder: Path) -> Path:
    """A picture there that takes minutes."""
    (folder / "slow.jpg").write_bytes(jpeg_of_passes((7000, 7000), 20_000))
    return folder / "slow.jpg"


def files(path: Path) -> QMimeData:
    """As a file manager gives it."""
    given = QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(path))])
    return given


def in_memory(image: QImage) -> QMimeData:
    """As the clipboard gives it."""
    given = QMimeData()
    given.setImageData(image)
    return given


def painted(kind: int, size: tuple[int, int] = (300, 400), ground: str = "white", ink: str = "black") -> QImage:
    """A one."""
    image = QImage(*size, kind)
    image.fill(QColor(ground))
    painter = QPainter(image)
    painter.fillRect(size[0] // 2, size[1] // 5, size[0] // 15, size[1] // 2, QColor(ink))
    painter.end()
    return image


def test_a_picture_takes_the_place_of_a_slow_one(
    pictures: Pictures, reported: Reported, folder: Path, slow: Path, qtbot: QtBot
) -> None:
    pictures.load(files(slow), "what was dropped")
    pictures.load(files(folder / "text.png"), "what was dropped")
    pictures.load(files(folder / "one.png"), "what was dropped")
    qtbot.waitUntil(lambda: reported == ["one.png"], timeout=20_000)
    assert pictures.close(10_000)
    QApplication.processEvents()
    assert reported == ["one.png"], "of the others nothing is heard"


def test_nothing_given_leaves_the_picture_that_is_being_read(
    pictures: Pictures, reported: Reported, folder: Path, qtbot: QtBot
) -> None:
    pictures.load(files(folder / "one.png"), "what was dropped")
    pictures.load(QMimeData(), "the clipboard")
    qtbot.waitUntil(lambda: len(reported) == 2)
    assert isinstance(reported[0], DataError)
    assert reported[1] == "one.png"


def test_the_end_does_not_wait_for_a_slow_one(pictures: Pictures, reported: Reported, slow: Path) -> None:
    pictures.load(files(slow), "what was dropped")
    pictures.close(0)
    assert pictures.close(20_000), "the reading ends by itself, long before it is done"
    QApplication.processEvents()
    assert reported == []


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
def test_a_pipe_is_refused_and_holds_nothing_up(
    pictures: Pictures, reported: Reported, folder: Path, qtbot: QtBot
) -> None:
    os.mkfifo(folder / "pipe.png")
    pictures.load(files(folder / "pipe.png"), "what was dropped")
    qtbot.waitUntil(lambda: len(reported) == 1)
    assert isinstance(reported[0], OSError)
    assert "a pipe" in reported[0].strerror
    pictures.load(files(folder / "one.png"), "what was dropped")
    qtbot.waitUntil(lambda: reported[1:] == ["one.png"])


def test_too_large_a_file_is_reported_as_the_drawings_error(pictures: Pictures, folder: Path, qtbot: QtBot) -> None:
    with open(folder / "endless.png", "wb") as file:
        file.truncate(2**40)
    with qtbot.waitSignal(pictures.failed) as failed:
        pictures.load(files(folder / "endless.png"), "what was dropped")
    what, error = failed.args
    assert what == "The drawing is unchanged"
    assert isinstance(error, FileFormatError)


@pytest.mark.parametrize(
    ("kind", "ground", "ink"),
    [
        (QImage.Format.Format_Mono, "white", "black"),
        (QImage.Format.Format_Indexed8, "white", "black"),
        (QImage.Format.Format_RGB16, "#203040", "#eeffdd"),
        (QImage.Format.Format_RGB888, "white", "#204080"),
        (QImage.Format.Format_ARGB32_Premultiplied, "transparent", "black"),
        (QImage.Format.Format_ARGB32, "transparent", "white"),
        (QImage.Format.Format_RGBA64, "white", "black"),
        (QImage.Format.Format_Grayscale16, "white", "black"),
    ],
)
@pytest.mark.parametrize("size", [(301, 400), (401, 410)], ids=["small", "large"])
def test_pictures_in_memory_of_any_kind(
    pictures: Pictures,
    kind: int,
    ground: str,
    ink: str,
    size: tuple[int, int],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The larger one is reduced, with limits that are a hundredth of the usual ones."""
    monkeypatch.setattr(picture_files, "_ENOUGH", picture_files._ENOUGH // 100)
    monkeypatch.setattr(picture_files, "_STRIP", picture_files._STRIP // 100)
    image = painted(QImage.Format.Format_ARGB32, size, ground, ink).convertToFormat(kind)
    with qtbot.waitSignal(pictures.read, timeout=10_000) as read:
        pictures.load(in_memory(image), "the clipboard")
    (found,) = read.args
    assert isinstance(found, Ink)
    height, width = found.pixels.shape
    assert height > 5 * width, "the upright line"


@pytest.mark.parametrize(
    ("size", "words"), [((8000, 7000), "8,000 × 7,000 pixels, 56.0 million, at most"), ((0, 0), "empty")]
)
def test_pictures_in_memory_obey_the_limits(
    pictures: Pictures, size: tuple[int, int], words: str, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(pictures.failed, timeout=10_000) as failed:
        pictures.load(in_memory(QImage(*size, QImage.Format.Format_Mono)), "the clipboard")
    what, error = failed.args
    assert what == "The drawing is unchanged"
    assert words in str(error)
