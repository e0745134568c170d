"""What is kept of networks that were replaced."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from engine.history import Tape
from nnviz.session.runs.current import Past, Run, new_run


def run(neurons: int, epochs: int = 2) -> Run:
    """A network that was trained so long, or so it says."""
    made = new_run(Experiment(layers=(Layer(neurons),)))
    for epoch in range(epochs + 1 if epochs else 0):
        made.history.error.train.add(epoch, 0.5 / (epoch + 1))
        made.history.completed = epoch
    return made


def titles(past: Past) -> list[str]:
    """The oldest first."""
    return [each.title for each in past.runs]


def test_a_trained_network_is_kept_by_its_shape() -> None:
    past = Past().after(run(30), run(64, 0))
    assert titles(past) == ["784-30-10"]
    assert past.runs[0].history.error.train.values == pytest.approx([0.5, 0.25, 0.5 / 3])


def test_a_network_opened_again_from_its_own_file_is_not_shown_twice() -> None:
    before, now = run(30), run(30)
    before.path = now.path = Path("thirty.json")
    assert titles(Past().after(before, now)) == []
    now.path = Path("other.json")
    assert titles(Past().after(before, now)) == ["784-30-10"]


def test_one_that_was_not_trained_for_an_epoch_is_not() -> None:
    untrained, measured, opened, looked_at = run(30, 0), run(30, 0), run(30, 0), run(30, 0)
    measured.history.error.train.add(0, 0.9)
    opened.history.completed = 20  # a file that tells no curves
    for curve in (looked_at.history.error.train, looked_at.history.error.test, looked_at.history.loss.train):
        curve.add(150, 0.004)  # of such a file, measured as training went on: single figures are no line
    for before in (untrained, measured, opened, looked_at):
        assert Past().after(before, run(64)).runs == ()


def test_losses_are_reason_enough_to_keep_it() -> None:
    before = run(30, 0)
    before.history.loss.train.add(0, 2.6)
    before.history.loss.train.add(1, 2.5)
    assert titles(Past().after(before, run(64))) == ["784-30-10"]


def test_the_last_three_are_kept() -> None:
    past = Past()
    runs = [run(neurons) for neurons in (10, 20, 30, 40, 50)]
    for before, now in itertools.pairwise(runs):
        past = past.after(before, now)
    assert titles(past) == ["784-20-10", "784-30-10", "784-40-10"]


def test_undo_and_redo_list_each_network_once() -> None:
    one, two, three = run(10), run(20), run(30)
    past = Past().after(one, two).after(two, three)
    past = past.after(three, two)
    assert titles(past) == ["784-10-10", "784-30-10"], "the second is the present again"
    past = past.after(two, three)
    assert titles(past) == ["784-10-10", "784-20-10"]
    past = past.after(three, three)
    assert titles(past) == ["784-10-10", "784-20-10"]


def test_nothing_but_the_curves_is_kept() -> None:
    """A large network must be able to go."""
    (kept,) = Past().after(run(30), run(64)).runs
    assert set(vars(kept)) == {"shape", "tape"}
    assert isinstance(kept.history, Tape)
    assert not any(isinstance(value, np.ndarray) for value in vars(kept.history).values())
