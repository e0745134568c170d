"""Pictures in files: formats of pixels only, regular files only, little memory, and words for what cannot be read."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tracemalloc
import warnings
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from zlib import compress, crc32

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.basics.errors import DataError, FileFormatError
from engine.basics.validation import Array
from engine.photograph import ink_of_photograph
from nnviz.digits import picture_files
from nnviz.digits.picture_files import grey_of_file

posix = pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc32(kind + content))


def png_of(width: int, height: int, bits: int = 8) -> bytes:
    """A header that claims a size, and hardly any pixels."""
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", compress(bytes(100)))


def bytes_of(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """What a file of it contains."""
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def jpeg_of_passes(size: tuple[int, int], count: int) -> bytes:
    """A progressive JPEG whose last pass comes again and again."""
    whole = bytes_of(Image.new("L", size, 90), "JPEG", progressive=True)
    last, end = whole.rindex(b"\xff\xda"), len(whole) - 2
    return whole[:end] + whole[last:end] * count + whole[end:]


def sheet(size: tuple[int, int] = (300, 400)) -> Image.Image:
    """A one, upright, in the upper half."""
    made = Image.new("L", size, 220)
    width, height = size
    ImageDraw.Draw(made).line([(width // 2, height // 10), (width // 2, height // 2)], fill=20, width=width // 15)
    return made


def is_dark(grey: Array, x: float, y: float) -> bool:
    """Whether the pixel at these shares of the width and height is ink."""
    return bool(grey[int(y * grey.shape[0]), int(x * grey.shape[1])] < grey.max() / 2)


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the reader reduce images a hundred times smaller than usual, so that tests need no large ones."""
    monkeypatch.setattr(picture_files, "_ENOUGH", picture_files._ENOUGH // 100)
    monkeypatch.setattr(picture_files, "_STRIP", picture_files._STRIP // 100)


# ---- what is read


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "MPO"])
def test_the_formats_that_people_use_whatever_the_name(tmp_path: Path, kind: str) -> None:
    for name in ("one", "one.wrong"):
        sheet().save(tmp_path / name, kind)
        grey = grey_of_file(tmp_path / name)
        assert grey.shape == (400, 300)
        assert grey.dtype == np.float32
        assert is_dark(grey, 0.5, 0.3)
        assert not is_dark(grey, 0.5, 0.7)


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK"])
def test_large_pictures_are_reduced_to_what_small_ones_show(tmp_path: Path, mode: str) -> None:
    small, large = sheet(), sheet((600, 410))
    deep = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    kind = "TIFF" if mode in ("I", "F", "CMYK") else "PNG"
    for name, made in (("small", small), ("large", large)):
        whole = Image.fromarray(np.asarray(made).astype(deep[mode])) if mode in deep else made.convert(mode)
        whole.save(tmp_path / name, kind)
    grey, reduced = grey_of_file(tmp_path / "small"), grey_of_file(tmp_path / "large")
    assert reduced.shape == (205, 300)
    assert reduced.max() == pytest.approx(grey.max(), abs=1)
    assert reduced.min() == pytest.approx(grey.min(), abs=1)
    assert is_dark(reduced, 0.5, 0.3)
    assert not is_dark(reduced, 0.5, 0.7)


