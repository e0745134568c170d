"""Films are written frame by frame, read back as they were drawn, and are there whole or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence, features

from nnviz.window.film import writer as film_writer
from nnviz.window.film.frames import FilmFrame, FrameQueue
from nnviz.window.film.palette import Palette
from nnviz.window.film.writer import FilmError, FilmFile, is_replaceable, write_film

SIZE = 40, 24
COUNTS = [1, 3, 1, 1]
FILMS = ["film.gif", pytest.param("film.webp", marks=pytest.mark.skipif(not features.check("webp"), reason="no WebP"))]
# Stands for ffmpeg: writes its arguments and its input to files beside it, and something where the film is to be.
FAKE = """#!{python}
import sys
from pathlib import Path
here = Path(__file__).parent
here.joinpath("arguments").write_text("\\n".join(sys.argv[1:]))
here.joinpath("input").write_bytes(sys.stdin.buffer.read())
Path(sys.argv[-1]).write_bytes(b"a film")
"""
FAILING = """#!{python}
import sys
sys.stdin.buffer.read(100)
sys.stderr.write("Conversion went wrong\\nNo space left on device\\n")
sys.exit(1)
"""


def pixels(number: int) -> bytes:
    """A ground, and a square at a place of its own, in one of two colours."""
    picture = np.full((SIZE[1], SIZE[0], 4), 255, np.uint8)
    picture[..., :3] = 42, 33, 27
    picture[4:12, 4 + 6 * number : 12 + 6 * number, :3] = 20, 90 * (number % 2), 250
    return picture.tobytes()


def film_at(path: Path) -> FilmFile:
    return FilmFile(path, SIZE, COUNTS, pixels(len(COUNTS) - 1))


def frames() -> list[FilmFrame]:
    return [FilmFrame(pixels(number), count) for number, count in enumerate(COUNTS)]


def rgb(number: int) -> Image.Image:
    return Image.frombytes("RGB", SIZE, pixels(number), "raw", "BGRX")


def put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> Path:
    """A program called ffmpeg, the only one on the path."""
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(code.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize("name", FILMS)
def test_pictures_and_their_times_are_read_back(name: str, tmp_path: Path) -> None:
    film = film_at(tmp_path / name)
    write_film(film, frames())
    with Image.open(film.path) as read:
        pages = [(page.convert("RGB"), page.info["duration"]) for page in ImageSequence.Iterator(read)]
        assert read.info["loop"] == 0, "for ever"
    assert [duration for _, duration in pages] == [50 * count for count in COUNTS]
    for number, (page, _) in enumerate(pages):
        difference = np.abs(np.asarray(page, int) - np.asarray(rgb(number), int))
        assert difference.mean() < (0.5 if name.endswith(".gif") else 6), number
    assert os.listdir(tmp_path) == [name]


def test_a_gif_shows_the_same_picture_again(tmp_path: Path) -> None:
    film = FilmFile(tmp_path / "film.gif", SIZE, [1, 2, 1], pixels(1))
    write_film(film, [FilmFrame(pixels(0), 1), FilmFrame(pixels(0), 2), FilmFrame(pixels(1), 1)])
    with Image.open(film.path) as read:
        pages = [np.asarray(page.convert("RGB")) for page in ImageSequence.Iterator(read)]
    np.testing.assert_array_equal(pages[0], pages[1])
    assert (pages[1] != pages[2]).any()


def test_a_gif_keeps_grounds_and_stays_near_in_what_changes() -> None:
    """More colours than a GIF can have, some of which come only later."""
    rng = np.random.default_rng(0)
    ground = np.full(5000, 0x1B212A, np.uint32)
    first, later = (np.concatenate([ground, rng.integers(0, 1 << 24, 3000, np.uint32)]) for _ in range(2))
    colours = Palette(first)
    shown = colours.table[colours.indices(later)].astype(int)
    wanted = np.stack([later >> 16, later >> 8 & 0xFF, later & 0xFF], axis=1).astype(int)
    np.testing.assert_array_equal(shown[:5000], wanted[:5000])
    nearest = np.sqrt(((wanted[5000:, None] - colours.table[None].astype(int)) ** 2).sum(2).min(1))
    np.testing.assert_allclose(np.sqrt(((shown - wanted)[5000:] ** 2).sum(1)), nearest, atol=0.01)


def test_pngs_are_numbered_frame_by_frame(tmp_path: Path) -> None:
    write_film(film_at(tmp_path / "film.png"), frames())
    names = sorted(os.listdir(tmp_path / "film"))
    assert names == [f"film-{number:04}.png" for number in range(1, 7)]
    shown = [0, 1, 1, 1, 2, 3]
    for name, number in zip(names, shown, strict=True):
        with Image.open(tmp_path / "film" / name) as read:
            assert read.tobytes() == rgb(number).tobytes()
    assert os.listdir(tmp_path) == ["film"]


def test_a_film_of_pngs_takes_the_place_of_another_only_when_it_is_whole(tmp_path: Path) -> None:
    film = film_at(tmp_path / "film.png")
    write_film(FilmFile(film.path, SIZE, [9], b""), [FilmFrame(pixels(3), 9)])
    assert is_replaceable(tmp_path / "film")

    def broken() -> Iterator[FilmFrame]:
        yield frames()[0]
        raise CancelledError

    with pytest.raises(CancelledError):
        write_film(film, broken())
    assert len(os.listdir(tmp_path / "film")) == 9
    write_film(film, frames())
    assert len(os.listdir(tmp_path / "film")) == sum(COUNTS)
    assert os.listdir(tmp_path) == ["film"]


def test_a_folder_with_anything_else_stays(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "letter.txt").write_text("dear")
    assert not is_replaceable(tmp_path / "film")
    with pytest.raises(FileExistsError):
        write_film(film_at(tmp_path / "film.png"), frames())
    assert os.listdir(tmp_path / "film") == ["letter.txt"]


# ---- MP4


def test_ffmpeg_gets_every_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put_on_path(monkeypatch, tmp_path / "bin", FAKE)
    film = film_at(tmp_path / "film.mp4")
    assert ".mp4" in film_writer.writable_endings()
    write_film(film, frames())
    arguments = (folder / "arguments").read_text().splitlines()
    given = dict(itertools.pairwise(arguments))
    assert (given["-s"], given["-r"], given["-i"]) == ("40x24", "25", "pipe:0")
    assert "bgr0" in arguments
    shown = [0, 1, 1, 1, 2, 3]
    assert (folder / "input").read_bytes() == b"".join(map(pixels, shown))
    assert film.path.read_bytes() == b"a film"
    assert sorted(os.listdir(tmp_path)) == ["bin", "film.mp4"]


def test_what_ffmpeg_says_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", FAILING)
    many = [FilmFrame(bytes(4 * 40 * 24), 1)] * 200  # more than a pipe takes
    with pytest.raises(FilmError, match="No space left on device"):
        write_film(FilmFile(tmp_path / "film.mp4", SIZE, [1] * 200, b""), many)
    assert os.listdir(tmp_path) == ["bin"]


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)


@pytest.mark.usefixtures("no_ffmpeg")
def test_without_ffmpeg_mp4_is_not_offered_and_refused_in_words(tmp_path: Path) -> None:
    assert ".mp4" not in film_writer.writable_endings()
    assert {".gif", ".png"} <= set(film_writer.writable_endings())
    with pytest.raises(FilmError, match=r"ffmpeg.*pip install"):
        write_film(film_at(tmp_path / "film.mp4"), frames())
    assert not os.listdir(tmp_path)


def test_the_ffmpeg_of_the_extra(no_ffmpeg: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Package:
        @staticmethod
        def get_ffmpeg_exe() -> str:
            return "/there/ffmpeg"

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", Package)
    assert film_writer.ffmpeg() == "/there/ffmpeg"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")
def test_the_real_ffmpeg(tmp_path: Path) -> None:
    write_film(film_at(tmp_path / "film.mp4"), frames())
    assert b"ftyp" in (tmp_path / "film.mp4").read_bytes()[:16]
    assert os.listdir(tmp_path) == ["film.mp4"]


# ---- whole or not at all


EVERY = [*FILMS, "film.png", "film.mp4"]


@pytest.fixture
def with_ffmpeg(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(monkeypatch, tmp_path_factory.mktemp("programs") / "bin", FAKE)


@pytest.mark.usefixtures("with_ffmpeg")
@pytest.mark.parametrize("name", EVERY)
def test_a_cancelled_film_leaves_nothing(name: str, tmp_path: Path) -> None:
    handed, errors = FrameQueue(), []

    def write() -> None:
        try:
            write_film(film_at(tmp_path / name), handed)
        except CancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    handed.put(frames()[0])
    handed.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert len(errors) == 1
    assert not os.listdir(tmp_path)


@pytest.mark.usefixtures("with_ffmpeg")
@pytest.mark.parametrize("name", EVERY)
def test_a_full_disk(name: str, tmp_path: Path, fill_disk: Callable[[], None]) -> None:
    (tmp_path / "film.gif").write_bytes(b"the old one")
    before = os.listdir(tmp_path)
    fill_disk()
    with pytest.raises(OSError, match="No space left on device") as reported:
        write_film(film_at(tmp_path / name), frames())
    assert str(reported.value.filename).startswith(str(tmp_path / "film"))
    assert os.listdir(tmp_path) == before
    assert (tmp_path / "film.gif").read_bytes() == b"the old one"


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    return lambda: monkeypatch.setattr(os, "fsync", full)


@pytest.mark.usefixtures("with_ffmpeg")
@pytest.mark.parametrize("name", EVERY)
def test_a_folder_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_film(film_at(tmp_path / "nowhere" / name), frames())


def test_little_memory_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(film_writer, "Palette", none_left)
    with pytest.raises(FilmError, match="smaller"):
        write_film(film_at(tmp_path / "film.gif"), frames())
    assert not os.listdir(tmp_path)


def test_no_more_than_a_few_frames_wait() -> None:
    handed = FrameQueue()
    for frame in frames()[:2]:
        assert handed.has_room
        handed.put(frame)
    assert not handed.has_room
    reading = iter(handed)
    assert next(reading).pixels == pixels(0)
    assert handed.has_room
    handed.end()
    assert [frame.pixels for frame in reading] == [pixels(1)]
