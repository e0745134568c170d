"""Goals: what they mean, how they are phrased, and what is refused."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.lessons.errors import LessonError
from nnviz.lessons.goals import Fact, facts_of, parse_goal
from tests.nnviz.lessons.helpers import CATALOGUE

KNOWN: dict[str, Any] = {
    "epoch": 3.5,
    "test-error": 0.038,
    "train-error": None,
    "validation-error": math.nan,
    "learning-rate": 0.2,
    "hidden": "64, 32",
    "optimizer": "sgd",
    "layers": 2.0,
    "state": "paused",
    "prediction": "Adélie 7",
    "answered": True,
    "correct": False,
    "opened(mistakes)": True,
    "dead(1)": 0.5,
    "strength(1.4)": 0.0,
    "mistake-shown(4,9)": True,
    "field(learning-rate)": 2.0,
}


def read(fact: Fact) -> Any:
    arguments = f"({','.join(fact.arguments)})" if fact.arguments else ""
    return KNOWN[f"{fact.name}{arguments}"]


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("epoch >= 3", True),
        ("epoch >= 3.5 and epoch <= 3.5", True),
        ("epoch < 3 or test-error < 4 %", True),
        ("test-error < 3.8 %", False),
        ("not test-error > 5 %", True),
        ("train-error < 5 %", None),
        ("not train-error < 5 %", None),
        ("validation-error < 5 %", None),
        ("train-error < 5 % or epoch > 3", True),
        ("train-error < 5 % and epoch > 4", False),
        ("train-error < 5 % and epoch > 3", None),
        ("not (epoch > 4 or answered)", False),
        ("answered and not correct", True),
        ("learning-rate = 0.2", True),
        ("learning-rate = 2", False),
        ("field(learning-rate) = 2", True),
        ("hidden = 64, 32", True),
        ("hidden = 64", False),
        ("optimizer = sgd", True),
        ("optimizer != adam", True),
        ("layers = 1, 2", True),
        ("layers != 1, 3", True),
        ("state = paused, finished", True),
        ('prediction = "Adélie 7"', True),
        ("opened(mistakes)", True),
        ("dead(1) >= 50 %", True),
        ("strength(1.4) < 0.1", True),
        ("mistake-shown(4, 9)", True),
    ],
)
def test_what_a_line_means(line: str, holds: bool | None) -> None:
    assert parse_goal("a.md", 1, line, CATALOGUE).holds(read) is holds


def test_phrases() -> None:
    for line, phrase in {
        "test-error < 6 %": "Test error below 6 %",
        "epoch >= 3 and test-error < 6 %": "Epochs trained at least 3 and test error below 6 %",
        "answered": "Question answered",
        "not opened(mistakes)": "mistakes not opened",
        "not compared": "Not compared",
        "not test-error < 5 %": "Test error at least 5 %",
        "hidden = 64, 32 or layers = 1": "Hidden 64, 32 or number of hidden layers 1",
        "state != running": "State other than running",
        "epoch >= 1 and epoch <= 3 and test-error < 3.1 %": "Epochs trained from 1 to 3 and test error below 3.1 %",
        "epoch > 1 and epoch < 3": "Epochs trained above 1 and below 3",
        "epoch > 3 or epoch < 1": "Epochs trained above 3 or epochs trained below 1",
        "not (answered and compared) and layers = 1": (
            "Not (question answered and compared) and number of hidden layers 1"
        ),
        "(layers = 1 or hidden = 8, 4) and compared": "(number of hidden layers 1 or hidden 8, 4) and compared",
        "not answered and compared or layers = 1": "(question not answered and compared) or number of hidden layers 1",
        "loss < 0.5": "Training loss below 0.5",
    }.items():
        condition = parse_goal("a.md", 1, line, CATALOGUE)
        assert condition.phrase() == phrase
        assert facts_of(condition)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("test-eror < 6 %", "“test-eror” is not a fact. Did you mean “test-error”?"),
        ("test-error < 6", "“test-error” is a share, and 6 is not. Write 6 %."),
        ("test-error = 6 %", "cannot be compared by “=”: it is not exact. Use < or >."),
        ("epoch = 3", "cannot be compared by “=”"),
        ("epoch >= 3 %", "“epoch” is compared with a number, not with “3 %”"),
        ("epoch >= 3, 4", "“>=” compares with one value, not with 3, 4. Write a decimal point: 3.4."),
        ("test-error < 3,1 %", "“<” compares with one value, not with 3, 1 %. Write a decimal point: 3.1 %."),
        ("learning-rate = 0,2", "must have a decimal point. Write 0.2."),
        ("loss = cross-entropy", "The setting of that name is “field(loss)”: field(loss) = cross-entropy."),
        ("hidden >= 30", "“hidden” cannot be compared by “>=” with “30”. Use = or !=, as in hidden = 64, 32."),
        ("field(optimizer) < 3", "“field(optimizer)” cannot be compared by “<” with “3”. Use = or !="),
        ("epoch", "“epoch” is not compared with a value. For example: epoch >= 1"),
        ("answered = 1", "“answered” is not compared with a value. Write answered or not answered."),
        ("state < paused", "“state” cannot be compared by “<” with “paused”. Use = or !=."),
        ("state = runing", "“runing” is not a value of “state”. Did you mean “running”?"),
        ("opened(mistake)", "“mistake” is not a card. Did you mean “mistakes”?"),
        ("opened", "“opened” has 0 arguments, not 1. Write opened(card)."),
        ("dead(0) > 5 %", "“0” is not a layer. Layers are numbered from 1: dead(1)."),
        ("strength(4) < 1", "“4” is not a neuron. Write layer and neuron, from 1: strength(1.4)."),
        ("runs(rate) > 1", "“rate” is not a setting"),
        ("epoch >= 3 epoch", "“epoch” is not expected here; expected: and, or, or the end of the line"),
        ("(epoch >= 3", "“the end” is not expected here; expected: )"),
        ("epoch >= ;", "“;” is not a part of a goal"),
        ("not", "“the end” is not expected here; expected: name"),
        ("(" * 21 + "answered" + ")" * 21, "more than 20 nested parentheses"),
        (" and ".join(["answered"] * 101), "more than 200 parts"),
        ("", "a goal is empty"),
    ],
)
def test_what_is_refused(line: str, part: str) -> None:
    with pytest.raises(LessonError) as raised:
        parse_goal("a.md", 12, line, CATALOGUE)
    assert str(raised.value).startswith("a.md, line 12: ")
    assert part in str(raised.value)


@given(st.text(alphabet='ab -.,()<>=!%"0123456789\n', max_size=80) | st.text(max_size=80))
def test_any_text_is_a_goal_or_refused(text: str) -> None:
    with suppress(LessonError):
        parse_goal("a.md", 1, text, CATALOGUE)
