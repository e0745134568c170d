"""Translations: the texts of another file, with the blocks and the right options of the lesson."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnviz.lessons.document import Lesson, read_lesson
from nnviz.lessons.errors import LessonError
from nnviz.lessons.included import id_in, included_lessons, title_of
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE

GERMAN = """---
lesson: 1
id: too-large
title: Zu groß
language: de
---
Vor dem ersten Schritt.

## Ein guter Anfang {#start}
Drücke die Leertaste.

> Sieh die Kurve an.

## Zehnmal so groß {#larger}
Was wird geschehen?
- [ ] Es lernt schneller
- [ ] Der Fehler bleibt bei 90 %
  > Ja.
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "curve.png").write_bytes(b"x")
    path = tmp_path / "rate.md"
    path.write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "rate.de.md").write_text(GERMAN, encoding="utf-8")
    return path


def titles(lesson: Lesson) -> list[str]:
    return [lesson.title, *(step.title for step in lesson.steps)]


def test_texts_are_translated_and_all_else_is_that_of_the_lesson(lesson: Path) -> None:
    original, german = read_lesson(lesson, CATALOGUE), read_lesson(lesson, CATALOGUE, "de")
    assert titles(original) == ["Too large", "A good start", "Ten times larger"]
    assert titles(german) == ["Zu groß", "Ein guter Anfang", "Zehnmal so groß"]
    assert (german.language, german.languages, original.languages) == ("de", ("en", "de"), ("en", "de"))
    assert german.content == original.content
    for one, other in zip(original.steps, german.steps, strict=True):
        assert (one.setup, one.goals, one.solution) == (other.setup, other.goals, other.solution)
    (question,) = german.steps[1].questions
    assert [option.is_correct for option in question.options] == [False, True]
    assert question.options[1].feedback == "<p>Ja.</p>\n"
    assert german.steps[0].hints == ("<p>Sieh die Kurve an.</p>\n",)


def test_the_file_of_a_translation_opens_the_lesson_in_its_language(lesson: Path) -> None:
    assert read_lesson(lesson.with_name("rate.de.md"), CATALOGUE).title == "Zu groß"
    assert read_lesson(lesson.with_name("rate.de.md"), CATALOGUE, "en").title == "Too large"
    assert read_lesson(lesson, CATALOGUE, "fr").title == "Too large"


@pytest.mark.parametrize(("old", "new"), [("{#larger}", "{#other}"), ("- [ ] Es lernt schneller\n", "")])
def test_a_step_that_differs_keeps_the_language_of_the_lesson(lesson: Path, old: str, new: str) -> None:
    lesson.with_name("rate.de.md").write_text(GERMAN.replace(old, new), encoding="utf-8")
    assert titles(read_lesson(lesson, CATALOGUE, "de")) == ["Zu groß", "Ein guter Anfang", "Ten times larger"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("```do\nnew\n```\n", "rate.de.md, line 20: a translation has no block “do”"),
        ("![x](../secret.png)\n", "is not a file of the lesson's folder"),
    ],
)
def test_what_is_refused(lesson: Path, more: str, problem: str) -> None:
    lesson.with_name("rate.de.md").write_text(GERMAN + "\n" + more, encoding="utf-8")
    with pytest.raises(LessonError, match=problem):
        read_lesson(lesson, CATALOGUE, "de")
    assert read_lesson(lesson, CATALOGUE).title == "Too large"


def test_a_translation_of_another_lesson_is_refused(lesson: Path) -> None:
    lesson.with_name("rate.de.md").write_text(GERMAN.replace("id: too-large", "id: other"), encoding="utf-8")
    with pytest.raises(LessonError, match="the id of the translation, “other”, is not that"):
        read_lesson(lesson, CATALOGUE, "de")


def test_included_lessons_have_titles_and_different_ids() -> None:
    paths = included_lessons()
    assert len(paths) == 8
    assert len({id_in(path) for path in paths} - {""}) == 8
    assert title_of(paths[0]) == "Teach a network to read"
    assert title_of(paths[0], "de") == "Bring einem Netz das Lesen bei"
    assert title_of(Path("missing.md")) == "missing.md"
