"""A packed lesson: what is written, and what is refused without a file outside of the folder."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from nnviz.lessons.errors import LessonError
from nnviz.lessons.package import pack, unpack


def zip_of(path: Path, names: list[str], content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "unpacked"
    made.mkdir()
    return made


def test_a_lesson_is_packed_with_its_files_and_unpacked(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    for name in ("rate.md", "rate.de.md", "images/a.png"):
        (source / name).write_text(name)
    packed = tmp_path / "rate.nnvizlesson"
    pack(source / "rate.md", ["rate.de.md", "images/a.png", "images/a.png"], packed)
    found = unpack(packed, folder)
    assert found == folder / "rate.md"
    assert (folder / "images/a.png").read_text() == "images/a.png"
    assert (folder / "rate.de.md").is_file()


@pytest.mark.parametrize(
    ("count", "nbytes", "problem"),
    [
        (200, 1, "it has 201 files and folders, at most 200"),
        (1, 2**25 + 2**24, "its files have 48.0 MB, at most 32 MB"),
    ],
)
def test_what_could_not_be_unpacked_is_not_packed(tmp_path: Path, count: int, nbytes: int, problem: str) -> None:
    images = [f"{number}.png" for number in range(count)]
    for name in ("rate.md", *images):
        with (tmp_path / name).open("wb") as file:
            file.truncate(nbytes if name != "rate.md" else 0)
    with pytest.raises(LessonError, match=problem):
        pack(tmp_path / "rate.md", images, tmp_path / "rate.nnvizlesson")
    assert not (tmp_path / "rate.nnvizlesson").exists()


def test_the_zip_may_hold_the_folder_itself(tmp_path: Path, folder: Path) -> None:
    packed = zip_of(tmp_path / "a.nnvizlesson", ["rate/rate.md", "rate/a.png", "__MACOSX/rate/._rate.md"])
    assert unpack(packed, folder) == folder / "rate" / "rate.md"


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["../a.md"], "is not a file of the lesson's folder"),
        (["/a.md"], "is not a file of the lesson's folder"),
        (["C:\\a.md"], "is not a file of the lesson's folder"),
        (["a.md", "x" * 300], "is not a file of the lesson's folder"),
        (["a.png"], "it has no lesson"),
        (["a.md", "b.md"], "it has 2 lessons"),
        ([f"{number}.md" for number in range(201)], "it has 201 files and folders, at most 200 are allowed"),
    ],
)
def test_what_is_refused(tmp_path: Path, folder: Path, names: list[str], problem: str) -> None:
    with pytest.raises(LessonError, match=problem):
        unpack(zip_of(tmp_path / "a.nnvizlesson", names), folder)
    assert {path.name for path in tmp_path.iterdir()} == {"a.nnvizlesson", "unpacked"}


def test_a_link_a_bomb_and_a_damaged_file_are_refused(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.nnvizlesson"
    with zipfile.ZipFile(path, "w") as packed:
        link = zipfile.ZipInfo("a.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(LessonError, match="is not a file of the lesson's folder"):
        unpack(path, folder)
    with pytest.raises(LessonError, match="more than 32 MB"):
        unpack(zip_of(path, ["a.md"], bytes(2**26)), folder)
    path.write_bytes(b"PK no zip")
    with pytest.raises(LessonError, match="it is damaged"):
        unpack(path, folder)


def test_a_directory_of_many_entries_is_not_read_whole(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.nnvizlesson"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.md", "x")
        for number in range(25_000):
            packed.writestr(zipfile.ZipInfo(f"{number}/"), b"")
    with pytest.raises(LessonError, match="it has 25,001 files and folders, at most 200 are allowed"):
        unpack(path, folder)
    content = bytearray(path.read_bytes())
    content[-14:-10] = 2 * (1).to_bytes(2, "little")  # the counts at its end
    path.write_bytes(content)
    with pytest.raises(LessonError, match="it is damaged"):
        unpack(path, folder)