@pytest.mark.usefixtures("low_limits")
def test_a_large_palette_with_transparency_lies_on_paper(tmp_path: Path) -> None:
    made = sheet((600, 410)).point(lambda grey: int(grey < 100))  # colour 0 is the ground, 1 is ink
    made = Image.frombytes("P", made.size, made.tobytes())
    made.putpalette([0, 0, 0, 30, 30, 30])
    made.save(tmp_path / "one.png", transparency=0)
    grey = grey_of_file(tmp_path / "one.png")
    assert grey.max() == 255
    assert is_dark(grey, 0.5, 0.3)
    assert not is_dark(grey, 0.5, 0.7)


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("size", [(50, 80), (600, 410)])
def test_white_on_nothing_is_seen_on_black(tmp_path: Path, size: tuple[int, int]) -> None:
    made = Image.new("RGBA", size, (255, 255, 255, 0))
    ImageDraw.Draw(made).rectangle([size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2], (255, 255, 255, 255))
    made.save(tmp_path / "white.png")
    grey = grey_of_file(tmp_path / "white.png")
    assert (grey.min(), grey.max()) == (0, 255)


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "size"), [("JPEG", (320, 400)), ("PNG", (320, 400)), ("JPEG", (480, 600))])
def test_it_is_turned_as_the_camera_was_held(
    tmp_path: Path, orientation: int, kind: str, size: tuple[int, int]
) -> None:
    as_stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # and so a viewer turns it back by 270 degrees
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = sheet(size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if as_stored is None else upright.transpose(as_stored)
    stored.save(tmp_path / "turned", kind, exif=exif)
    upright.save(tmp_path / "upright", kind)
    grey, expected = grey_of_file(tmp_path / "turned"), grey_of_file(tmp_path / "upright")
    assert grey.shape == expected.shape
    assert np.abs(grey - expected).mean() < 2


def test_a_damaged_note_on_the_orientation_does_no_harm(tmp_path: Path) -> None:
    sheet().save(tmp_path / "one.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff\xff\xff\xff" * 3)
    assert is_dark(grey_of_file(tmp_path / "one.jpg"), 0.5, 0.3)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_of_many_frames_the_first_is_read(tmp_path: Path, kind: str) -> None:
    others = [Image.new("L", (300, 400), 10 * number) for number in range(20)]
    sheet().save(tmp_path / "many", kind, save_all=True, append_images=others)
    assert is_dark(grey_of_file(tmp_path / "many"), 0.5, 0.3)


# ---- what is not


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\n{} loop\n",
        b"%!PS\n%%BoundingBox: 0 0 50 50\n%%EndComments\n{} loop\n",
        b"\xc5\xd0\xd3\xc6" + bytes(40),
        b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hH", 0, 0, 50, 50, 96) + bytes(60),
        b"GRIB" + bytes(60),
        b"\x89HDF\r\n\x1a\n" + bytes(60),
        b"",
        b"no picture",
    ],
)
def test_programs_and_what_else_calls_itself_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it starts a program"))
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("it starts Ghostscript"))
    (tmp_path / "seven.png").write_bytes(content)
    rule = r"^seven\.png: not an image, or damaged\. Use a PNG, JPEG, .* or PPM"
    with pytest.raises(DataError, match=rule):
        grey_of_file(tmp_path / "seven.png")


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "seven.png")
    with pytest.raises(OSError, match="this is a pipe, but only a regular file can be read"):
        grey_of_file(tmp_path / "seven.png")


@pytest.mark.parametrize("where", [33, -12], ids=["before the pixels", "after them"])
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_huge_text_in_a_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: int, is_packed: bool) -> None:
    monkeypatch.setattr("PIL.PngImagePlugin.MAX_TEXT_MEMORY", 2**20)
    whole = bytes_of(sheet(), "PNG")
    text = b"x" * (2**21 if is_packed else 2**19 + 1)
    note = chunk(b"zTXt", b"note\0\0" + compress(text)) if is_packed else chunk(b"tEXt", b"note\0" + text) * 2
    (tmp_path / "one.png").write_bytes(whole[:where] + note + whole[where:])
    with pytest.raises(DataError, match=r"one\.png: not an image, or damaged"):
        grey_of_file(tmp_path / "one.png")


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("size", [(40, 30), (600, 410)])
def test_pixels_that_are_no_numbers(tmp_path: Path, odd: float, size: tuple[int, int]) -> None:
    values = np.asarray(sheet(size), np.float32).copy()
    values[3, 5] = odd
    Image.fromarray(values).save(tmp_path / "odd.tif")
    with pytest.raises(DataError, match=r"odd\.tif.*infinite or NaN"):
        grey_of_file(tmp_path / "odd.tif")


def test_pixels_of_any_finite_size_are_greys(tmp_path: Path) -> None:
    values = (np.asarray(sheet((300, 400)), np.float32) - 120) * np.float32(3e36)
    Image.fromarray(values).save(tmp_path / "bright.tif")
    ink, expected = (ink_of_photograph(grey) for grey in (grey_of_file(tmp_path / "bright.tif"), values / 3e36))
    assert ink is not None
    np.testing.assert_allclose(ink, expected, atol=0.02)


