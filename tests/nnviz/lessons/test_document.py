"""A lesson file: its steps, questions and hints, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.lessons.document import MOST_BYTES, Question, parse_lesson
from nnviz.lessons.errors import LessonError
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE, FRONT

STEP = "## One {#one}\n"


def test_the_example() -> None:
    lesson = parse_lesson("a.md", EXAMPLE, CATALOGUE)
    assert (lesson.id, lesson.title, lesson.language) == ("too-large", "Too large", "en")
    assert lesson.introduction == "<p>Before the first step.</p>\n"
    start, larger = lesson.steps
    assert (start.id, start.title, lesson.files) == ("start", "A good start", (("images/curve.png", 12),))
    assert [each.verb for each in start.setup] == ["data", "set", "new", "lock", "point"]
    assert [each.phrase() for each in start.goals] == ["Epochs trained at least 3 and test error below 6 %"]
    assert [each.verb for each in start.solution] == ["train"]
    assert start.hints == ("<p>Look at the curve.</p>\n", "<p>Press Space.</p>\n")
    assert "".join(part for part in start.parts if isinstance(part, str)).startswith(
        "<p>Press Space and watch the <em>"
    )
    text, question = larger.parts
    assert isinstance(text, str)
    assert isinstance(question, Question)
    assert [option.html for option in question.options] == [
        "It learns ten times as fast",
        "The error stays near 90\u00a0%",
    ]
    assert question.options[0].feedback == "<p>It would, if the slope stayed the same.</p>\n"
    assert (question.correct, question.is_multiple) == ({1}, False)
    assert len(larger.goals) == 2
    assert EXAMPLE.splitlines()[larger.line - 1] == "## Ten times larger {#larger}"
    assert EXAMPLE.splitlines()[larger.solution[1].line - 1] == "set learning-rate = 2"
    assert replace(lesson) == lesson


def test_markdown_that_is_no_block_of_a_lesson_is_shown() -> None:
    """Other fences, plain lists, tables, quotes in the middle; HTML is text."""
    text = STEP + "- a\n- b\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n<b>bold</b>\n"
    (step,) = parse_lesson("a.md", FRONT + text, CATALOGUE).steps
    (html,) = step.parts
    for part in ("<li>a</li>", "<blockquote>", "<table>", "print(1)", "&lt;b&gt;bold&lt;/b&gt;"):
        assert part in html
    assert step.hints == ()
    (multiple,) = parse_lesson("a.md", FRONT + STEP + "- [x] a\n- [x] b\n", CATALOGUE).steps[0].questions
    assert multiple.is_multiple


def _table(columns: int, rows: int) -> str:
    return "".join(f"|{cell * columns}\n" for cell in ("a|", "-|", *["b|"] * (rows - 1)))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("## One {#one}\n", "a.md, line 1: the front matter is missing"),
        (FRONT.replace("id: too-large\n", "") + STEP, "a.md, line 1: the front matter lacks id. Add id: …"),
        (
            FRONT.replace("lesson: 1", "lesson: 2") + STEP,
            "the lesson has format 2, and this program reads 1. Update nnviz.",
        ),
        (FRONT.replace("too-large", "Too Large") + STEP, "the id “Too Large” is not made of a-z, 0-9 and -"),
        (
            FRONT.replace("title", "titel") + STEP,
            "line 4: “titel” is not an entry of the front matter. Did you mean “title”?",
        ),
        (FRONT + "Only text.\n", "a.md: the lesson has no step. A step begins with ## Title {#id}."),
        (FRONT + "## One\n", "line 7: the heading “One” has no id. Write ## Title {#id}."),
        (FRONT + "## One {#One}\n", "the id “One” is not made of a-z, 0-9 and -"),
        (FRONT + STEP + "\n" + STEP, "line 9: the id “one” is that of line 7 too"),
        (FRONT + STEP + "```goal\nanswered\n```\n", "line 7: the step “One” has a goal and no solution"),
        (FRONT + STEP + "```do\nnew\ntrian\n```\n", "line 10: “trian” is not a directive"),
        (FRONT + STEP + "- [ ] a\n- [ ] b\n", "line 8: the question has no correct option"),
        (FRONT + STEP + "- [x] a\n- b\n", "line 8: some items of the list are options and some are not"),
        (
            FRONT + STEP + "[a](http://example.org)\n",
            "line 8: the link “http://example.org” does not begin with https://",
        ),
        (FRONT + STEP + "[a](javascript:alert(1))\n", "does not begin with https://"),
        (FRONT + STEP + "![a](../a.png)\n", "line 8: the image “../a.png” is not a file of the lesson's folder"),
        (FRONT + STEP + "![a](https://example.org/a.png)\n", "is not a file of the lesson's folder"),
        (FRONT + STEP + "![a](/etc/passwd)\n", "is not a file of the lesson's folder"),
        (FRONT + STEP + "![a](C:\\\\a.png)\n", "is not a file of the lesson's folder"),
        (FRONT + STEP + "x" * MOST_BYTES, "the lesson is larger than 256 kB"),
        (FRONT + STEP + "x" * 501, "line 8: a word has more than 500 letters"),
        (FRONT + STEP + _table(21, 1), "line 8: a table has more than 20 columns"),
        (FRONT + STEP + _table(10, 202), "the tables have more than 2,000 cells"),
        (FRONT + STEP + "- [x] a\n" * 101, "line 7: the step has 101 options, at most 100 are allowed"),
        (FRONT + STEP + "> a\n\n" * 21, "line 7: the step has 21 hints, at most 20 are allowed"),
        (FRONT + STEP + "![a](a.png)\n\n" * 21, "line 7: the step has 21 images, at most 20 are allowed"),
        (FRONT + "![a](a.png)\n\n" * 21 + STEP, "the step has 21 images above it, at most 20 are allowed"),
    ],
)
def test_what_is_refused(text: str, part: str) -> None:
    with pytest.raises(LessonError) as raised:
        parse_lesson("a.md", text, CATALOGUE)
    assert part in str(raised.value)


def test_deep_nesting_is_shown_or_refused() -> None:
    for text in ("> " * 5000 + "a\n", "- " * 2000 + "a\n", "[" * 20_000 + "\n", "*" * 50_000 + "\n"):
        with suppress(LessonError):
            parse_lesson("a.md", FRONT + STEP + text, CATALOGUE)


@given(st.text(alphabet='#{}[]()x- >`|\n"!:abc', max_size=300))
def test_any_text_is_a_lesson_or_refused(text: str) -> None:
    with suppress(LessonError):
        parse_lesson("a.md", FRONT + STEP + text, CATALOGUE)
