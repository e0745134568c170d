"""Writes films frame by frame as they come: GIF, WebP, MP4 by ffmpeg, or a folder of PNG files. No Qt.

A film is written whole or not at all.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, features
from PIL.GifImagePlugin import getdata

from engine.basics.optional_packages import install_command
from engine.basics.validation import Array
from engine.storage.files import whole_file, whole_folder
from nnviz.window.film.frames import Frame
from nnviz.window.film.palette import Colours

FRAMES_A_SECOND = {".gif": 20, ".webp": 20, ".mp4": 25, ".png": 25}  # a GIF counts hundredths of a second
_WEBP = {"quality": 90, "method": 2}
_PNG_LEVEL = 3  # of compression: more would take longer than drawing does


class FilmError(Exception):
    """A film could not be written; the message says why, in words for the person."""


@dataclass(frozen=True)
class FilmFile:
    """A film that is to be written.

    Attributes:
        path: its ending chooses the format. For ``.png`` a folder of that name without the ending is made.
        size: width and height of all frames in pixels; even numbers.
        counts: for how many frames each picture stays, in their order.
        sample: the pixels of a picture that shows colours of later ones, for formats that must choose theirs before.
    """

    path: Path
    size: tuple[int, int]
    counts: list[int]
    sample: bytes

    @property
    def frames_a_second(self) -> int:
        return FRAMES_A_SECOND[self.path.suffix.lower()]

    @property
    def milliseconds(self) -> list[int]:
        """How long each picture stays."""
        return [1000 * count // self.frames_a_second for count in self.counts]


def endings() -> list[str]:
    """The endings of the formats that can be written here."""
    can = {".webp": features.check("webp"), ".mp4": ffmpeg() is not None}
    return [ending for ending in FRAMES_A_SECOND if can.get(ending, True)]


def _no_ffmpeg() -> str:
    return (
        f"MP4 requires the program ffmpeg, or a package that includes it. Install that with: {install_command('film')}"
    )


def ffmpeg() -> str | None:
    """The program on the system's path, else the one that the package imageio-ffmpeg brings; None without both."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def write_film(film: FilmFile, frames: Iterable[Frame]) -> None:
    """Writes the film to the end of ``frames``, or nothing.

    Raises:
        FilmError: it cannot be written here.
        OSError: the folder is missing, full or cannot be written.
        CancelledError: by ``frames``.
    """
    write = _WRITERS[film.path.suffix.lower()]
    try:
        write(film, iter(frames))
    except MemoryError:
        raise FilmError("There is not enough memory for this film: make the window or the card smaller.") from None


def _picture(film: FilmFile, frame: Frame) -> Image.Image:
    return Image.frombuffer("RGB", film.size, frame.pixels, "raw", "BGRX", 0, 1)


# ---- GIF


def _write_gif(film: FilmFile, frames: Iterator[Frame]) -> None:
    """Pillow would keep all pictures until the last has come; so only its compression is used."""
    first = next(frames)
    colours = Colours(_numbers(film, film.sample), _numbers(film, first.pixels))
    with whole_file(film.path) as (file, _):
        file.write(b"GIF89a" + struct.pack("<HHBBB", *film.size, 0xF7, 0, 0) + colours.table.tobytes())
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # for ever
        before: Array | None = None
        for frame, milliseconds in zip(itertools.chain([first], frames), film.milliseconds, strict=True):
            now = colours.numbers(_numbers(film, frame.pixels))
            left, top, right, bottom = _box_of_change(before, now)
            part = Image.fromarray(np.ascontiguousarray(now[top:bottom, left:right]), "P")
            file.writelines(getdata(part, (left, top), duration=milliseconds))
            before = now
        file.write(b";")


def _numbers(film: FilmFile, pixels: bytes) -> Array:
    width, height = film.size
    return np.frombuffer(pixels, "<u4").reshape(height, width)