def test_whatever_pillow_raises_or_warns_becomes_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet().save(tmp_path / "one.png")
    for error in (ValueError("x"), struct.error("x"), EOFError(), KeyError(3), OverflowError(), RuntimeError("x")):
        with monkeypatch.context() as patch:
            patch.setattr(Image, "open", _raiser(error))
            with pytest.raises(DataError, match="not an image, or damaged"):
                grey_of_file(tmp_path / "one.png")


def _raiser(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_memory_that_is_missing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet().save(tmp_path / "one.png")
    monkeypatch.setattr(Image, "open", _raiser(MemoryError()))
    with pytest.raises(DataError, match=r"one\.png: it does not fit in memory\. Make it smaller"):
        grey_of_file(tmp_path / "one.png")


def test_nothing_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "cut.tif").write_bytes(bytes_of(sheet(), "TIFF")[:-3])
    (tmp_path / "large.png").write_bytes(png_of(10_000, 10_000))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for name in ("cut.tif", "large.png"):
            with pytest.raises(DataError):
                grey_of_file(tmp_path / name)
    assert [str(warning.message) for warning in heard] == []


# ---- how large it may be


def test_too_large_a_file_is_refused_unread(tmp_path: Path) -> None:
    Image.new("1", (8000, 7000)).save(tmp_path / "poster.png")
    with pytest.raises(DataError, match=r"poster\.png: it has 8,000 × 7,000 pixels, 56.0 million, at most"):
        grey_of_file(tmp_path / "poster.png")


@pytest.mark.parametrize("size", [(70_000, 1), (2, 70_000)])
def test_too_long_a_picture_is_refused_unread(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "strip.png").write_bytes(png_of(*size))
    with pytest.raises(DataError, match=r"strip\.png: it has .*70,000.* pixels, at most 65,535 are"):
        grey_of_file(tmp_path / "strip.png")


def test_a_webp_takes_more_memory_and_must_be_smaller(tmp_path: Path) -> None:
    content = bytearray(bytes_of(sheet((16, 16)), "WEBP"))
    content[26:30] = struct.pack("<HH", 6000, 4000)  # the size in its header
    (tmp_path / "large.webp").write_bytes(content)
    with pytest.raises(DataError, match=r"6,000 × 4,000 pixels, 24.0 million, at most 20 million"):
        grey_of_file(tmp_path / "large.webp")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_file_that_would_fill_the_memory_is_refused_unread(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(*size, bits=1))
    with pytest.raises(DataError, match=r"bomb\.png: it has more than 50 million pixels"):
        grey_of_file(tmp_path / "bomb.png")


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "endless.png", "wb") as file:
        file.truncate(picture_files.MOST_BYTES + 1)
    with pytest.raises(FileFormatError, match=r"endless\.png: the file has 160,000,001 bytes"):
        grey_of_file(tmp_path / "endless.png")


def test_a_large_jpeg_is_read_small(tmp_path: Path) -> None:
    Image.new("L", (6000, 4000), 200).save(tmp_path / "large.jpg")
    assert grey_of_file(tmp_path / "large.jpg").shape == (2000, 3000)


@pytest.mark.usefixtures("low_limits")
def test_grey_values_take_little_memory(tmp_path: Path) -> None:
    """As numpy counts it; the pixels that Pillow decodes come on top."""
    sheet((600, 410)).convert("RGBA").save(tmp_path / "large.png", compress_level=1)
    tracemalloc.start()
    try:
        grey = grey_of_file(tmp_path / "large.png")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grey.size < 70_000
    assert most < 3 * grey.nbytes


# ---- how long it may take


def test_a_jpeg_of_many_passes_ends_when_it_is_not_wanted_any_more(tmp_path: Path) -> None:
    (tmp_path / "slow.jpg").write_bytes(jpeg_of_passes((7000, 7000), 20_000))
    asked = 0

    def is_wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked < 60

    with pytest.raises(CancelledError):
        grey_of_file(tmp_path / "slow.jpg", is_wanted)


def test_what_takes_too_long_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet().save(tmp_path / "slow.png")
    monkeypatch.setattr(picture_files, "MOST_SECONDS", -1)
    with pytest.raises(DataError, match=r"slow\.png: reading the image takes more than"):
        grey_of_file(tmp_path / "slow.png")
