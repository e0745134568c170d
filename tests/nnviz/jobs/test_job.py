"""What a job reports of a training stays as it was then, however the training goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DivergenceError
from engine.training.events import Batch, BestRestored, Epoch, Event
from engine.training.trainer import Trainer
from nnviz.jobs import job as job_module
from nnviz.jobs import timing as pace
from nnviz.jobs.job import Job
from nnviz.jobs.recorder import Recorder, RecordingPlan
from nnviz.jobs.reports import EarlyEstimate, EpochEnd, Epochs, NetworkFrame, Recorded, StopCondition, Stopped
from nnviz.jobs.timing import TimeBudget
from nnviz.library import Library, recording
from tests.nnviz.library.helpers import DATA, an_experiment


class Outlet:
    """Keeps everything."""

    estimating = must_halt = wants_frame = False

    def __init__(self) -> None:
        self.reported: list[Any] = []

    def nothing_waits(self) -> bool:
        """A look at the job is wanted after each event."""
        return False

    def put_frame(self, frame: NetworkFrame) -> None:
        raise AssertionError("none is wanted")

    def report(self, run: int, event: Any) -> None:
        """Keeps epochs one by one."""
        self.reported += event if isinstance(event, Epochs) else [event]

    def report_soon(self, run: int, event: Any) -> None:
        """Likewise."""
        self.report(run, event)


def test_each_estimate_of_the_first_epoch_is_reported_with_the_network_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is made by the clock meanwhile, however often frames are wanted."""
    monkeypatch.setattr(TimeBudget, "is_due", True)
    outlet, frames = Outlet(), list[NetworkFrame]()
    outlet.estimating = outlet.wants_frame = True  # type: ignore[misc]
    monkeypatch.setattr(outlet, "put_frame", frames.append)
    job, alone = (Job(1, an_experiment(batch_size=1, epochs=2).trainer(DATA)) for _ in range(2))
    job.trainer.estimates_early = True
    while job.advance(outlet) is None:
        pass
    found = {event.epoch: event for event in outlet.reported if isinstance(event, EarlyEstimate)}
    assert list(found) == [step / 60 for step in (5, 10, 20, 40)]
    for event in alone.trainer.run():
        if isinstance(event, Batch) and event.place in found:
            np.testing.assert_allclose(
                found[event.place].packed.unpack(), alone.trainer.network.parameters, atol=1e-3, rtol=1e-3
            )
            now = alone.trainer.estimate()
            assert now is not None
            assert found[event.place].estimate.train.loss == now.train.loss
    assert {frame.epoch for frame in frames if frame.estimate is not None} == {2}
    assert {frame.epoch for frame in frames} >= {1, 2}


