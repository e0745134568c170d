"""Files of a lesson: only regular files in its folder are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnviz.lessons.document import MOST_BYTES, read_lesson
from nnviz.lessons.errors import LessonError
from nnviz.lessons.folder import file_of_lesson
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE, FRONT


def test_a_lesson_is_read_with_the_files_that_it_names(tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(EXAMPLE, encoding="utf-8")
    with pytest.raises(LessonError, match=r"lesson\.md, line 12: the file “images/curve\.png” is missing"):
        read_lesson(path, CATALOGUE)

    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "curve.png").write_bytes(b"")
    assert read_lesson(path, CATALOGUE).id == "too-large"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x.png",
        "a/../../x.png",
        "/etc/passwd",
        "C:/x.png",
        "\\\\host\\x.png",
        "https://host/x.png",
        "a//x",
        "x\0",
    ],
)
def test_a_path_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="is not a file of the lesson's folder"):
        file_of_lesson(tmp_path, name, "lesson.md", 3)


def test_links_are_refused_wherever_they_lead(tmp_path: Path) -> None:
    folder = tmp_path / "lesson"
    (folder / "inside").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a")
    (folder / "table.csv").write_text("a")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "way").symlink_to(tmp_path)
    (folder / "near.csv").symlink_to(folder / "table.csv")
    for name in ("link.csv", "way/secret.csv", "near.csv"):
        with pytest.raises(LessonError, match="is a link"):
            file_of_lesson(folder, name)
    with pytest.raises(LessonError, match="is missing"):
        file_of_lesson(folder, "inside")
    assert file_of_lesson(folder, "table.csv") == folder / "table.csv"


@pytest.mark.parametrize("line", ["open ../houses.csv", "draw /tmp/x.png", "open C:houses.csv"])
def test_a_directive_that_leads_out_is_an_error_with_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(f"{FRONT}## A {{#a}}\n```do\n{line}\n```\n", encoding="utf-8")
    with pytest.raises(LessonError, match=r"lesson\.md, line 9: .* is not a file of the lesson's folder"):
        read_lesson(path, CATALOGUE)


def test_what_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_bytes(b"---\nlesson: \xff")
    with pytest.raises(LessonError, match="byte 12 is not UTF-8"):
        read_lesson(path, CATALOGUE)
    path.write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(LessonError, match="at most"):
        read_lesson(path, CATALOGUE)
    with pytest.raises(OSError, match=r"missing\.md"):
        read_lesson(tmp_path / "missing.md", CATALOGUE)
