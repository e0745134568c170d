"""The learning-rate finder: sweeps upward on a copy, stops in time, and points where the loss falls fastest."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.datasets.dataset import Dataset, classification_split
from engine.network.network import Network
from engine.training.rate_finder import RateFinder, RatePoint
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for, refused

SETTINGS = TrainingSettings(batch_size=10)


def data_and_network() -> tuple[Dataset, Network]:
    data = class_data(examples=300)
    return data, network_for(data, activations=["relu", "softmax"], loss="cross-entropy", initializer="he")


def test_rates_rise_by_one_factor_over_the_whole_range() -> None:
    data, network = data_and_network()
    points = list(RateFinder(network, data, SETTINGS, 1e-6, 1e-2, batches=50).run())
    rates = [point.rate for point in points]
    assert len(points) == 50
    assert rates[0] == pytest.approx(1e-6)
    assert rates[-1] == pytest.approx(1e-2)
    ratios = np.divide(rates[1:], rates[:-1])
    np.testing.assert_allclose(ratios, ratios[0])


def test_the_network_itself_learns_nothing() -> None:
    data, network = data_and_network()
    before = network.parameters.copy()
    list(RateFinder(network, data, SETTINGS).run())
    np.testing.assert_array_equal(network.parameters, before)


def test_a_sweep_ends_where_the_loss_gets_out_of_hand() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS, 1e-4, 1e9, batches=200)
    points = list(finder.run())
    assert len(points) < 200
    assert all(np.isfinite(point.loss) for point in points)
    assert finder.points == points


def test_the_suggestion_learns_faster_than_a_tenth_of_it() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS, 1e-4, 10, batches=200)
    list(finder.run())
    best = min(finder.points, key=lambda point: point.loss)
    assert finder.suggestion is not None
    assert finder.points[0].rate < finder.suggestion < best.rate


def test_a_fall_among_rates_too_small_to_teach_is_chance() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS)
    # A great fall at once, a smaller one in the middle.
    finder.points = [RatePoint(10.0 ** (k / 20), 5.0 - min(k, 5) - min(max(k - 40, 0), 10) / 20) for k in range(80)]
    assert finder.suggestion == pytest.approx(10 ** (45 / 20))


def test_where_the_loss_never_falls_there_is_no_suggestion() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS)
    assert finder.suggestion is None
    finder.points = [RatePoint(10.0**k, 1.0 + k) for k in range(20)]
    assert finder.suggestion is None


def test_steepest_by_hand() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS)
    # Flat, a fall from the rate 10 to the rate 100, flat.
    finder.points = [RatePoint(10.0 ** (k / 10), 2.0 - min(max(k - 10, 0), 10) / 10) for k in range(40)]
    assert finder.suggestion == pytest.approx(10**1.5)


def test_a_fall_back_from_a_rise_is_no_place_to_learn() -> None:
    data, network = data_and_network()
    finder = RateFinder(network, data, SETTINGS)
    # A fall by 1 from the rate 10 on; then a rise, and a fall twice as steep that comes back to where it was.
    losses = [*[3.0] * 10, *np.linspace(3, 2, 10), *np.linspace(2, 5, 10), *np.linspace(5, 2.1, 10), *[2.1] * 10]
    finder.points = [RatePoint(10.0 ** (k / 10), float(loss)) for k, loss in enumerate(losses)]
    assert finder.suggestion is not None
    assert 10 < finder.suggestion < 100


def test_chance_is_not_taken_for_a_fall_nor_for_a_rise() -> None:
    """Classes that overlap, and a network that has learned what can be learned: batches differ, and that is all."""
    rng = np.random.default_rng(0)
    classes = np.arange(600) % 3
    corners = 1.5 * rng.normal(size=(3, 4))
    examples = corners[classes] + rng.normal(size=(600, 4))
    data = Dataset("overlapping", classification_split("train", examples, classes, 4, 3))
    network = network_for(data, activations=["relu", "softmax"], loss="cross-entropy", initializer="he")
    for _ in Trainer(network, data, replace(SETTINGS, epochs=20, learning_rate=0.05, evaluate=False)).run():
        pass
    for seed in range(6):
        finder = RateFinder(network, data, replace(SETTINGS, seed=seed))
        assert len(list(finder.run())) > 100, "an easy batch at the start makes no later one look bad"
        assert finder.suggestion is None


def test_settings_for_whole_runs_do_not_disturb_it() -> None:
    data, network = data_and_network()
    settings = TrainingSettings(
        batch_size=10, epochs=1, schedule="cosine", warmup=5, validation_share=0.2, patience=1, optimizer="adam"
    )
    assert len(list(RateFinder(network, data, settings, 1e-6, 1e-3, batches=60).run())) == 60


@pytest.mark.parametrize(("name", "value"), [("lowest", 0.0), ("highest", -1.0), ("batches", 1)])
def test_an_empty_range_is_refused(name: str, value: float) -> None:
    data, network = data_and_network()
    with refused(SettingError, name, f"{value:g}"):
        RateFinder(network, data, SETTINGS, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("highest", [1.0, 0.1, np.nextafter(1, 2)])
def test_a_range_that_does_not_rise_is_refused(highest: float) -> None:
    data, network = data_and_network()
    with refused(SettingError, "highest", f"{highest:g}"):
        RateFinder(network, data, SETTINGS, lowest=1.0, highest=highest)


@pytest.mark.parametrize(("lowest", "highest"), [(1e-300, 1e10), (5e-324, 1.0), (1e-25, 1e-5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_range_may_be_as_wide_as_floats_are(lowest: float, highest: float, dtype: type) -> None:
    data = class_data(examples=300)
    network = network_for(data, dtype=dtype, activations=["tanh", "softmax"], loss="cross-entropy")
    points = list(RateFinder(network, data, SETTINGS, lowest, highest, batches=20).run())
    rates = [point.rate for point in points]
    assert rates[0] == lowest
    assert len(points) == 20 or rates[-1] > 1
    steps = np.diff(np.log(rates[5:]))  # the first may be denormal
    np.testing.assert_allclose(steps, (math.log(highest) - math.log(lowest)) / 19)
