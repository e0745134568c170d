"""The error of a network that was edited, measured in a thread of its own."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.datasets.scaling import Scaling
from engine.explain import neurons
from engine.training.metrics import Evaluator
from nnviz.jobs.measurement import Measurement
from tests.engine.explain.test_explain import network_of
from tests.engine.explain.test_neurons import numbers, pictures


def test_only_the_latest_is_measured(qtbot: QtBot) -> None:
    failed: list[Exception] = []
    measuring = Measurement(failed.append)
    large: Split = pictures(30_000, 100, 3)
    found: list[dict[str, float]] = []
    measuring.start(network_of([100, 500, 3]), Dataset("large", large), 0.0, found.append)
    network, split = network_of([6, 5, 3]), pictures(100, 6, 3)
    changed = neurons.scaled(network, {(1, 0): 0})
    measuring.start(changed, Dataset("small", split), 0.0, found.append)
    qtbot.waitUntil(lambda: bool(found))
    expected = Evaluator(changed, split).evaluate()
    assert found == [{"train_error": expected.error, "train_loss": expected.loss}]
    network, scaling = network_of([4, 3, 2], "tanh", "identity"), Scaling(np.zeros(2), np.full(2, 10))
    part = numbers(9, 4, 2)
    measuring.start(network, Dataset("numbers", part, part, target_scaling=scaling), 0.0, found.append)
    qtbot.waitUntil(lambda: len(found) == 2)
    exact = Evaluator(network, part, scaling).evaluate()
    assert found[1] == {
        f"{name}_{of}": getattr(exact, of) for name in ("train", "test") for of in ("rmse", "r2", "loss")
    }
    assert measuring.close(5000)
    assert failed == []
    assert np.isfinite(changed.parameters).all()
