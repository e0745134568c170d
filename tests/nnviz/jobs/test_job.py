"""What a job reports of a training stays as it was then, however the training goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.events import Epoch
from nnviz.jobs.job import Job
from nnviz.jobs.pace import Budget
from nnviz.jobs.reports import EpochEnd, Frame
from tests.nnviz.library.helpers import DATA, an_experiment


class Outlet:
    """Keeps everything."""

    estimating = must_halt = wants_frame = False

    def __init__(self) -> None:
        self.told: list[Any] = []

    def nothing_waits(self) -> bool:
        """A look at the job is wanted after each event."""
        return False

    def put_frame(self, frame: Frame) -> None:
        raise AssertionError("none is wanted")

    def tell(self, run: int, event: Any) -> None:
        self.told.append(event)


def test_the_network_at_the_end_of_an_epoch_is_not_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few parameters are packed as they are."""
    monkeypatch.setattr(Budget, "is_due", True)  # every end is kept
    job, outlet = Job(1, an_experiment(epochs=3).trainer(DATA)), Outlet()
    then: dict[int, np.ndarray] = {}
    while job.advance(outlet) is None:
        if isinstance(outlet.told[-1] if outlet.told else None, Epoch):
            then.setdefault(outlet.told[-1].epoch, job.trainer.network.parameters.copy())
    ends = {event.epoch: event.packed.unpacked() for event in outlet.told if isinstance(event, EpochEnd)}
    assert sorted(ends) == [1, 2, 3]
    for epoch, parameters in ends.items():
        np.testing.assert_array_equal(parameters, then[epoch])
