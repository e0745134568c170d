"""The writer of films, frame by frame: GIF, WebP, MP4 by ffmpeg, or a folder of PNG files. No Qt.

A film is written atomically.
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

from engine.basics.optional_packages import install_advice
from engine.basics.validation import Array
from engine.storage.files import whole_file, whole_folder
from nnviz.window.film.frames import FilmFrame
from nnviz.window.film.palette import Palette

FRAMES_A_SECOND = {".gif": 20, ".webp": 20, ".mp4": 25, ".png": 25}  # a GIF counts hundredths of a second
_WEBP = {"quality": 90, "method": 2}
_PNG_LEVEL = 3  # of compression: more would take longer than drawing does


class FilmError(Exception):
    """A film could not be written. The message says why, for the user."""


@dataclass(frozen=True)
class FilmFile:
    """The description of a film to write.

    Attributes:
        path: its ending chooses the format. For ``.png`` a folder of that name without the ending is made.
        size: width and height of all frames in pixels; even numbers.
        counts: number of frames for which each image stays, in order.
        sample: pixels of an image with the colours of later ones, for formats with a palette.
    """

    path: Path
    size: tuple[int, int]
    counts: list[int]
    sample: bytes

    @property
    def frames_a_second(self) -> int:
        """The frame rate of the format."""
        return FRAMES_A_SECOND[self.path.suffix.lower()]

    @property
    def milliseconds(self) -> list[int]:
        """The duration of each image."""
        return [1000 * count // self.frames_a_second for count in self.counts]


def writable_endings() -> list[str]:
    """Returns the file endings of the formats that can be written on this machine."""
    can = {".webp": features.check("webp"), ".mp4": ffmpeg() is not None}
    return [ending for ending in FRAMES_A_SECOND if can.get(ending, True)]


def _ffmpeg_missing() -> str:
    return f"MP4 requires ffmpeg. {install_advice('film')}"


def ffmpeg() -> str | None:
    """Returns the ffmpeg program on the path, else that of the package imageio-ffmpeg; None without both."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def write_film(film: FilmFile, frames: Iterable[FilmFrame]) -> None:
    """Writes the film atomically.

    Raises:
        FilmError: the film cannot be written on this machine.
        OSError: the folder is missing, full or cannot be written.
        CancelledError: raised by ``frames``.
    """
    write = _WRITERS[film.path.suffix.lower()]
    try:
        write(film, iter(frames))
    except MemoryError:
        raise FilmError("Not enough memory for this film. Make the window or the card smaller.") from None


def _image(film: FilmFile, frame: FilmFrame) -> Image.Image:
    return Image.frombuffer("RGB", film.size, frame.pixels, "raw", "BGRX", 0, 1)


# ---- GIF


def _write_gif(film: FilmFile, frames: Iterator[FilmFrame]) -> None:
    """Writes a GIF. Uses only the compression of Pillow, which would keep all images in memory until the last."""
    first = next(frames)
    palette = Palette(_numbers(film, film.sample), _numbers(film, first.pixels))
    with whole_file(film.path) as (file, _):
        file.write(b"GIF89a" + struct.pack("<HHBBB", *film.size, 0xF7, 0, 0) + palette.table.tobytes())
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # repeat for ever
        before: Array | None = None
        for frame, milliseconds in zip(itertools.chain([first], frames), film.milliseconds, strict=True):
            now = palette.indices(_numbers(film, frame.pixels))
            left, top, right, bottom = _box_of_change(before, now)
            part = Image.fromarray(np.ascontiguousarray(now[top:bottom, left:right]), "P")
            file.writelines(getdata(part, (left, top), duration=milliseconds))
            before = now
        file.write(b";")


def _numbers(film: FilmFile, pixels: bytes) -> Array:
    width, height = film.size
    return np.frombuffer(pixels, "<u4").reshape(height, width)


def _box_of_change(before: Array | None, now: Array) -> tuple[int, int, int, int]:
    """Returns left, top, right and bottom of the pixels that differ; one pixel if none does, as a frame needs one."""
    if before is None:
        return 0, 0, now.shape[1], now.shape[0]
    differ = before != now
    rows, columns = differ.any(axis=1).nonzero()[0], differ.any(axis=0).nonzero()[0]
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


