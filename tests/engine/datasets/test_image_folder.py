"""A folder of pictures, one subfolder for each class."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.ImageFile import ImageFile

from engine.basics.errors import DataError, EngineError, FileFormatError, SettingError
from engine.basics.validation import Array
from engine.datasets import load_data, source_of
from engine.datasets.class_folders import UnreadFile
from engine.datasets.dataset import Dataset
from engine.datasets.image_folder import folder_dataset
from engine.old_experiments import present_data_settings
from tests.engine.helpers import refused


def picture(path: Path, shade: int = 100, size: tuple[int, int] = (6, 6), mode: str = "L", **how: Any) -> Path:
    """A picture of one shade."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, shade).convert(mode).save(path, **how)
    return path


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims that size, and that holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of two classes: shades 0…9 and 100…109."""
    for number in range(5):
        picture(tmp_path / "animals" / "cat" / f"{number}.png", number)
        picture(tmp_path / "animals" / "dog" / f"{number}.png", 100 + number)
    return tmp_path / "animals"


def all_of(path: Path, side: int = 28) -> tuple[Array, tuple[str, ...]]:
    """(k, side, side) of the pictures in order, and the names of their classes."""
    data, _ = folder_dataset(path, side, test_share=0)
    assert data.train.labels is not None
    pictures = data.train.inputs.reshape(-1, side, side)
    return pictures, tuple(data.class_name(int(label)) for label in data.train.labels)


def read(folder: Path, name: str, side: int = 28) -> Array:
    """(side, side) of a single picture beside which there are others."""
    pictures, _ = all_of(folder, side)
    files = [each for kind in sorted(folder.iterdir()) for each in sorted(kind.iterdir())]
    return np.asarray(pictures[[each.name for each in files].index(name)])


# ---- what becomes of it


def test_what_it_says_about_itself(folder: Path) -> None:
    data, report = folder_dataset(str(folder))
    assert data.title == "animals"
    assert data.class_names == ("cat", "dog")
    assert data.example_shape == (28, 28)
    assert data.is_picture
    assert data.train.inputs.dtype == np.uint8
    assert data.train.scale == 1 / 255
    assert (report.pictures, report.unread, report.unread_count, report.empty_classes) == (10, (), 0, ())


def test_pictures_are_with_their_class_and_in_order(folder: Path) -> None:
    pictures, names = all_of(folder)
    assert pictures[:, 5, 5].tolist() == [0, 1, 2, 3, 4, 100, 101, 102, 103, 104]
    assert names == ("cat",) * 5 + ("dog",) * 5


def test_a_record_of_an_older_version_may_say_of_any_file_what_holds_for_tables(folder: Path) -> None:
    named = folder.rename(folder.with_name("shapes.data"))
    settings = present_data_settings(str(named), {})
    assert len(load_data(str(named), settings).train) == 8
    assert source_of(str(named)).different(settings) == {}
    for wrong in ({"missing": "median"}, {"target": "x"}):
        with refused(SettingError, "data_settings", next(iter(wrong))):
            load_data(str(named), wrong)


def test_a_share_of_each_class_is_for_the_test(folder: Path) -> None:
    data, _ = folder_dataset(folder, test_share=0.4, seed=3)
    assert data.test is not None
    assert data.test.labels is not None
    assert np.bincount(data.test.labels).tolist() == [2, 2]
    assert len(data.train) == 6
    again, _ = folder_dataset(folder, test_share=0.4, seed=3)
    other, _ = folder_dataset(folder, test_share=0.4, seed=4)
    assert data.fingerprint == again.fingerprint != other.fingerprint


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "TEST")])
def test_train_and_test_folders_are_the_parts(tmp_path: Path, names: tuple[str, str]) -> None:
    for kind, shade in (("a", 10), ("b", 20)):
        picture(tmp_path / names[0] / kind / "1.png", shade)
        picture(tmp_path / names[1] / kind / "1.png", shade + 1)
    data, report = folder_dataset(tmp_path)
    assert data.class_names == ("a", "b")
    assert data.test is not None
    assert data.test.labels is not None
    assert data.train.inputs[:, 0].tolist() == [10, 20]
    assert data.test.inputs[:, 0].tolist() == [11, 21]
    assert data.test.labels.tolist() == [0, 1]
    assert report.pictures == 4


def test_train_and_test_may_be_classes_too(tmp_path: Path) -> None:
    for kind in ("test", "train"):
        picture(tmp_path / kind / "1.png")
    assert folder_dataset(tmp_path, test_share=0)[0].class_names == ("test", "train")


def test_a_class_that_is_only_in_the_test_folder_is_left_out(tmp_path: Path) -> None:
    for place in ("train/a", "train/b", "test/b", "test/aa"):
        picture(tmp_path / place / "1.png")
    data, report = folder_dataset(tmp_path)
    assert data.class_names == ("a", "b")
    assert data.test is not None
    assert data.test.labels is not None
    assert data.test.labels.tolist() == [1]
    assert report.empty_classes == ("aa",)
    assert report.pictures == 3


def test_classes_with_numbers_for_names_are_in_their_order(tmp_path: Path) -> None:
    for number in range(12):
        picture(tmp_path / str(number) / "1.png")
    assert folder_dataset(tmp_path, test_share=0)[0].class_names == tuple(str(number) for number in range(12))


@pytest.mark.parametrize("name", ["<b>bold", "{{x}}", "$(reboot)", "naïve ☃", "a'b\"c", "__import__('os')"])
def test_names_are_kept_as_they_are(folder: Path, name: str) -> None:
    picture(folder / name / "1.png")
    assert name in folder_dataset(folder)[0].class_names


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
def test_a_name_that_is_no_text_becomes_one(folder: Path) -> None:
    odd = os.fsencode(folder) + b"/\xff\xfe"
    try:
        os.mkdir(odd)
    except OSError:
        pytest.skip("this disk has no such names")
    picture(folder / os.fsdecode(b"\xff\xfe") / "1.png")
    names = folder_dataset(folder)[0].class_names
    assert "".join(names).encode()
    assert len(names) == 3


# ---- pictures of all kinds


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        *(("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("gif", "P"), ("bmp", "RGB"), ("ppm", "RGB"), ("pgm", "L"), ("tga", "RGB")),
        *(("tif", mode) for mode in ("L", "RGB", "CMYK", "I;16", "I", "F")),
        *(("jpg", "L"), ("jpg", "RGB"), ("jpg", "CMYK"), ("webp", "RGB")),
    ],
)
def test_formats_and_colours(folder: Path, ending: str, mode: str) -> None:
    path = folder / "dog" / f"z.{ending}"
    if mode in ("I;16", "I", "F"):
        top = 1 if mode == "F" else 65_535
        values = np.full((40, 40), 0.8 * top, np.float32)
        values[0, 0] = top
        kind = {"F": np.float32, "I": np.int32, "I;16": np.uint16}[mode]
        Image.fromarray(values.astype(kind)).save(path)
    else:
        picture(path, 255 if mode == "1" else 204, (40, 40), mode)
    wanted = 255 if mode == "1" else 204
    assert abs(int(read(folder, path.name)[14, 14]) - wanted) <= 3


def test_a_colour_becomes_its_brightness(folder: Path) -> None:
    Image.new("RGB", (9, 9), (255, 0, 0)).save(folder / "dog" / "z.png")
    assert (read(folder, "z.png") == 76).all()  # ITU-R 601: 0.299 of 255


@pytest.mark.parametrize(
    ("ending", "mode", "reported"),
    [("png", "RGB", True), ("jpg", "RGB", True), ("png", "P", True), ("png", "RGBA", True), ("png", "L", False)],
)
def test_it_is_said_that_colours_become_grey(folder: Path, ending: str, mode: str, reported: bool) -> None:
    assert not folder_dataset(folder)[1].has_colour
    Image.new("RGB", (40, 40), (200, 30, 30)).convert(mode).save(folder / "dog" / f"z.{ending}")
    assert folder_dataset(folder)[1].has_colour == reported
    assert ("Colour images become grey." in load_data(str(folder)).notes) == reported


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_grey_that_is_written_as_colours_is_no_colour(folder: Path, ending: str) -> None:
    picture(folder / "dog" / f"z.{ending}", 130, (40, 40), "RGB")
    assert not folder_dataset(folder)[1].has_colour


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_what_is_transparent_is_paper(folder: Path, ink: int, paper: int) -> None:
    image = Image.new("RGBA", (28, 28), (ink, ink, ink, 0))
    image.paste((ink, ink, ink, 255), (10, 10, 20, 20))
    image.save(folder / "dog" / "z.png")
    pixels = read(folder, "z.png")
    assert (pixels[0, 0], pixels[15, 15]) == (paper, ink)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (28, 28), (500, 500), (1, 300), (4000, 3)])
def test_sizes(folder: Path, size: tuple[int, int]) -> None:
    picture(folder / "dog" / "z.png", 77, size)
    assert (read(folder, "z.png") == 77).all()


@pytest.mark.parametrize("size", [(112, 56), (56, 112)])
def test_a_picture_is_not_stretched_and_its_border_goes_on(folder: Path, size: tuple[int, int]) -> None:
    image = Image.new("L", size, 200)
    image.paste(0, (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4))
    image.save(folder / "dog" / "z.png")
    pixels = read(folder, "z.png")
    assert pixels[0, 0] == pixels[-1, -1] == 200
    rows, columns = np.nonzero(pixels < 100)
    assert 5 <= min(np.ptp(rows), np.ptp(columns)) <= 7
    assert 12 <= max(np.ptp(rows), np.ptp(columns)) <= 14
    assert (np.ptp(columns) > np.ptp(rows)) == (size[0] > size[1])


@pytest.mark.parametrize("side", [1, 8, 64])
def test_the_side_can_be_chosen(folder: Path, side: int) -> None:
    data, _ = folder_dataset(folder, side)
    assert data.example_shape == (side, side)
    assert data.width == side * side


# EXIF's number for how the camera was held, and where the first corner of the stored picture belongs.
CORNERS = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}


@pytest.mark.parametrize(("orientation", "corner"), CORNERS.items())
def test_a_picture_is_turned_upright(folder: Path, orientation: int, corner: tuple[int, int]) -> None:
    image = Image.new("L", (56, 56), 0)
    image.paste(255, (0, 0, 28, 20))  # a bar along the top, at the left
    exif = Image.Exif()
    exif[0x0112] = orientation
    endings = ("jpg", "png", "tif", "webp")
    for ending in endings:
        image.convert("RGB").save(folder / "dog" / f"z.{ending}", exif=exif)
    for ending, pixels in zip(endings, all_of(folder)[0][-4:], strict=True):  # in the order of their names
        assert pixels[corner] > 200, ending
        assert (pixels > 128).sum(axis=0 if orientation < 5 else 1).max() == 10, ending
        corners = sorted(int(pixels[place]) > 128 for place in ((0, 0), (0, -1), (-1, 0), (-1, -1)))
        assert corners == [False, False, False, True], ending


# ---- what is left out, and listed


def left_out(folder: Path, name: str, side: int = 28) -> str:
    """Why a single file was left out; the others were read."""
    data, report = folder_dataset(folder, side)
    assert report.pictures == len(data.train) + len(data.test or ()) == 10
    assert (report.unread_count, [each.path for each in report.unread]) == (1, [name])
    return report.unread[0].why


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_a_file_that_is_no_picture(folder: Path, content: bytes) -> None:
    (folder / "cat" / "notes.png").write_bytes(content)
    assert left_out(folder, "cat/notes.png") == "it is not an image, or damaged"


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "tif", "webp"])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_picture_that_ends_early(folder: Path, ending: str, share: float) -> None:
    path = folder / "cat" / f"z.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (99, 99)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert left_out(folder, f"cat/z.{ending}") == "it is not an image, or damaged"


@pytest.mark.parametrize(
    ("width", "height", "reported"),
    [
        (20_000, 20_000, "it has too many pixels"),
        (10_000, 10_000, "10,000 × 10,000 pixels, at most 50 million are allowed"),
        (7_072, 7_072, "at most 50 million are allowed"),
        (70_000, 1, "at most 65,535 are allowed"),
    ],
)
def test_too_many_pixels_are_never_decoded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, width: int, height: int, reported: str
) -> None:
    (folder / "cat" / "bomb.png").write_bytes(png_of_size(width, height))
    load = ImageFile.load

    def small_only(image: ImageFile) -> Any:
        assert image.size == (6, 6)
        return load(image)

    monkeypatch.setattr(ImageFile, "load", small_only)
    assert reported in left_out(folder, "cat/bomb.png")


@pytest.mark.parametrize("ending", ["ico", "icns"])
def test_a_picture_inside_another_file_is_not_looked_for(folder: Path, ending: str) -> None:
    picture(folder / "cat" / f"z.{ending}", size=(32, 32), mode="RGBA")
    assert left_out(folder, f"cat/z.{ending}") == "it is not an image, or damaged"


def test_a_large_picture_with_transparent_pixels(folder: Path) -> None:
    image = Image.new("RGBA", (1000, 1000), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (400, 400, 600, 600))
    image.save(folder / "dog" / "z.png")
    pixels = read(folder, "z.png")
    assert (pixels[0, 0], pixels[14, 14]) == (255, 76)


def test_pixels_that_are_no_numbers(folder: Path) -> None:
    Image.fromarray(np.full((5, 5), np.nan, np.float32)).save(folder / "cat" / "z.tif")
    assert "infinite or NaN" in left_out(folder, "cat/z.tif")


def test_a_file_that_cannot_be_opened(folder: Path) -> None:
    (folder / "cat" / "z.png").symlink_to(folder / "cat" / "gone.png")
    assert left_out(folder, "cat/z.png") == "No such file or directory"


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "cat" / "z.png")
    assert "this is a pipe" in left_out(folder, "cat/z.png")


def test_a_link_to_a_file_outside_is_not_followed(folder: Path) -> None:
    outside = picture(folder.parent / "secret.png", 55)
    (folder / "cat" / "z.png").symlink_to(outside)
    assert "leads out of the folder" in left_out(folder, "cat/z.png")


def test_a_link_to_a_folder_outside_is_no_class(folder: Path) -> None:
    picture(folder.parent / "secrets" / "1.png", 55)
    (folder / "secrets").symlink_to(folder.parent / "secrets")
    assert "leads out of the folder" in left_out(folder, "secrets")


def test_a_link_inside_is_followed(folder: Path) -> None:
    (folder / "cat" / "9.png").symlink_to(folder / "dog" / "1.png")
    assert read(folder, "9.png")[0, 0] == 101


def test_a_link_in_a_circle_ends(folder: Path) -> None:
    (folder / "cat" / "again").symlink_to(folder)
    assert left_out(folder, "cat/again") == "it is a folder inside the folder of a class"


def test_the_folder_itself_may_be_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    assert folder_dataset(folder.parent / "link")[1].pictures == 10


def test_what_lies_in_the_wrong_place_is_listed(folder: Path) -> None:
    picture(folder / "1.png")
    assert left_out(folder, "1.png") == "it is not in the folder of a class"


def test_hidden_files_and_folders_are_not_looked_at(folder: Path) -> None:
    (folder / "cat" / ".DS_Store").write_bytes(b"x")
    picture(folder / ".thumbnails" / "1.png")
    assert folder_dataset(folder)[1].unread_count == 0
    assert folder_dataset(folder)[0].class_names == ("cat", "dog")


def test_at_most_100_are_named_and_all_counted(folder: Path) -> None:
    for number in range(130):
        (folder / "cat" / f"note {number:03}.txt").write_text("x")
    _, report = folder_dataset(folder)
    assert report.unread_count == 130
    assert len(report.unread) == 100
    assert report.unread[0] == UnreadFile("cat/note 000.txt", "it is not an image, or damaged")


def test_a_class_without_pictures_is_named(folder: Path) -> None:
    (folder / "cow").mkdir()
    (folder / "bee").mkdir()
    (folder / "bee" / "notes.txt").write_text("x")
    data, report = folder_dataset(folder)
    assert data.class_names == ("cat", "dog")
    assert report.empty_classes == ("bee", "cow")
    assert all_of(folder)[1] == ("cat",) * 5 + ("dog",) * 5


# ---- what is refused


def test_a_missing_folder(tmp_path: Path) -> None:
    with refused(FileFormatError, "gone", "does not exist"):
        folder_dataset(tmp_path / "gone")


def test_a_file_is_no_folder(folder: Path) -> None:
    with refused(FileFormatError, "0.png", "Not a directory"):
        folder_dataset(folder / "cat" / "0.png")


def no_subfolders(path: Path) -> None:
    picture(path / "1.png")


def one_subfolder(path: Path) -> None:
    picture(path / "cat" / "1.png")


def one_class_with_pictures(path: Path) -> None:
    picture(path / "cat" / "1.png")
    (path / "dog").mkdir()


def no_pictures(path: Path) -> None:
    for kind in ("cat", "dog"):
        (path / kind).mkdir()
        (path / kind / "notes.txt").write_text("x")


def nothing_in_subfolders(path: Path) -> None:
    for kind in ("cat", "dog"):
        (path / kind).mkdir()


def many_classes(path: Path) -> None:
    for number in range(1001):
        (path / f"{number}").mkdir()


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (no_subfolders, "the folder has no subfolders"),
        (one_subfolder, "it has only one class, cat"),
        (one_class_with_pictures, "it has only one class, cat"),
        (no_pictures, "no image in its subfolders can be read (cat/notes.txt: it is not an image, or damaged)"),
        (nothing_in_subfolders, "no image in its subfolders can be read"),
        (many_classes, "it has 1,001 subfolders"),
    ],
)
def test_a_folder_that_is_no_data_set(tmp_path: Path, make: Callable[[Path], None], value: str) -> None:
    path = tmp_path / "animals"
    path.mkdir()
    make(path)
    with refused(DataError, "animals", value):
        folder_dataset(path)


def test_more_than_fits_in_memory_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 40_000)
    with refused(DataError, "animals", "10 images of 28 × 28 pixels take 0.0 MB"):
        folder_dataset(folder, map=lambda *_: pytest.fail("they were read"))
    assert folder_dataset(folder, side=8)[1].pictures == 10


@pytest.mark.parametrize(
    ("how", "parameter"),
    [
        *(({"side": side}, "side") for side in (0, -1, 1001, 2.5, "28", None)),
        *(({"test_share": share}, "test_share") for share in (1, -0.1, "x")),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_are_none(folder: Path, how: dict[str, Any], parameter: str) -> None:
    with refused(SettingError, parameter, ""):
        folder_dataset(folder, map=lambda *_: pytest.fail("they were read"), **how)


# ---- progress, and who reads


def test_progress_is_reported_from_none_to_all(folder: Path) -> None:
    for number in range(250):
        picture(folder / "cat" / f"more {number}.png", size=(2, 2))
    reported: list[tuple[int, int]] = []
    folder_dataset(folder, progress=lambda *each: reported.append(each))
    assert reported == [(0, 260), (100, 260), (200, 260), (260, 260)]


def test_what_progress_raises_ends_the_reading(folder: Path) -> None:
    seen: list[str] = []

    def watched(function: Callable[[str], Any], paths: Iterable[str]) -> Iterable[Any]:
        return (seen.append(path) or function(path) for path in paths)  # type: ignore[func-returns-value]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder_dataset(folder, progress=stop, map=watched)
    assert seen == []


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_a_pool_reads_the_same(folder: Path, pool: Any) -> None:
    (folder / "cat" / "notes.txt").write_text("x")
    alone: tuple[Dataset, Any] = folder_dataset(folder)
    with pool(2) as workers:
        together = folder_dataset(folder, map=workers.map)
    assert together[0].fingerprint == alone[0].fingerprint
    assert together[1] == alone[1]


def test_a_file_that_goes_away_meanwhile_is_listed(folder: Path) -> None:
    def late(function: Callable[[str], Any], paths: Iterable[str]) -> Iterable[Any]:
        (folder / "dog" / "4.png").unlink()
        return map(function, paths)

    _, report = folder_dataset(folder, map=late)
    assert report.unread == (UnreadFile("dog/4.png", "No such file or directory"),)


def test_a_damaged_picture_is_read_or_listed(folder: Path) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        ending = ("png", "jpg", "gif", "tif", "webp", "bmp", "tga")[seed % 7]
        path = picture(folder / "cat" / f"z{seed}.{ending}", size=(32, 32), mode="P" if ending == "gif" else "RGB")
        content = bytearray(path.read_bytes())
        for place in rng.integers(0, len(content), 4):
            content[place] = rng.integers(256)
        path.write_bytes(content)
    _, report = folder_dataset(folder)
    assert report.pictures + report.unread_count == 50


def test_every_error_is_the_engines(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        folder_dataset(tmp_path / "a\0b")
