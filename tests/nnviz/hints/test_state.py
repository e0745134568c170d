"""The snapshot of a run: which epochs and figures it has."""

from __future__ import annotations

import math

import pytest

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.distributions import layer_activities
from engine.training.events import Estimate
from engine.training.history import History
from engine.training.metrics import Evaluation
from nnviz.hints.state import MOST_EPOCHS, RunState, count_examples, figures_since


def history_of(**curves: dict[float, float]) -> History:
    history = History()
    for name, points in curves.items():
        part, _, quantity = name.partition("_")
        for epoch, value in points.items():
            getattr(getattr(history, quantity), part).add(epoch, value)
    return history


def test_only_epochs_since_the_last_change_at_which_all_was_measured() -> None:
    loss = {epoch: 1 / (epoch + 1) for epoch in range(6)}
    history = history_of(train_loss=loss, test_loss={epoch: loss[epoch] for epoch in (0, 2, 3, 5)})
    assert figures_since(history, 2.4) == ((3, 5), {"train_loss": (1 / 4, 1 / 6), "test_loss": (1 / 4, 1 / 6)})
    assert figures_since(History()) == ((), {})


def test_estimates_of_the_first_epoch_change_no_figure_and_no_conclusion(few_digits: Dataset) -> None:
    points = {0: 0.9, 1: 0.2, 2: 0.15, 3: 0.14, 4: 0.14, 5: 0.14, 6: 0.14}
    history = history_of(train_error=points, test_error=points, train_loss=points, test_loss=points)
    exact = RunState.of(Experiment(), few_digits, history)
    lower = Evaluation(0.001, 0.001, None)
    for batch in (5, 10, 20):
        history.add_early(batch / 40, Estimate(lower, lower, lower))
    assert len(history.early) == 3
    assert vars(RunState.of(Experiment(), few_digits, history)) == vars(exact)


def test_of_a_long_run_only_the_end() -> None:
    epochs, figures = figures_since(history_of(train_loss=dict.fromkeys(range(10_000), 1.0)))
    assert len(epochs) == len(figures["train_loss"]) == MOST_EPOCHS
    assert epochs[-1] == 9999


def test_the_validation_set_judges_if_there_is_one() -> None:
    losses = {f"{part}_loss": (1.0,) for part in ("train", "test", "validation")}
    errors = {f"{part}_error": (0.1,) for part in ("train", "test")} | {"validation_error": (0.2,)}
    both = RunState(Experiment(), (0,), losses | errors, {"validation": 100, "test": 400})
    assert (both.judged, both.scores, both.noise) == ("validation", (0.2,), 0.04)
    del losses["validation_loss"]
    assert RunState(Experiment(), (0,), losses | errors).judged == "test"


def test_the_noise_of_an_rmse_and_of_no_mistakes() -> None:
    rmse = RunState(Experiment(), (0,), {"train_loss": (1.0,), "test_loss": (1.0,), "test_rmse": (4.0,)}, {"test": 50})
    assert rmse.noise == pytest.approx(0.4)
    figures = {"train_loss": (1.0,), "train_error": (0.0,), "test_loss": (1.0,), "test_error": (0.0,)}
    assert RunState(Experiment(), (0,), figures, {"test": 100}).noise == pytest.approx(0.01)


def test_a_validation_set_is_taken_from_the_training_set(few_digits: Dataset) -> None:
    whole, test = len(few_digits.train), {"test": len(few_digits.test or ())}
    assert count_examples(Experiment(), few_digits) == {"train": whole} | test
    share = Experiment().changed(validation_share=0.1)
    assert count_examples(share, few_digits) == {"train": whole - whole // 10, "validation": whole // 10} | test


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "gelu"])
def test_the_activity_of_hidden_layers(few_digits: Dataset, activation: str) -> None:
    network = Experiment().changed(activations=(activation, activation, "softmax")).build()
    before = network.parameters.copy()
    first, second = layer_activities(network, few_digits.train)
    assert (first.activation, first.neurons, second.neurons) == (activation, 64, 32)
    assert first.dead < 5
    assert (network.parameters == before).all()
    network.biases[0][:40] = -1000
    (first, _) = layer_activities(network, few_digits.train)
    assert first.dead >= 40
    assert first.saturated >= 40 / 64
    assert math.isclose(first.saturated, round(first.saturated * 256 * 64) / (256 * 64))
