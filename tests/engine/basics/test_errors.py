"""One family of errors, whose messages are built from their parts."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import engine
from engine.basics import errors
from engine.basics.errors import EngineError, Verbatim

FAMILY = [
    errors.SettingError,
    errors.UnknownNameError,
    errors.DataError,
    errors.FileFormatError,
    errors.DivergenceError,
    errors.PlotError,
]


def an_error(kind: type[EngineError] = EngineError, value: object = -1) -> EngineError:
    return kind("learning_rate", value, "must be above 0", "Try 0.3.")


@pytest.mark.parametrize("kind", FAMILY)
def test_each_is_an_engine_error_and_a_value_error(kind: type[EngineError]) -> None:
    assert issubclass(kind, EngineError)
    assert issubclass(kind, ValueError)


def test_the_common_ones_can_be_imported_from_the_package() -> None:
    for name in ("EngineError", "SettingError", "DataError", "FileFormatError", "DivergenceError"):
        assert getattr(engine, name) is getattr(errors, name)


def test_message_has_parameter_value_rule_and_remedy() -> None:
    assert str(an_error()) == "learning_rate is -1: it must be above 0. Try 0.3."


def test_a_window_may_call_the_parameter_by_its_own_name() -> None:
    assert an_error().message_for("Learning rate") == "Learning rate is -1: it must be above 0. Try 0.3."


def test_a_problem_needs_no_rule() -> None:
    error = EngineError.from_problem("data", "the file is empty", "Open another file.")
    assert str(error) == "data: the file is empty. Open another file."
    assert (error.parameter, error.value, error.rule) == ("data", "the file is empty", "")
    assert error.message_for("Data") == "Data: the file is empty. Open another file."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(EngineError.from_problem("", "the process exited", "Try again.")) == "the process exited. Try again."


def test_text_stands_in_quotes_and_a_description_does_not() -> None:
    assert an_error(value="abc").value == "'abc'"
    assert an_error(value=Verbatim("3 × 4")).value == "3 × 4"


def test_a_numpy_number_is_shown_as_a_number() -> None:
    assert an_error(value=np.float64(-0.5)).value == "-0.5"
    assert an_error(value=np.int64(-3)).value == "-3"


def test_a_whole_float_is_shown_without_its_point() -> None:
    assert an_error(value=-1.0).value == "-1"
    assert an_error(value=1e300).value == "1e+300"


@pytest.mark.parametrize(
    "value", ["x" * 10_000, list(range(10_000)), Verbatim("x" * 10_000), pytest.param(10**4000, id="10^4000")]
)
def test_a_long_value_is_cut(value: object) -> None:
    shown = an_error(value=value).value
    assert len(shown) <= 300
    assert shown.endswith("…")


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    bottomless: list[object] = []
    for _ in range(100_000):
        bottomless = [bottomless]
    assert an_error(value=bottomless).value == "of type list"
    while bottomless:  # taken apart by hand: not every Python can free it in one go
        bottomless = bottomless.pop()  # type: ignore[assignment]


@pytest.mark.parametrize("kind", FAMILY)
def test_survives_pickling_and_copying(kind: type[EngineError]) -> None:
    for value in ("abc", Verbatim("3 × 4"), Verbatim("x" * 500), 3, None):
        error = an_error(kind, value)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(twin) is kind
            assert str(twin) == str(error)
            assert vars(twin) == vars(error)
