"""The error of a network that was edited, measured in a thread of its own."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from engine import neurons
from engine.datasets import Split
from engine.metrics import Evaluator
from nnviz.jobs.measuring import Measuring
from tests.engine.test_explain import network_of
from tests.engine.test_neurons import numbers, pictures


def test_only_the_latest_is_measured(qtbot: QtBot) -> None:
    failed: list[Exception] = []
    measuring = Measuring(failed.append)
    large: Split = pictures(30_000, 100, 3)
    found: list[dict[str, float]] = []
    measuring.start(network_of([100, 500, 3]), {"train": large}, found.append)
    network, split = network_of([6, 5, 3]), pictures(100, 6, 3)
    changed = neurons.scaled(network, {(1, 0): 0})
    measuring.start(changed, {"test": split}, found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [{"test": Evaluator(changed, split).evaluate().error}]
    measuring.start(network_of([4, 3, 2], "tanh", "identity"), {"test": numbers(9, 4, 2)}, found.append)
    qtbot.waitUntil(lambda: len(found) == 2)
    assert found[1] == {}, "regression has no error"
    assert measuring.close(5000)
    assert failed == []
    assert np.isfinite(changed.parameters).all()