def test_the_network_at_the_end_of_an_epoch_is_not_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few parameters are packed as they are."""
    monkeypatch.setattr(TimeBudget, "is_due", True)  # every end is kept
    job, outlet = Job(1, an_experiment(epochs=3).trainer(DATA)), Outlet()
    then: dict[int, np.ndarray] = {}
    while job.advance(outlet) is None:
        if isinstance(outlet.reported[-1] if outlet.reported else None, Epoch):
            then.setdefault(outlet.reported[-1].epoch, job.trainer.network.parameters.copy())
    ends = {event.epoch: event.packed.unpack() for event in outlet.reported if isinstance(event, EpochEnd)}
    assert sorted(ends) == [1, 2, 3]
    for epoch, parameters in ends.items():
        np.testing.assert_array_equal(parameters, then[epoch])


class CalledInEpoch3(Outlet):
    """Has something else to do, or halts, after the first step of epoch 3."""

    def __init__(self, trainer: Trainer, halts: bool) -> None:
        super().__init__()
        self._trainer, self._halts = trainer, halts

    def nothing_waits(self) -> bool:
        """Until then."""
        return self._halts or not self._is_reached

    @property
    def must_halt(self) -> bool:  # type: ignore[override]
        """From then on."""
        return self._halts and self._is_reached

    @property
    def _is_reached(self) -> bool:
        return self._trainer.epoch == 3


class Undisturbed(Outlet):
    """Has nothing else to do."""

    def nothing_waits(self) -> bool:
        """At any time."""
        return True


def _epochs(outlet: Outlet) -> list[int]:
    return [event.epoch for event in outlet.reported if isinstance(event, Epoch)]


def test_a_job_goes_on_until_something_else_waits() -> None:
    trainer = an_experiment(epochs=5).trainer(DATA)
    job, outlet = Job(1, trainer), CalledInEpoch3(trainer, halts=False)
    assert job.advance(outlet) is None
    assert (_epochs(outlet), trainer.epoch, trainer.batch) == ([0, 1, 2], 3, 1)
    rest = Undisturbed()
    stopped = job.advance(rest)
    assert stopped is not None
    assert stopped.finished
    assert _epochs(rest) == [3, 4, 5]


def test_a_job_that_is_halted_meanwhile_pauses_there_and_goes_on_as_if_nothing_had_been() -> None:
    trainer = an_experiment(epochs=5).trainer(DATA)
    job, outlet = Job(1, trainer), CalledInEpoch3(trainer, halts=True)
    stopped = job.advance(outlet)
    assert stopped is not None
    assert (stopped.finished, _epochs(outlet)) == (False, [0, 1, 2])
    rest, whole = Undisturbed(), an_experiment(epochs=5).trainer(DATA)
    job.advance(rest)
    assert _epochs(rest) == [3, 4, 5]
    for _ in whole.run():
        pass
    np.testing.assert_array_equal(job.trainer.network.parameters, whole.network.parameters)


@pytest.mark.parametrize(("until", "steps"), [(StopCondition.BATCH, 1), (StopCondition.EPOCH, None)])
def test_a_job_pauses_by_itself_where_it_is_to(until: StopCondition, steps: int | None) -> None:
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
    assert isinstance(outlet.reported[-1], BestRestored)
    assert sum(isinstance(event, BestRestored) for event in outlet.reported) == 1
    assert _epochs(outlet)[-1] < 50


# ---- short epochs and long ones


class Clock:
    """Stands in for the module ``time``. Each epoch takes so long, and the rest nothing."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        """What it was set to."""
        return self.now


class Sent(Undisturbed):
    """Keeps what is sent together; takes a frame twenty times a second, if it is to."""

    def __init__(self, clock: Clock, takes_frames: bool = False) -> None:
        super().__init__()
        self.takes_frames, self.clock = takes_frames, clock
        self._frame_at = clock.now
        self.parcels: list[tuple[float, list[Any]]] = []
        self._gathered: list[Any] = []

    def report(self, run: int, event: Any) -> None:
        """Sends it."""
        self.report_soon(run, event)
        self.parcels.append((self.clock.now, self._gathered))
        self._gathered = []

    def report_soon(self, run: int, event: Any) -> None:
        """Keeps it for what is sent next."""
        self._gathered.append(event)

    @property
    def wants_frame(self) -> bool:  # type: ignore[override]
        """Whether it is time."""
        return self.takes_frames and self.clock.now - self._frame_at >= 0.05

    def put_frame(self, frame: NetworkFrame) -> None:
        """Sends it."""
        self._frame_at = self.clock.now
        self.report(frame.run, frame)


def sent(seconds: float, epochs: int, monkeypatch: pytest.MonkeyPatch, takes_frames: bool = False) -> Sent:
    """What is sent of a training whose epochs take so long."""
    clock = Clock()
    monkeypatch.setattr(job_module, "time", clock)
    monkeypatch.setattr(pace, "time", clock)
    trainer = an_experiment(epochs=epochs, batch_size=30).trainer(DATA)  # two batches an epoch
    steps = trainer.steps

    def timed() -> Iterator[Event]:
        for event in steps():
            if isinstance(event, Epoch):
                clock.now += seconds
                event = replace(event, seconds=clock.now)
            yield event

    monkeypatch.setattr(trainer, "steps", timed)
    job, outlet = Job(1, trainer), Sent(clock, takes_frames)
    stopped = job.advance(outlet)
    assert stopped is not None
    assert stopped.finished
    outlet.report(1, stopped)
    reported = [
        each.epoch for _, parcel in outlet.parcels for event in parcel if isinstance(event, Epochs) for each in event
    ]
    assert reported == list(range(epochs + 1)), "each once, and in order"
    return outlet


def test_long_epochs_are_sent_at_once_and_with_their_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    *parcels, (_, last) = sent(0.3, 4, monkeypatch).parcels
    assert len(parcels) == 5
    assert isinstance(last[-1], Stopped)
    for number, (at, parcel) in enumerate(parcels):
        assert [type(event) for event in parcel] == [EpochEnd, Epochs] if number else [Epochs]
        (epoch,) = parcel[-1]
        assert (epoch.epoch, epoch.seconds) == (number, at), "not later than it ended"


@pytest.mark.parametrize("takes_frames", [False, True])
def test_short_epochs_are_sent_together_and_wait_a_moment_at_most(
    monkeypatch: pytest.MonkeyPatch, takes_frames: bool
) -> None:
    """A frame takes along what ended before it: it is of the end of an epoch then, unless no epoch waits."""
    outlet = sent(0.001, 700, monkeypatch, takes_frames)
    waits = [
        at - epoch.seconds
        for at, parcel in outlet.parcels
        for event in parcel
        if isinstance(event, Epochs)
        for epoch in event
    ]
    assert max(waits) <= 0.072
    assert 7 < len(outlet.parcels) < 18
    seen = 0
    for _, parcel in outlet.parcels:
        ended = [epoch.epoch for event in parcel if isinstance(event, Epochs) for epoch in event]
        frames = [event for event in parcel if isinstance(event, NetworkFrame)]
        if frames and ended:
            (frame,) = frames
            assert (frame.epoch, frame.batch) == (ended[-1], frame.batches)
            seen += 1
    assert (seen > 7) == takes_frames


def test_the_end_of_an_epoch_is_sent_once_where_a_frame_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reported = [event for _, parcel in sent(0.008, 500, monkeypatch, takes_frames=True).parcels for event in parcel]
    frames = {event.epoch for event in reported if isinstance(event, NetworkFrame) and event.batch == event.batches}
    ends = {event.epoch for event in reported if isinstance(event, EpochEnd)}
    assert len(frames) > 50
    assert not frames & ends


def test_who_has_many_very_short_epochs_does_not_hold_back_more_than_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    parcels = sent(1e-5, 300, monkeypatch).parcels
    assert max(len(event) for _, parcel in parcels for event in parcel if isinstance(event, Epochs)) == 100


def test_epochs_before_an_error_are_reported() -> None:
    job, outlet = Job(1, an_experiment(epochs=5, learning_rate=1e38).trainer(DATA)), Undisturbed()
    with pytest.raises(DivergenceError):
        job.advance(outlet)
    assert _epochs(outlet) == [0]


@pytest.fixture
def every_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording keeps each moment, however fast they come, and writes whenever it may."""
    for name in ("_SECONDS_BETWEEN_MOMENTS", "_TIMES_AS_LONG", "SECONDS_BETWEEN_COMMITS"):
        monkeypatch.setattr(recording, name, 0)