def _box_of_change(before: Array | None, now: Array) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels that differ; a single one where none does: a frame needs some."""
    if before is None:
        return 0, 0, now.shape[1], now.shape[0]
    differ = before != now
    rows, columns = differ.any(axis=1).nonzero()[0], differ.any(axis=0).nonzero()[0]
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


# ---- WebP


class _Pages(Image.Image):
    """A film as Pillow wants it: an image of many pages, each of which takes the place of the one before."""

    def __init__(self, film: FilmFile, frames: Iterator[Frame]) -> None:
        super().__init__()
        self.__dict__.update(vars(Image.new("RGB", film.size)))
        self._frames, self._page = frames, -1
        self.n_frames = len(film.counts)

    def seek(self, page: int) -> None:
        """Takes the next frame; Pillow asks for them in their order, and at the end for the first again."""
        if page > self._page:
            self._page = page  # first: Pillow goes back to the first page after an error too
            self.frombytes(next(self._frames).pixels, "raw", "BGRX")

    def tell(self) -> int:
        return max(self._page, 0)


def _write_webp(film: FilmFile, frames: Iterator[Frame]) -> None:
    with whole_file(film.path) as (file, _):
        _Pages(film, frames).save(file, "WEBP", save_all=True, duration=film.milliseconds, loop=0, **_WEBP)


# ---- MP4


def _write_mp4(film: FilmFile, frames: Iterator[Frame]) -> None:
    program = ffmpeg()
    if program is None:
        raise FilmError(_no_ffmpeg())
    with whole_file(film.path) as (_, temporary), tempfile.TemporaryFile() as told:
        process = _started(program, film, temporary, told)
        try:
            is_whole = _feed(process, frames)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if process.returncode or not is_whole:
            raise FilmError(f"ffmpeg could not write the film{_last_words(told)}")


def _started(program: str, film: FilmFile, out: Path, told: IO[bytes]) -> subprocess.Popen[bytes]:
    taken = ("-f", "rawvideo", "-pix_fmt", "bgr0", "-s", "{}x{}".format(*film.size), "-r", str(film.frames_a_second))
    made = ("-an", "-pix_fmt", "yuv420p", "-q:v", "3", "-movflags", "+faststart", "-f", "mp4")
    try:
        return subprocess.Popen(
            [program, "-hide_banner", "-loglevel", "error", "-y", *taken, "-i", "pipe:0", *made, str(out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,  # Ctrl+C in the terminal is for the window
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise FilmError(f"{program} could not be started: {error.strerror}. {_no_ffmpeg()}") from None


def _feed(process: subprocess.Popen[bytes], frames: Iterator[Frame]) -> bool:
    """Returns whether it took all; it says elsewhere why it did not."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            for frame in frames:
                for _ in range(frame.count):
                    pipe.write(frame.pixels)
    except OSError:
        return False
    return True


def _last_words(told: IO[bytes]) -> str:
    told.seek(0)
    lines = told.read()[-1000:].decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else "."


# ---- a folder of PNG files


def folder_of(path: Path) -> Path:
    """The folder that a film with that path is written to: the name without its ending."""
    return path.with_suffix("")


def is_replaceable(folder: Path) -> bool:
    """Whether it can be read, and there is nothing in it but pictures of a film of that name."""
    pattern = re.compile(re.escape(folder.name) + r"-\d+\.png")
    try:
        return all(pattern.fullmatch(name) for name in os.listdir(folder))
    except OSError:
        return False


def _write_pngs(film: FilmFile, frames: Iterator[Frame]) -> None:
    """A film of that name that is there already is replaced: the person has been asked."""
    path, numbers = folder_of(film.path), itertools.count(1)
    with whole_folder(path, replaces=path.exists() and is_replaceable(path)) as folder:
        for frame in frames:
            content = io.BytesIO()
            _picture(film, frame).save(content, "PNG", compress_level=_PNG_LEVEL)
            for number in itertools.islice(numbers, frame.count):
                _write_flushed(folder / f"{path.name}-{number:04}.png", content.getvalue())


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


_WRITERS: dict[str, Callable[[FilmFile, Iterator[Frame]], None]] = {
    ".gif": _write_gif,
    ".webp": _write_webp,
    ".mp4": _write_mp4,
    ".png": _write_pngs,
}
