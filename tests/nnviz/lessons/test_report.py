"""The report of a lesson, progress from a settings file, and the start of a new lesson."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from nnviz.lessons.document import parse_lesson
from nnviz.lessons.progress import Progress, StepProgress, progress_from
from nnviz.lessons.start import LessonStart, id_of
from nnviz.window.lesson.report import report_html
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE

LESSON = parse_lesson("a.md", EXAMPLE, CATALOGUE)


DATE = datetime(2026, 12, 2, 9, 30, tzinfo=timezone(timedelta(hours=1)))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="nnviz-report">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_report_has_results_times_questions_and_figures() -> None:
    first = StepProgress(65, [], 2, [], [True], figures={"epoch": 3.0, "test-error": 0.0298})
    second = StepProgress(10, [[0, 0], [0, 1]], 1, [[1]], [True, False])
    progress = Progress("x", "larger", 0, {}, {"start": first, "larger": second}, began=DATE.timestamp() - 90)
    page = report_html(LESSON, progress, '<b>Ann</b> & "Co"', DATE, {"Curves": b"png"})
    assert "&lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Co&quot;" in page
    assert (
        "<b>1 of 2 steps done, 0 skipped. 0 of 1 answered questions right at the first try. Time: 1:15 min.</b>" in page
    )
    assert "Date: Wednesday, December 2, 2026." in page  # in English, as the words, wherever it is made
    goal = "Epochs trained at least 3 and test error below 6 %"
    assert f"<td>1. A good start</td><td>{goal}</td><td>done</td><td>Epochs trained 3; Test error 2.98 %</td>" in page
    assert "<td>not finished</td><td></td><td>0:10 min</td><td>2</td><td>1</td>" in page
    assert "<p>Before you press Space: what will happen?</p>" in page
    assert '☐ It learns ten times as fast <b class="wrong">✗ wrong, chosen before</b>' in page
    assert '☒ The error stays near 90\u00a0% <b class="right">✓ right, chosen</b>' in page
    assert "data:image/png;base64,cG5n" in page


def test_the_data_of_a_report_are_enough_to_compare_a_class() -> None:
    first = StepProgress(65, [], 2, [], [True], figures={"test-error": 0.0298})
    second = StepProgress(10.04, [[0, 1]], 1, [[1]], [True, True])
    progress = Progress("x", "larger", 0, {}, {"start": first, "larger": second}, DATE.timestamp() - 90)
    progress.finished = DATE.timestamp()
    data = data_of(report_html(LESSON, progress, " Ann ", DATE, {}))
    assert data["format"] == 1
    assert (data["lesson"], data["title"], data["content"]) == ("too-large", "Too large", LESSON.content)
    assert (data["name"], data["date"]) == ("Ann", "2026-12-02T09:30:00+01:00")
    assert (data["begun"], data["finished"]) == ("2026-12-02T09:28:30+01:00", "2026-12-02T09:30:00+01:00")
    assert data["summary"] == {
        "steps": 2,
        "done": 2,
        "skipped": 0,
        "questions": 1,
        "answered": 1,
        "right_at_first_try": 1,
        "seconds": 75.0,
    }
    assert data["steps"][0]["figures"] == {"test-error": 0.0298}
    assert data["steps"][1]["questions"] == [
        {
            "text": "Before you press Space: what will happen?",
            "options": ["It learns ten times as fast", "The error stays near 90\u00a0%"],
            "correct": [1],
            "choices": [1],
            "chosen": [1],
            "right_at_first_try": True,
        }
    ]


def test_a_hostile_name_is_only_a_name() -> None:
    name = "</script><script>alert(1)</script><!--\ud800\u202e"
    page = report_html(LESSON, Progress("x", "start"), name, DATE, {})
    assert page.count("<script") == 1
    assert "<!--" not in page
    assert data_of(page)["name"] == name[:-2] + "\ufffd\ufffd"
    page.encode()


def test_the_summary_counts_questions_that_were_not_answered_apart() -> None:
    page = report_html(LESSON, Progress("x", "start"), "Ann", DATE, {})
    assert "<b>0 of 2 steps done, 0 skipped. 1 of 1 questions not answered. Time: 0:00 min.</b>" in page


@pytest.mark.parametrize(("met", "is_marked"), [([True, False], False), ([True, True], True)])
def test_a_right_option_that_was_not_chosen_is_marked_once_the_step_is_over(met: list[bool], is_marked: bool) -> None:
    known = StepProgress(5, [[0, 0]], 0, [[0]], met)
    page = report_html(LESSON, Progress("x", "larger", steps={"larger": known}), "Ann", DATE, {})
    assert '☒ It learns ten times as fast <b class="wrong">✗ wrong, chosen</b>' in page
    assert ('☐ The error stays near 90\u00a0% <b class="right">✓ right</b>' in page) is is_marked


def test_what_was_chosen_first_counts_also_if_the_step_was_skipped_then() -> None:
    known = StepProgress(5, [[0, 1]], 0, [[1]], [True, True], is_skipped=True, is_solved=True)
    data = data_of(report_html(LESSON, Progress("x", "larger", steps={"larger": known}), "Ann", DATE, {}))
    assert data["steps"][1]["questions"][0]["right_at_first_try"] is True
    assert data["summary"]["right_at_first_try"] == 1


@pytest.mark.parametrize(("is_skipped", "words"), [(True, "skipped"), (False, "skipped: solution shown")])
def test_what_the_solution_did_is_not_the_pupils(is_skipped: bool, words: str) -> None:
    known = StepProgress(5, [[0, 0]], 0, [[1]], [True, True], is_skipped=is_skipped, is_solved=True, shown_answers=[0])
    progress = Progress("x", "larger", 0, {}, {"larger": known})
    page = report_html(LESSON, progress, "Ann", DATE, {})
    assert '<tr class="skipped"><td>2. Ten times larger</td>' in page
    assert f"<td>{words}</td>" in page
    assert "<td>not begun</td>" in page
    assert 'class="right"' not in page
    assert "☒" not in page
    assert '<b class="skipped">✓ right</b>' in page
    step = data_of(page)["steps"][1]
    assert step["result"] == ("skipped" if is_skipped else "solution shown")
    question = step["questions"][0]
    assert (question["choices"], question["chosen"], question["right_at_first_try"]) == ([0], [], False)


def test_progress_survives_json_and_damage() -> None:
    progress = Progress(
        "x",
        "larger",
        3,
        {"a": 1},
        {
            "start": StepProgress(
                1.5, [[0, 1]], 2, [[0, 1]], [True, False], True, True, False, [1], {"epoch": 3.0, "data": "a"}
            )
        },
        began=1.5,
        finished=2.5,
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
        {**document, "began": "x"},
        {**document, "began": 32_503_680_000},  # the year 3000: Windows knows no later date
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
