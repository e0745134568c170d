"""The report of a lesson, progress from a settings file, and the start of a new lesson."""

from __future__ import annotations

import json

import pytest

from nnviz.lessons.document import parse_lesson
from nnviz.lessons.progress import Progress, StepProgress, progress_from
from nnviz.lessons.start import LessonStart, id_of
from nnviz.window.lesson.report import report_html
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE

LESSON = parse_lesson("a.md", EXAMPLE, CATALOGUE)


def test_the_report_has_the_result_time_and_answers_of_each_step() -> None:
    first = StepProgress(65, [], 2, [], [True], is_skipped=False, is_solved=True)
    second = StepProgress(10, [[0, 0], [0, 1]], 1, [[1]], [True, False])
    progress = Progress("x", "larger", 0, {}, {"start": first, "larger": second})
    page = report_html(LESSON, progress, '<b>Ann</b> & "Co"', "today", {"Curves": b"png"})
    assert "&lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Co&quot;" in page
    assert "<td>solution shown</td><td>1:05 min</td><td>0</td><td>2</td>" in page
    assert "<td>not finished</td><td>0:10 min</td><td>2</td><td>1</td>" in page
    assert "☐ It learns ten times as fast <b class=wrong>chosen before</b>" in page
    assert "☒ The error stays near 90\u00a0% <b class=right>chosen</b>" in page
    assert "Time: 1:15 min" in page
    assert "<td>1. A good start</td><td>Epochs trained at least 3 and test error below 6 %</td>" in page
    assert "data:image/png;base64,cG5n" in page


def test_skipped_and_unknown_steps() -> None:
    page = report_html(LESSON, Progress("x", "start", 0, {}, {"start": StepProgress(is_skipped=True)}), "", "", {})
    assert "<td>skipped</td>" in page
    assert "<td>not begun</td>" in page
    assert "Name: <b>–</b>" in page


def test_progress_survives_json_and_damage() -> None:
    progress = Progress(
        "x",
        "larger",
        3,
        {"a": 1},
        {"start": StepProgress(1.5, [[0, 1]], 2, [[0, 1]], [True, False], True, True, False)},
    )
    document = json.loads(json.dumps(progress.as_dict()))
    assert progress_from(document) == progress
    for wrong in (
        None,
        [],
        "x",
        {},
        {**document, "steps": 3},
        {**document, "record": "x"},
        {**document, "steps": {"a": {}}},
    ):
        assert progress_from(wrong) is None


@pytest.mark.parametrize(
    ("title", "name"), [("My lesson!", "my-lesson"), ("Ä", "lesson"), ("x" * 100, "x" * 60), ("a -- b", "a-b")]
)
def test_the_id_of_a_title(title: str, name: str) -> None:
    assert id_of(title) == name


def test_the_start_of_a_lesson_is_a_lesson() -> None:
    start = LessonStart("mnist", preset="Modern", settings={"hidden": "8", "seed": "3"}, drawing="test 2")
    lesson = parse_lesson("a.md", start.text("My lesson"), CATALOGUE)
    assert (lesson.id, lesson.title) == ("my-lesson", "My lesson")
    assert [each.verb for each in lesson.steps[0].setup] == ["data", "preset", "set", "new", "draw"]