# ---- WebP


class _MultiFrameImage(Image.Image):
    """An image of many frames for Pillow, which holds one frame at a time."""

    def __init__(self, film: FilmFile, frames: Iterator[FilmFrame]) -> None:
        super().__init__()
        self.__dict__.update(vars(Image.new("RGB", film.size)))
        self._frames, self._page = frames, -1
        self.n_frames = len(film.counts)

    def seek(self, page: int) -> None:
        """Loads the next frame. Pillow asks for frames in order, and at the end for the first again."""
        if page > self._page:
            self._page = page  # before the frame: Pillow also seeks the first page after an error
            self.frombytes(next(self._frames).pixels, "raw", "BGRX")

    def tell(self) -> int:
        return max(self._page, 0)


def _write_webp(film: FilmFile, frames: Iterator[FilmFrame]) -> None:
    with whole_file(film.path) as (file, _):
        _MultiFrameImage(film, frames).save(file, "WEBP", save_all=True, duration=film.milliseconds, loop=0, **_WEBP)


# ---- MP4


def _write_mp4(film: FilmFile, frames: Iterator[FilmFrame]) -> None:
    program = ffmpeg()
    if program is None:
        raise FilmError(_ffmpeg_missing())
    with whole_file(film.path) as (_, temporary), tempfile.TemporaryFile() as log:
        process = _start_ffmpeg(program, film, temporary, log)
        try:
            is_whole = _feed(process, frames)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if process.returncode or not is_whole:
            raise FilmError(f"ffmpeg could not write the film{_last_line(log)}")


def _start_ffmpeg(program: str, film: FilmFile, out: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    taken = ("-f", "rawvideo", "-pix_fmt", "bgr0", "-s", "{}x{}".format(*film.size), "-r", str(film.frames_a_second))
    made = ("-an", "-pix_fmt", "yuv420p", "-q:v", "3", "-movflags", "+faststart", "-f", "mp4")
    try:
        return subprocess.Popen(
            [program, "-hide_banner", "-loglevel", "error", "-y", *taken, "-i", "pipe:0", *made, str(out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl+C in the terminal must not reach ffmpeg
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise FilmError(f"{program} could not be started: {error.strerror}. {_ffmpeg_missing()}") from None


def _feed(process: subprocess.Popen[bytes], frames: Iterator[FilmFrame]) -> bool:
    """Writes the frames to ffmpeg. Returns whether it read all; its error output says why not."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            for frame in frames:
                for _ in range(frame.count):
                    pipe.write(frame.pixels)
    except OSError:
        return False
    return True


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read()[-1000:].decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else "."


# ---- a folder of PNG files


def folder_of(path: Path) -> Path:
    """Returns the folder of a film of PNG files: the path without its ending."""
    return path.with_suffix("")


def is_replaceable(folder: Path) -> bool:
    """Whether a folder is readable and holds only the images of a film of its name."""
    pattern = re.compile(re.escape(folder.name) + r"-\d+\.png")
    try:
        return all(pattern.fullmatch(name) for name in os.listdir(folder))
    except OSError:
        return False


def _write_pngs(film: FilmFile, frames: Iterator[FilmFrame]) -> None:
    """Writes PNG files, replacing a film of that name, which the dialog has confirmed."""
    path, numbers = folder_of(film.path), itertools.count(1)
    with whole_folder(path, replaces=path.exists() and is_replaceable(path)) as folder:
        for frame in frames:
            content = io.BytesIO()
            _image(film, frame).save(content, "PNG", compress_level=_PNG_LEVEL)
            for number in itertools.islice(numbers, frame.count):
                _write_flushed(folder / f"{path.name}-{number:04}.png", content.getvalue())


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


_WRITERS: dict[str, Callable[[FilmFile, Iterator[FilmFrame]], None]] = {
    ".gif": _write_gif,
    ".webp": _write_webp,
    ".mp4": _write_mp4,
    ".png": _write_pngs,
}
