"""The learning rate over time, by hand."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import UnknownNameError
from engine.basics.validation import Array
from engine.training.events import Batch
from engine.training.optimizers import OPTIMIZERS, Optimizer, StepLine
from engine.training.schedules import SCHEDULES, Schedule, warmed_up
from engine.training.settings import TrainingSettings
from tests.engine.helpers import numbered_data, refused, restored_later, trainer

# The factors after epochs of 20, with a decay of 0.2 every 4 epochs.
BY_HAND: dict[str, dict[float, float]] = {
    "constant": {0: 1, 3.5: 1, 20: 1},
    "step": {0: 1, 3.99: 1, 4: 0.2, 7.99: 0.2, 8: 0.04, 19: 0.2**4, 20: 0.2**5},
    "exponential": {0: 1, 2: 0.2**0.5, 4: 0.2, 6: 0.2**1.5, 20: 0.2**5},
    "cosine": {0: 1, 5: (1 + math.sqrt(0.5)) / 2, 10: 0.5, 15: (1 - math.sqrt(0.5)) / 2, 20: 0, 25: 0},
}


def made(name: str, **constants: float) -> Schedule:
    """Returns a schedule with default constants, except those given that it uses."""
    return TrainingSettings(schedule=name, **constants).new_schedule()


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_by_hand_over_twenty_epochs(name: str) -> None:
    assert name in BY_HAND, "work its factors by hand"
    schedule = made(name, decay=0.2, decay_epochs=4)
    for epoch, factor in BY_HAND[name].items():
        assert schedule.factor(epoch, 20) == pytest.approx(factor, abs=1e-15)


@pytest.mark.parametrize("name", list(SCHEDULES))
@given(
    decay=st.floats(0, 1),
    decay_epochs=st.floats(0.01, 50),
    epochs=st.integers(1, 100),
    share=st.floats(0, 1),
    warmup=st.floats(0, 200),
    batches=st.integers(1, 600),
)
@settings(max_examples=25, derandomize=True)
def test_factors_are_between_0_and_1_and_never_rise_after_the_warm_up(
    name: str, decay: float, decay_epochs: float, epochs: int, share: float, warmup: float, batches: int
) -> None:
    schedule = made(name, decay=decay, decay_epochs=decay_epochs)
    assert 0 <= warmed_up(schedule, share * epochs, epochs, warmup, batches) <= 1
    assert schedule.factor(0, epochs) == 1
    assert schedule.factor(share * epochs / 2, epochs) >= schedule.factor(share * epochs, epochs)


def test_exponential_has_no_steps_and_the_staircase_meets_it() -> None:
    smooth, stairs = made("exponential", decay_epochs=3), made("step", decay_epochs=3)
    for epoch in (2.999999, 3.0, 3.000001):
        assert smooth.factor(epoch, 9) == pytest.approx(0.5, rel=1e-6)
    assert smooth.factor(6, 9) == pytest.approx(stairs.factor(6, 9))


def test_each_constant_that_it_uses_matters() -> None:
    for name in SCHEDULES:
        for constant in SCHEDULES[name].uses:
            assert made(name, **{constant: 0.4}).factor(6, 20) != made(name).factor(6, 20), (name, constant)


def test_a_drop_after_next_to_no_time_is_one_to_nothing() -> None:
    assert made("step", decay_epochs=5e-324).factor(3, 20) == 0
    assert made("step", decay=1, decay_epochs=5e-324).factor(3, 20) == 1


def test_an_unknown_one_is_refused() -> None:
    with refused(UnknownNameError, "schedule", "'magic'"):
        TrainingSettings(schedule="magic")


# what the optimizer gets


class Recorder(Optimizer):
    """Learns nothing and remembers the step sizes."""

    name = "recorder"
    label = "Recorder"
    default_rate = 0.1
    rates: ClassVar[list[float]] = []

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        self.rates.append(learning_rate)

    def derivation(self, *_: object) -> list[StepLine]:
        return []


def rates(monkeypatch: pytest.MonkeyPatch, examples: int = 8, batch_size: int = 2, **how: Any) -> list[float]:
    """The step size of every step, relative to the learning rate."""
    restored_later(monkeypatch, OPTIMIZERS)
    OPTIMIZERS.register("recorder")(Recorder)
    Recorder.rates = []
    training = trainer(
        numbered_data(examples),
        batch_size=batch_size,
        optimizer="recorder",
        learning_rate=0.5,
        evaluate=False,
        **how,
    )
    announced = [training.rate]
    announced += [training.rate for event in training.run() if isinstance(event, Batch)]
    assert announced[:-1] == Recorder.rates
    return [rate / 0.5 for rate in Recorder.rates]


def test_a_constant_one_leaves_the_learning_rate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rates(monkeypatch, epochs=3) == [1] * 12


@pytest.mark.parametrize(("decay_epochs", "steps"), [(1, 4), (0.75, 3), (2, 8), (0.25, 1), (1.25, 5)])
def test_the_staircase_drops_at_the_very_batch(
    monkeypatch: pytest.MonkeyPatch, decay_epochs: float, steps: int
) -> None:
    used = rates(monkeypatch, epochs=5, schedule="step", decay=0.5, decay_epochs=decay_epochs)
    assert used == [0.5 ** (step // steps) for step in range(20)]


@pytest.mark.parametrize("batches", [3, 7, 10, 49])
def test_the_staircase_drops_at_the_very_batch_though_thirds_are_rounded(
    monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    used = rates(monkeypatch, batches, 1, epochs=6, schedule="step", decay=0.5, decay_epochs=2 / batches)
    assert used == [0.5 ** (step // 2) for step in range(6 * batches)]


def test_exponential_falls_with_every_batch_by_the_same_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    used = rates(monkeypatch, epochs=3, schedule="exponential", decay=0.5, decay_epochs=2)
    assert used == pytest.approx([0.5 ** (step / 8) for step in range(12)])


def test_cosine_ends_just_above_0(monkeypatch: pytest.MonkeyPatch) -> None:
    used = rates(monkeypatch, epochs=3, schedule="cosine")
    assert used == pytest.approx([(1 + math.cos(math.pi * step / 12)) / 2 for step in range(12)])
    assert 0 < used[-1] < 0.02


def test_warm_up_rises_from_the_first_step_which_is_not_0(monkeypatch: pytest.MonkeyPatch) -> None:
    used = rates(monkeypatch, epochs=3, warmup=1.5)
    assert used == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, *[1] * 6])


def test_less_than_a_batch_of_warm_up_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rates(monkeypatch, epochs=1, warmup=0.1) == [1] * 4


def test_the_schedule_begins_after_the_warm_up_and_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    used = rates(monkeypatch, epochs=3, warmup=1, schedule="cosine")
    assert used[:4] == pytest.approx([0.25, 0.5, 0.75, 1])
    assert used[4:] == pytest.approx([(1 + math.cos(math.pi * step / 8)) / 2 for step in range(8)])
    used = rates(monkeypatch, epochs=4, warmup=1, schedule="step", decay=0.1, decay_epochs=1)
    assert used == pytest.approx([0.25, 0.5, 0.75, 1, *[1] * 4, *[0.1] * 4, *[0.01] * 4])


def test_a_warm_up_longer_than_the_run_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rates(monkeypatch, epochs=2, warmup=4, schedule="cosine") == pytest.approx(np.arange(1, 9) / 16)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_the_network_moves_by_what_the_schedule_says(optimizer: str) -> None:
    """All examples in one step, and a warm-up of two: the first step is half as long."""
    half, warmed = (
        trainer(optimizer=optimizer, batch_size=60, epochs=1, evaluate=False, **how)
        for how in ({"learning_rate": 0.25}, {"learning_rate": 0.5, "warmup": 2})
    )
    list(half.run())
    list(warmed.run())
    np.testing.assert_allclose(warmed.network.parameters, half.network.parameters, rtol=1e-6)
