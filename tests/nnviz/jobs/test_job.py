"""What a job reports of a training stays as it was then, however the training goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.events import BestRestored, Epoch
from nnviz.jobs.job import Job
from nnviz.jobs.pace import Budget
from nnviz.jobs.reports import EpochEnd, Frame, Until
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


class CalledAtEpoch2(Outlet):
    """Has something else to do, or halts, once epoch 2 was told."""

    def __init__(self, halts: bool) -> None:
        super().__init__()
        self.halts, self.must_halt = halts, False

    def nothing_waits(self) -> bool:
        """Until it was told."""
        return self.halts or not self._is_reached

    def tell(self, run: int, event: Any) -> None:
        super().tell(run, event)
        self.must_halt = self.halts and self._is_reached

    @property
    def _is_reached(self) -> bool:
        return any(isinstance(event, Epoch) and event.epoch == 2 for event in self.told)


class Undisturbed(Outlet):
    """Has nothing else to do."""

    def nothing_waits(self) -> bool:
        """At any time."""
        return True


def _epochs(outlet: Outlet) -> list[int]:
    return [event.epoch for event in outlet.told if isinstance(event, Epoch)]


def test_a_job_goes_on_until_something_else_waits() -> None:
    job, outlet = Job(1, an_experiment(epochs=5).trainer(DATA)), CalledAtEpoch2(halts=False)
    assert job.advance(outlet) is None
    assert (_epochs(outlet), job.trainer.epoch) == ([0, 1, 2], 2)
    rest = Undisturbed()
    stopped = job.advance(rest)
    assert stopped is not None
    assert stopped.finished
    assert _epochs(rest) == [3, 4, 5]


def test_a_job_that_is_halted_meanwhile_pauses_there_and_goes_on_as_if_nothing_had_been() -> None:
    job, outlet = Job(1, an_experiment(epochs=5).trainer(DATA)), CalledAtEpoch2(halts=True)
    stopped = job.advance(outlet)
    assert stopped is not None
    assert (stopped.finished, _epochs(outlet)) == (False, [0, 1, 2])
    rest, whole = Undisturbed(), an_experiment(epochs=5).trainer(DATA)
    job.advance(rest)
    assert _epochs(rest) == [3, 4, 5]
    for _ in whole.run():
        pass
    np.testing.assert_array_equal(job.trainer.network.parameters, whole.network.parameters)


@pytest.mark.parametrize(("until", "steps"), [(Until.BATCH, 1), (Until.EPOCH, None)])
def test_a_job_pauses_by_itself_where_it_is_to(until: Until, steps: int | None) -> None:
    job, outlet = Job(1, an_experiment(epochs=5).trainer(DATA)), Undisturbed()
    for number in (1, 2):
        job.go(until)
        stopped = job.advance(outlet)
        assert stopped is not None
        assert stopped.reached
        assert not stopped.finished
        taken = (job.trainer.epoch - 1) * job.trainer.batches_per_epoch + job.trainer.batch
        assert taken == number * (steps or job.trainer.batches_per_epoch)


def test_a_job_that_stops_early_ends_with_its_best_network() -> None:
    made = an_experiment(epochs=50, patience=1, validation_share=0.3, learning_rate=1e-9)
    job, outlet = Job(1, made.trainer(DATA)), Undisturbed()
    stopped = job.advance(outlet)
    assert stopped is not None
    assert stopped.finished
    assert isinstance(outlet.told[-1], BestRestored)
    assert sum(isinstance(event, BestRestored) for event in outlet.told) == 1
    assert _epochs(outlet)[-1] < 50