class Restless(Outlet):
    """Has something else to do after every few steps."""

    def __init__(self) -> None:
        super().__init__()
        self._random = np.random.default_rng(1)

    def nothing_waits(self) -> bool:
        """Mostly."""
        return bool(self._random.random() < 0.9)


def recorded_job(path: Path, epochs: int, **settings: Any) -> Job:
    """A job that is recorded, from its beginning."""
    made = an_experiment(epochs=epochs, **settings)
    return Job(1, made.trainer(DATA), Recorder(RecordingPlan(path, None, 0.0, made, DATA.title)))


@pytest.mark.parametrize("kind", [Undisturbed, Restless])
def test_all_epochs_are_recorded_and_moments_are_as_they_were(
    tmp_path: Path, every_moment: None, kind: type[Outlet]
) -> None:
    """However they are reported: a moment is a copy of the parameters at its place."""
    path = tmp_path / "library.sqlite"
    job, outlet = recorded_job(path, 15), kind()
    while (stopped := job.advance(outlet)) is None:
        with Library(path) as library:
            for each in library.runs():
                assert each.epochs == int(each.epochs), "written at the end of an epoch"
    assert stopped.finished
    assert job.recorder is not None
    job.recorder.finish("finished")
    alone, then = an_experiment(epochs=15).trainer(DATA), dict[float, np.ndarray]()
    for event in alone.run():
        if isinstance(event, (Batch, Epoch)):
            then[event.place if isinstance(event, Batch) else event.epoch] = alone.network.parameters.copy()
    run = next(event.run for event in outlet.reported if isinstance(event, Recorded))
    losses = [event.train.loss for event in outlet.reported if isinstance(event, Epoch) and event.train]
    with Library(path) as library:
        curve = library.history(run).loss.train
        assert curve.epochs == list(range(16))
        np.testing.assert_allclose(curve.values, losses)
        moments = library.snapshot_epochs(run)
        assert set(range(16)) <= set(moments)
        for at in moments:
            np.testing.assert_array_equal(library.network(run, at).parameters, then[at])


def test_a_record_that_cannot_begin_does_not_keep_epochs_from_being_reported_together(tmp_path: Path) -> None:
    """A folder has the place of the library's file."""
    job, outlet = recorded_job(tmp_path, 300), Undisturbed()
    groups: list[int] = []
    report = outlet.report

    def counted(run: int, event: Any) -> None:
        if isinstance(event, Epochs):
            groups.append(len(event))
        report(run, event)

    outlet.report = outlet.report_soon = counted  # type: ignore[method-assign]
    job.advance(outlet)
    assert sum(groups) == 301
    assert len(groups) < 100
    assert any(isinstance(event, Recorded) and not event.is_written for event in outlet.reported)


def test_a_clock_that_is_behind_that_of_the_process_before_keeps_no_epoch_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(job_module, "time", clock)
    monkeypatch.setattr(pace, "time", clock)
    trainer = an_experiment(epochs=5).trainer(DATA)
    job = Job(1, trainer)
    assert job.advance(CalledInEpoch3(trainer, halts=False)) is None
    clock.now = 1.0
    job.begin_elsewhere()
    rest = Sent(clock)
    job.advance(rest)
    (_, first), *_ = rest.parcels
    assert [epoch.epoch for event in first if isinstance(event, Epochs) for epoch in event] == [3]
