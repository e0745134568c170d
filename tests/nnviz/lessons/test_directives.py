"""Directives: what their lines mean, and what is refused."""

from __future__ import annotations

import pytest

from nnviz.lessons.directives import DIRECTIVES, parse_directives
from nnviz.lessons.errors import LessonError
from tests.nnviz.lessons.helpers import CATALOGUE


@pytest.mark.parametrize(
    ("line", "verb", "words", "settings"),
    [
        ("data xor", "data", ("xor",), {}),
        ("data mnist train-examples = 300; seed = 4", "data", ("mnist",), {"train_examples": 300, "seed": 4}),
        ("open houses.csv", "open", ("houses.csv",), {}),
        ("preset Modern", "preset", ("Modern",), {}),
        (
            "set hidden = 64, 32; learning-rate = 0.2; optimizer = adam",
            "set",
            (),
            {"hidden": (64, 32), "learning_rate": 0.2, "optimizer": "adam"},
        ),
        ("set hidden = 8; activation = tanh", "set", (), {"hidden": (8,), "activation": ("tanh",)}),
        ("set dropout = 0.1, 0.5, 0.5", "set", (), {"dropout": (0.1, 0.5, 0.5)}),
        ("new", "new", (), {}),
        ("train 1 epoch", "train", ("1",), {}),
        ("train 1000 epochs", "train", ("1000",), {}),
        ("goto 3.5", "goto", ("3.5",), {}),
        ("workspace inside", "workspace", ("inside",), {}),
        ("enlarge curves", "enlarge", ("curves",), {}),
        ("lock learning-rate, reset", "lock", ("learning-rate", "reset"), {}),
        ("lock all", "lock", ("all",), {}),
        ("lock all except train, reset", "lock", ("all", "train", "reset"), {}),
        ("point mistakes", "point", ("mistakes",), {}),
        ("draw test 23", "draw", ("test", "23"), {}),
        ("draw seven.png", "draw", ("seven.png",), {}),
        ("answer 1, 3", "answer", ("1", "3"), {}),
    ],
)
def test_what_a_line_means(line: str, verb: str, words: tuple[str, ...], settings: dict[str, object]) -> None:
    (found,) = parse_directives("a.md", [(7, line), (8, "  ")], CATALOGUE, is_solution=True)
    assert (found.verb, found.words, dict(found.settings), found.line) == (verb, words, settings, 7)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("trian 3 epochs", "“trian” is not a directive. Did you mean “train”?"),
        ("train 3", "“3” is not a number of epochs from 1 to 1,000. Write train N epochs."),
        ("train 0 epochs", "is not a number of epochs"),
        ("train 1001 epochs", "is not a number of epochs"),
        ("data mnits", "“mnits” is not a data set. Did you mean “mnist”?"),
        ("data mnist own = /etc/passwd", "“own” is not a setting of mnist"),
        ("data mnist seed = x", "seed is 'x': it must be a whole number"),
        ("set learning-rat = 1", "“learning-rat” is not a setting. Did you mean “learning-rate”?"),
        ("set learning-rate", "“learning-rate” has no value"),
        ("set learning-rate = -1", "must be a finite number above 0"),
        ("set hidden = 64, x", "hidden"),
        ("set activation = relo", "relo"),
        ("set epochs = many", "epochs"),
        ("set dropout = 0,5", "dropout is 5"),
        ("new network", "“new” stands alone, and “network” follows it"),
        ("goto end", "“end” is not an epoch"),
        ("workspace look", "“look” is not a workspace"),
        ("show curve", "“curve” is not a card. Did you mean “curves”?"),
        ("lock all but train", "“all but train” is not a control or card"),
        ("draw test x", "“x” is not the number of an example"),
        ("answer 0", "“0” are not numbers of options"),
        ("point", "“point” needs a word after it"),
    ],
)
def test_what_is_refused(line: str, part: str) -> None:
    with pytest.raises(LessonError) as raised:
        parse_directives("a.md", [(7, line)], CATALOGUE, is_solution=True)
    assert str(raised.value).startswith("a.md, line 7: ")
    assert part in str(raised.value)


def test_options_are_chosen_in_solutions_only() -> None:
    with pytest.raises(LessonError, match="stands in a solution only"):
        parse_directives("a.md", [(7, "answer 1")], CATALOGUE, is_solution=False)
    assert all(text.split()[0].isalpha() for text in DIRECTIVES)
