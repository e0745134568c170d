"""The answers to a part of the data: the latest question wins, and training is asked once an epoch."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.session import mistakes
from nnviz.session.example_sets import example_sets_of
from nnviz.session.shared_queries import MISTAKES
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import pause, train_for_a_while


class Counter:
    """Counts the evaluations that were begun, and in which threads."""

    def __init__(self) -> None:
        self.begun: list[int] = []  # the numbers of their examples
        self.threads: set[threading.Thread] = set()


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Of this test's evaluations."""
    counter, original = Counter(), mistakes.predict_in_steps

    def counted(network: Any, split: Any, rows: Any) -> Any:
        counter.begun.append(len(split) if rows is None else len(rows))
        counter.threads.add(threading.current_thread())
        return original(network, split, rows)

    monkeypatch.setattr(mistakes, "predict_in_steps", counted)
    return counter


@pytest.fixture
def inside(ready_model: Model, qtbot: QtBot) -> Model:
    """With the answers to the test part."""
    ready_model.session.queries.want("a test", (MISTAKES,), True)
    wait(ready_model, qtbot)
    return ready_model


def wait(model: Model, qtbot: QtBot) -> None:
    """Until the answers are there."""
    probe = model.session.queries[MISTAKES]
    qtbot.waitUntil(lambda: probe.is_up_to_date and model.session.mistakes.found is not None)


def test_a_newer_question_ends_the_one_before(inside: Model, qtbot: QtBot, gate: Gate, counter: Counter) -> None:
    session = inside.session
    gate.close()
    session.mistakes.set_part("train")
    gate.wait_until_reached()
    assert session.mistakes.found is None
    session.mistakes.set_part("test")
    gate.open()
    wait(inside, qtbot)
    found = session.mistakes.found
    assert found is not None
    assert found.part.name == "test"
    assert counter.begun == [500, 200]
    assert threading.main_thread() not in counter.threads


def test_training_is_asked_once_an_epoch_at_most(inside: Model, qtbot: QtBot, counter: Counter) -> None:
    train_for_a_while(qtbot, inside)
    qtbot.waitUntil(lambda: len(counter.begun) >= 2, timeout=20_000)
    assert len(counter.begun) <= inside.session.runs.current.history.completed + 1
    pause(qtbot, inside)
    wait(inside, qtbot)
    found = inside.session.mistakes.found
    assert found is not None
    assert found.network is inside.session.displayed.network
    assert found.epochs == inside.session.runs.current.epochs


def test_the_parts_of_data_without_a_test_set(few_digits: Dataset) -> None:
    alone = Dataset("alone", few_digits.train, None, few_digits.example_shape, few_digits.class_names)
    assert list(example_sets_of(alone, 0.0)) == ["train"]
    parts = example_sets_of(alone, 0.25)
    assert list(parts) == ["validation", "train"]
    train = parts["train"]
    assert train.rows is not None
    assert len(train.rows) == 375
    assert train.index(train.number(7)) == 7
    assert parts["validation"].index(train.number(7)) is None
    assert example_sets_of(alone, 0.0)["train"].index(500) is None


def test_a_validation_set_of_the_datas_own_is_not_drawn(few_digits: Dataset) -> None:
    parts = example_sets_of(few_digits.with_validation(0.1), 0.3)
    assert list(parts) == ["test", "validation", "train"]
    assert parts["validation"].where == "validation"
    assert parts["train"].rows is None


def test_a_group_is_of_its_part_alone(few_digits: Dataset) -> None:
    """Numbers count in the split, also where a part has only some of its examples."""
    parts = example_sets_of(few_digits, 0.1)
    numbers = np.array([parts["validation"].number(3), parts["train"].number(5), parts["validation"].number(8)])
    among = parts["validation"].are_among(numbers)
    assert np.flatnonzero(among).tolist() == [3, 8]
    assert np.flatnonzero(parts["train"].are_among(numbers)).tolist() == [5]
    assert len(among) == parts["validation"].count
    assert parts["test"].count == len(parts["test"].split)
