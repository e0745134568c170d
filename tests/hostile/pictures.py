"""Damaged pictures, and what calls itself a picture. Each must be refused in words, or be read as grey values."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zlib import compress, crc32

import numpy as np
from PIL import Image
from PyQt5.QtGui import QImage

from engine.basics.validation import Array
from engine.datasets.grey_images import MOST_PIXELS
from engine.photograph import ink_of_photograph
from nnviz.digits.picture_files import grey_of_file
from nnviz.jobs.pictures import _grey_of_image
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes
from tests.hostile.files import refused

_PROGRAMS = {
    "seven.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\n{} loop\n",
    "seven.jpg": b"%!PS\n{} loop\n",
    "seven.tif": b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hH", 0, 0, 50, 50, 96) + bytes(60),
    "seven.wmf": b"\xd7\xcd\xc6\x9a\x00\x00" + bytes(60),
    "seven.eps": b"\xc5\xd0\xd3\xc6" + bytes(40),
    "seven.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/dev/zero"/></svg>',
    "seven.gif": b"#define seven_width 2147483647\n#define seven_height 2147483647\n",
    "seven.ppm": b"P6 2147483647 2147483647 255\n",
    "seven.pfm": b"Pf 3 3 -1e-320\n" + bytes(36),
}
_KINDS = (
    *(("PNG", mode) for mode in ("L", "LA", "RGB", "RGBA", "P", "1", "I;16", "transparent")),
    *(("JPEG", mode) for mode in ("L", "RGB", "CMYK", "progressive", "turned")),
    *(("TIFF", mode) for mode in ("F", "I;16", "I", "L", "CMYK", "LAB", "packed", "turned", "many")),
    *(("GIF", mode) for mode in ("P", "transparent", "many")),
    *(("WEBP", mode) for mode in ("RGB", "RGBA", "many")),
    *(("BMP", mode) for mode in ("RGB", "P", "1")),
    *(("PPM", mode) for mode in ("L", "1", "RGB", "I", "F")),
    ("MPO", "many"),
    ("PNG", "many"),
)
_SIZES = ((1, 1), (1, 90), (90, 1), (28, 28), (64, 80), (300, 200), (2100, 2900))
_MANY = 40  # frames
_FLOATS = (np.inf, np.nan, -np.inf, 3e38, -3e38, 1e38, 1e-45, 0.0)


@attack("pictures", cases=60)
def picture(rng: np.random.Generator, folder: Path) -> str:
    """Pictures of every format that is read, and programs that call themselves pictures."""
    how = rng.random()
    if how < 0.03:
        path = folder / "pipe.png"
        os.mkfifo(path)
    elif how < 0.12:
        name = list(_PROGRAMS)[int(rng.integers(len(_PROGRAMS)))]
        path = folder / name
        path.write_bytes(_PROGRAMS[name])
    elif how < 0.17:
        path = folder / "endless.png"
        with open(path, "wb") as file:
            file.truncate(int(rng.integers(2**27, 2**40)))
    else:
        path = folder / "seven.png"
        content = _with_odd_header(rng) if how < 0.3 else _whole(rng)
        path.write_bytes(_damaged(rng, content))

    with patch.object(subprocess, "Popen", _no_program):
        return _reported(lambda: grey_of_file(path))


@attack("pictures in memory", cases=60)
def picture_in_memory(rng: np.random.Generator, folder: Path) -> str:
    """As the clipboard gives them: of all of Qt's formats, some empty, some huge, and some that Qt read from a file."""
    if rng.random() < 0.5:
        image = QImage.fromData(_damaged(rng, _whole(rng)))
    else:
        sides = [int(side) for side in pick(rng, (0, 0), (1, 1), (1, 70_000), (33, 77), (3000, 2000), (8000, 7000))]
        image = QImage(*sides, int(rng.integers(1, 28)))
        if not image.isNull() and image.byteCount() < 2**26:
            memory = image.bits()
            memory.setsize(image.byteCount())
            memoryview(memory)[:] = (rng.bytes(997) * (image.byteCount() // 997 + 1))[: image.byteCount()]
    return _reported(lambda: _grey_of_image(image))


class _ProgramError(BaseException):
    """A picture starts another program. No Exception, so that nobody handles it."""


def _no_program(*_: object, **__: object) -> None:
    raise _ProgramError


def _reported(read: Any) -> str:
    def ink() -> Array | None:
        grey = read()
        assert np.isfinite(grey).all()
        assert grey.dtype == np.float32
        assert 0 < grey.size < MOST_PIXELS
        found = ink_of_photograph(grey)
        assert found is None or np.isfinite(found).all()
        return found

    return "refused" if isinstance(refused(ink), Exception) else "read"


def _damaged(rng: np.random.Generator, content: bytes) -> bytes:
    how = rng.random()
    if how < 0.2:
        return content
    if how < 0.45:
        return content[: int(rng.integers(len(content) + 1))]
    if how < 0.65:  # the header is where all is said
        return odd_bytes(rng, content[:120]) + content[120:]
    return odd_bytes(rng, content)


# ---- what is damaged


def damaged_picture(rng: np.random.Generator) -> bytes:
    """A damaged image of any format, or a program that calls itself an image."""
    if rng.random() < 0.2:
        return list(_PROGRAMS.values())[int(rng.integers(len(_PROGRAMS)))]
    return _damaged(rng, _with_odd_header(rng) if rng.random() < 0.2 else _whole(rng))


def _whole(rng: np.random.Generator) -> bytes:
    kind, mode = _KINDS[int(rng.integers(len(_KINDS)))]
    height, width = _SIZES[int(rng.integers(len(_SIZES)))]
    if mode == "many":
        height, width = min(height, 300), min(width, 300)
    image, options = _image(rng, mode, height, width), _options(rng, mode, height, width)
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(written, kind, **options)
    content = written.getvalue()
    return _with_notes(rng, content) if kind == "PNG" and rng.random() < 0.3 else content


def _image(rng: np.random.Generator, mode: str, height: int, width: int) -> Image.Image:
    grey = np.full((height, width), 220.0)
    grey[height // 4 : height // 2, width // 4 : width // 2 + 1] = 20
    if mode == "F":
        grey.flat[:: max(1, grey.size // 5)] = _FLOATS[int(rng.integers(len(_FLOATS)))]
    deep = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    if mode in deep:
        return Image.fromarray(grey.astype(deep[mode]) if mode == "F" else grey.astype(deep[mode]) * 250)
    plain = Image.fromarray(grey.astype(np.uint8))
    if mode == "transparent":
        return plain.convert("P")
    return plain.convert("RGB").convert(mode) if mode in Image.MODES and mode != "LAB" else plain.convert("RGB")


def _options(rng: np.random.Generator, mode: str, height: int, width: int) -> dict[str, Any]:
    exif = Image.Exif()
    exif[0x0112] = int(rng.integers(0, 12))
    others = [Image.new("RGB", (width, height), (number, 9, 9)) for number in range(_MANY if mode == "many" else 0)]
    options: dict[str, dict[str, Any]] = {
        "transparent": {"transparency": int(rng.integers(256))},
        "progressive": {"progressive": True},
        "turned": {"exif": exif},
        "packed": {"compression": pick(rng, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")},
        "many": {"save_all": True, "append_images": others},
    }
    return options.get(mode, {})


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc32(kind + content))


def _with_notes(rng: np.random.Generator, content: bytes) -> bytes:
    """A PNG with texts, some huge, before or after the pixels."""
    size = int(pick(rng, 0, 10, 2**20, 2**21, 2**24))
    text = rng.bytes(10) if size == 10 else bytes(size)
    notes = (
        _chunk(b"tEXt", b"note\0" + text),
        _chunk(b"zTXt", b"note\0\0" + compress(text, 1)),
        _chunk(b"iTXt", b"note\0\1\0\0\0" + compress(text, 1)),
        _chunk(b"iCCP", b"note\0\0" + compress(text, 1)),
        _chunk(b"eXIf", text),
        _chunk(b"tRNS", text),
        _chunk(b"fdAT", text),
    )
    where = int(pick(rng, 33, len(content) - 12))
    count = int(rng.integers(1, 8))
    return content[:where] + notes[int(rng.integers(len(notes)))] * count + content[where:]


def _with_odd_header(rng: np.random.Generator) -> bytes:
    """A header that claims a size, and few pixels or none."""
    sides = (0, 1, 7, 4000, 7000, 30_000, 65_535, 65_536, 2**24 - 1, 2**31 - 1, 2**32 - 1)
    width, height = (sides[int(rng.integers(len(sides)))] for _ in range(2))
    headers = (_png_header, _gif_header, _bmp_header, _jpeg_header, _webp_header, _ppm_header, _tiff_header)
    return headers[int(rng.integers(len(headers)))](rng, width, height) + rng.bytes(int(rng.integers(0, 400)))


def _png_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    bits, colours = int(pick(rng, 1, 8, 16, 3)), int(pick(rng, 0, 2, 3, 4, 6, 9))
    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, int(rng.integers(2)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", compress(rng.bytes(90)))


def _gif_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    screen, frame = (struct.pack("<HH", *sides) for sides in ((width % 2**16, 9), (width % 2**16, height % 2**16)))
    return b"GIF89a" + screen + b"\x80\0\0" + bytes(6) + b",\0\0\0\0" + frame + b"\0" + rng.bytes(2)


def _bmp_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    numbers = (40, width, height, 1, int(pick(rng, 1, 4, 8, 16, 24, 32)), int(rng.integers(5)), 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + struct.pack("<IIIHHIIIIII", *numbers)


def _jpeg_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    kind = bytes(pick(rng, b"\xc0", b"\xc2", b"\xc3", b"\xc9"))
    return b"\xff\xd8\xff" + kind + b"\0\x0b\x08" + struct.pack(">HH", height % 2**16, width % 2**16) + b"\1\1\x11\0"


def _webp_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    size = struct.pack("<I", width % 2**24)[:3] + struct.pack("<I", height % 2**24)[:3]
    extended = b"VP8X\x0a\0\0\0" + rng.bytes(1) + bytes(3) + size
    plain = b"VP8L\x64\0\0\0\x2f" + struct.pack("<I", int(rng.integers(2**28)))
    return b"RIFF\0\1\0\0WEBP" + bytes(pick(rng, extended, plain, extended + plain))


def _ppm_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    kind = pick(rng, "P1", "P2", "P3", "P4", "P5", "P6", "Pf", "P0CMYK")
    return f"{kind} {width} {height} {pick(rng, 0, 1, 255, 65535, 10**30, -1, 1e-320, 'nan')}\n".encode()


def _tiff_header(rng: np.random.Generator, width: int, height: int) -> bytes:
    packing = int(pick(rng, 1, 2, 5, 7, 8, 32773))
    bits, kind = int(pick(rng, 1, 8, 16, 32)), int(pick(rng, 1, 1, 3))
    tags = {256: width, 257: height, 258: bits, 259: packing, 262: 1, 277: 1, 339: kind}
    tags |= {322: width, 323: height, 324: 8, 325: 400} if rng.random() < 0.5 else {273: 8, 278: height, 279: 400}
    entries = [struct.pack("<HHII", tag, 4, int(pick(rng, 1, 1, 1, 1, 2**31)), tags[tag]) for tag in sorted(tags)]
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + bytes(4)
