"""What is measured of a run with a validation set drawn from the training examples: nothing mixes the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.explain import neurons
from engine.network.network import Network
from engine.training.metrics import Evaluator, figures_of
from nnviz.cards.neuron.model import NEURON, NEURON_ERROR, NeuronModel
from nnviz.cards.robustness.model import RobustnessModel
from nnviz.cards.step_through.model import StepThrough
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import is_shown, wait_for

SHARE = 0.25


@pytest.fixture
def without_tests(few_digits: Dataset) -> Dataset:
    return replace(few_digits, test=None)


@pytest.fixture
def trained(without_tests: Dataset, load_with: Callable[..., None], qtbot: QtBot) -> Iterator[Model]:
    """An epoch and a batch of a run that draws a validation set from data without a test set."""
    load_with(lambda: without_tests)
    model = Model()
    session = model.session
    qtbot.waitUntil(lambda: is_shown(session.data))
    session.settings.change("validation share", validation_share=SHARE)
    for step in (session.step_epoch, session.step_batch, session.step_batch):
        step()
        wait_for(qtbot, model, Status.PAUSED)
    yield model
    assert session.close()


def figures_by_hand(network: Network, data: Dataset) -> dict[str, float]:
    """Error and loss of the examples that the run learns from, and of those that it holds out."""
    splits = data.with_validation(SHARE).splits
    parts = {name: Evaluator(network, split).evaluate() for name, split in splits.items()}
    return figures_of(parts) | {f"{name}_loss": part.loss for name, part in parts.items()}


def test_after_an_edit_the_train_error_is_of_training_examples(
    trained: Model, without_tests: Dataset, qtbot: QtBot
) -> None:
    session, run = trained.session, trained.session.runs.current
    session.edits.set_bias(Neuron(3, 0), 1.0)
    qtbot.waitUntil(lambda: "train_error" in run.figures())
    assert run.figures() == figures_by_hand(run.displayed_network(), without_tests)


def test_within_an_epoch_the_train_error_is_of_training_examples(
    trained: Model, without_tests: Dataset, qtbot: QtBot
) -> None:
    timeline = trained.session.timeline
    between = timeline.epochs[-2]
    assert 1 < between < timeline.live_epoch
    timeline.go_to(between)
    qtbot.waitUntil(lambda: timeline.figures[0] == between)
    assert timeline.figures[1] == figures_by_hand(trained.session.displayed.network, without_tests)


def test_without_a_test_set_neurons_are_measured_by_the_validation_set(
    trained: Model, without_tests: Dataset, qtbot: QtBot
) -> None:
    session = trained.session
    model = session.models[NeuronModel]  # adds the queries
    session.selection.choose_neuron(Neuron(1, 4))
    session.queries.want("a test", (NEURON, NEURON_ERROR), True)
    qtbot.waitUntil(lambda: all(session.queries[name].result is not None for name in (NEURON, NEURON_ERROR)))
    effect, report = session.queries[NEURON_ERROR].result, model.report
    assert report is not None
    network = session.displayed.network
    without = neurons.scaled(network, {(1, 4): 0.0})
    assert (effect.part, effect.count) == ("validation", SHARE * len(without_tests.train))
    assert effect.before.error == figures_by_hand(network, without_tests)["validation_error"]
    assert effect.after.error == figures_by_hand(without, without_tests)["validation_error"]
    assert report.part.name == "validation"
    best = report.excited_by[0]
    np.testing.assert_array_equal(without_tests.train.example(best.number), best.inputs)
    held_out = without_tests.with_validation(SHARE).validation
    assert held_out is not None
    assert best.inputs.tolist() in [held_out.example(number).tolist() for number in range(len(held_out))]


def test_without_a_test_set_robustness_is_measured_by_the_validation_set(
    trained: Model, without_tests: Dataset, qtbot: QtBot
) -> None:
    robustness = trained.session.models[RobustnessModel]
    robustness.measure()
    qtbot.waitUntil(lambda: robustness.measured is not None and bool(robustness.measured[1].curves), timeout=20_000)
    assert robustness.measured is not None
    setup, found = robustness.measured
    assert (setup.part.name, found.examples) == ("validation", SHARE * len(without_tests.train))
    undisturbed = next(iter(found.curves.values()))[0]
    wanted = figures_by_hand(trained.session.displayed.network, without_tests)["validation_error"]
    assert undisturbed.error == pytest.approx(wanted)


def test_without_a_test_set_a_step_is_measured_by_the_validation_set(
    trained: Model, without_tests: Dataset, qtbot: QtBot
) -> None:
    session = trained.session
    session.models[StepThrough].choose(False)
    session.models[StepThrough].want(True)
    session.models[StepThrough].effects.want(True)
    qtbot.waitUntil(lambda: session.models[StepThrough].effects.would is not None)
    would = session.models[StepThrough].effects.would
    assert would is not None
    assert (would.part, would.count) == ("validation", SHARE * len(without_tests.train))
    assert would.before == figures_by_hand(session.displayed.network, without_tests)["validation_error"]
