"""Texts of the user examples page: errors, the change of the test error, and a row for each example."""

from __future__ import annotations

from collections.abc import Sequence

from engine.basics.errors import counted
from engine.basics.validation import Array, parse_share
from engine.datasets import Dataset
from engine.datasets.table.raw_columns import raw_columns
from nnviz.cards.user_examples.model import TestSetChange, UserExamplePredictions
from nnviz.formatting import text
from nnviz.ui.row_table import ListColumn

_MOST_COLUMNS = 4


def format_prediction(answers: UserExamplePredictions, place: int, names: Sequence[str]) -> str:
    """Returns the class, and a wrong prediction: "4", or "4, not 9"."""
    assert answers.split.labels is not None
    label, best = int(answers.split.labels[place]), int(answers.outputs[place].argmax())
    return names[label] if label == best else f"{names[label]}, not {names[best]}"


def format_errors(answers: UserExamplePredictions | None, tested: TestSetChange | None, unit: str) -> tuple[str, ...]:
    """Returns the error on the user examples next to that on the test set, and shorter versions."""
    if answers is None:
        return ("",)
    own = f"own {_error(answers.error, answers.split.labels is not None)}"
    if tested is None:
        return (f"{own} error",) if not unit else (f"RMSE of {unit}: {own}", own)
    test = f"test {_error(tested.error, answers.split.labels is not None)}"
    head = f"RMSE of {unit}: " if unit else "error: "
    return f"{head}{own} · {test}", f"{own} · {test}", own


def format_share(share: float) -> str:
    """Returns a share as it is typed into the field: "10 %"."""
    return f"{100 * share:.4g} %"


def parse_typed_share(typed: str) -> float:
    """Returns the share that was typed: "30 %", "30" or "0.3". Raises SettingError."""
    share = parse_share("own_share", typed, "10 %")
    return share / 100 if share >= 1 and "%" not in typed else share


def step_share(typed: str, direction: int) -> str:
    """Returns the next multiple of 5 % up (1) or down (-1)."""
    steps = round(20 * parse_typed_share(typed)) + direction
    return format_share(min(max(steps / 20, 0.0), 0.9))


def format_totals(answers: UserExamplePredictions | None, noun: str) -> str:
    """Returns the number of wrong predictions: "1 of 7 digits of your own is answered wrong." """
    if answers is None or answers.split.labels is None:
        return ""
    count, wrong = len(answers.split), int(answers.are_wrong.sum())
    verb = "is" if wrong == 1 else "are"
    return f"{text.count(wrong)} of {text.grouped(counted(count, noun))} of your own {verb} misclassified."


def format_progress(is_mixed_in: Array, learned: Array, share: float, since: str) -> tuple[str, ...]:
    """Returns how many examples are trained on, and the change on the test set; the longest version first."""
    if is_mixed_in.any():
        words = f"{_part(is_mixed_in)} in the training set, {share:.0%} of it".replace("%", "\u202f%")
        words += "" if learned.any() else "; Train continues with them"
    elif learned.any():
        words = f"{_part(learned)} learned, no longer in the training set"
    else:
        words = "None of these is in the training set" if len(learned) > 1 else "This is not in the training set"
    return (f"{words} · {since}", since) if since and learned.any() else (f"{words}.",)


def _part(of_these: Array) -> str:
    return "All" if of_these.all() else f"{text.count(int(of_these.sum()))} of {text.count(len(of_these))}"


def format_test_change(tested: TestSetChange | None, names: Sequence[str], noun: str) -> str:
    """Returns the change of the test error by training on the examples; "" if the network was not trained on them."""
    if tested is None or tested.before is None:
        return ""
    is_share = tested.forgotten is not None
    change = (
        f"test {'error' if is_share else 'RMSE'} {_error(tested.before, is_share)} → {_error(tested.error, is_share)}"
    )
    if tested.forgotten is None or tested.learned is None or tested.by_class is None:
        return change
    if not tested.forgotten:
        return f"{change}; nothing is forgotten"
    worst = int(tested.by_class.argmax())
    most = f", most often {names[worst]}" if tested.forgotten > 1 and worst < len(names) else ""
    forgotten = f"{text.grouped(counted(tested.forgotten, noun))} forgotten: right before, wrong now{most}"
    return f"{change}; {forgotten}; {text.count(tested.learned)} newly right"


def _error(value: float, is_share: bool) -> str:
    return text.percent(value) if is_share else text.figure(value, 3)


class UserExampleRows:
    """Table rows of the examples: true class or values, prediction, and the first columns."""

    def __init__(self, answers: UserExamplePredictions, data: Dataset, names: Sequence[str]) -> None:
        self._answers, self._names = answers, names
        self._columns = () if data.is_picture else raw_columns(data)[:_MOST_COLUMNS]
        first = ListColumn("true"), ListColumn("predicted")
        self.head = [*first, *(ListColumn(text.name(column.name), not column.choices) for column in self._columns)]

    def row(self, place: int) -> list[str]:
        """Returns the cells of an example."""
        answers = self._answers
        if answers.split.labels is None:
            both = [_numbers(answers.targets[place]), _numbers(answers.outputs[place])]
        else:
            numbers = answers.split.labels[place], answers.outputs[place].argmax()
            both = [self._names[int(number)] for number in numbers]
            both[1] += "" if numbers[0] == numbers[1] else " · wrong"
        example = answers.split.example(place)
        return [*both, *(self._cell(number, example) for number in range(len(self._columns)))]

    def _cell(self, number: int, example: Array) -> str:
        column = self._columns[number]
        value = column.read(example)
        return text.name(column.choices[int(value)]) if column.choices else text.figure(value)


def _numbers(values: Array) -> str:
    return "; ".join(text.figure(float(value)) for value in values)
