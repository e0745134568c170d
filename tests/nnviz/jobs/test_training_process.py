"""A training that goes on in a process of its own: it ends as in this one, and orders find it wherever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from engine.basics.errors import DivergenceError, EngineError
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, BestRestored, Epoch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.job import _MOST_TOGETHER, Job
from nnviz.jobs.recorder import RecordingPlan
from nnviz.jobs.reports import EarlyEstimate, Epochs, NetworkFrame, Recorded, StopCondition, Stopped, count_of
from nnviz.jobs.timing import TimeBudget
from nnviz.jobs.training_main import _MOST_UNHEARD
from nnviz.jobs.training_process import TrainingProcess
from nnviz.jobs.worker import Worker
from nnviz.library import Library
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import MANY_EPOCHS
from tests.nnviz.library.helpers import an_experiment

pytestmark = pytest.mark.usefixtures("two_cores")
LONG, SHORT = 100, 24  # epochs: time enough for a process that is there to take over, several times or once


class Ear:
    """What the worker reported about its run, in order, epochs one by one; and its frames."""

    def __init__(self, worker: Worker) -> None:
        self.heard: list[object] = []
        self.apart: list[NetworkFrame] = []
        self._worker = worker
        worker.reported.connect(lambda _, event: self.heard.extend(event if isinstance(event, Epochs) else [event]))

    def frame_from_apart(self) -> bool:
        """Takes the frame that is there; whether it came from the process."""
        frame = self._worker.take_frame()
        if frame is not None and frame.is_lent:
            self.apart.append(frame)
        return frame is not None and frame.is_lent

    @property
    def stops(self) -> list[Stopped]:
        """All of them."""
        return [event for event in self.heard if isinstance(event, Stopped)]

    @property
    def epochs(self) -> list[int]:
        """Whose figures were reported."""
        return [event.epoch for event in self.heard if isinstance(event, Epoch)]


@pytest.fixture
def ear(worker: Worker) -> Ear:
    """Listens from the start."""
    return Ear(worker)


def of(data: Dataset, epochs: int = MANY_EPOCHS, **settings: Any) -> Trainer:
    """A trainer of a small network, 20 batches an epoch."""
    network = Network((784, 8, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    return Trainer(
        network, data, TrainingSettings(**{"batch_size": 100, "learning_rate": 0.02, **settings}, epochs=epochs)
    )


def planned(data: Dataset, folder: Path, epochs: int = MANY_EPOCHS) -> tuple[Experiment, RecordingPlan]:
    """A small network's training, as it is to be recorded in a library of that folder."""
    made = an_experiment(data, epochs=epochs, batch_size=100, learning_rate=0.02)
    return made, RecordingPlan(folder / "library.sqlite", None, 0.0, made, "digits")


def go_apart(qtbot: QtBot, worker: Worker, ear: Ear, run: int = 1, until: StopCondition = StopCondition.END) -> None:
    """Lets the run go, and waits until it goes on in the process."""
    worker.go(run, until)
    qtbot.waitUntil(lambda: ear.frame_from_apart() and ear.apart[-1].run == run, timeout=20_000)


def have_process(qtbot: QtBot, worker: Worker, ear: Ear, data: Dataset) -> None:
    """Waits until the process is there: it takes over the next run, however short that is."""
    worker.begin(0, lambda: of(data))
    go_apart(qtbot, worker, ear, run=0)
    worker.forget(0)
    looked(qtbot, worker, 0, lambda _: None)
    QCoreApplication.processEvents()  # what it reported before may still be on its way
    ear.heard.clear()
    ear.apart.clear()


def looked(qtbot: QtBot, worker: Worker, run: int, at: Callable[[Trainer], Any]) -> Any:
    """What a look at the run's trainer found."""
    found: list[Any] = []
    worker.call(run, lambda trainer: found.append(None if trainer is None else at(trainer)))
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def process_of(worker: Worker) -> subprocess.Popen[bytes]:
    """The process that trains."""
    assert worker._process is not None
    return worker._process._process


def is_over(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


# ---- it is the same training


EVERYTHING: dict[str, Any] = {
    **{"optimizer": "adam", "dropout": 0.2, "weight_decay": 0.01, "learning_rate": 0.001, "schedule": "cosine"},
    **{"validation_share": 0.1, "patience": 1000, "augmentation": Augmentation(rotation=10, noise=0.1)},
}


def test_it_ends_as_a_bare_loop_does_to_the_bit(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    """However often it is called back on the way, also at the end, which is reported once."""
    have_process(qtbot, worker, ear, few_digits)
    worker.reported.connect(lambda _, event: worker.count_heard(count_of(event)))
    settings: dict[str, Any]
    for run, epochs, settings in ((1, SHORT, {}), (2, 12, EVERYTHING)):
        alone, events = of(few_digits, epochs, **settings), []
        for event in alone.run():
            if isinstance(event, (Epoch, BestRestored)):
                events.append(event)
        ear.heard.clear()
        ear.apart.clear()
        worker.begin(run, lambda: of(few_digits, epochs, **settings))  # noqa: B023
        go_apart(qtbot, worker, ear, run)
        for _ in range(2):
            looked(qtbot, worker, run, lambda trainer: trainer.epoch)
            qtbot.waitUntil(lambda: ear.frame_from_apart() or bool(ear.stops), timeout=20_000)
        qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
        (stop,) = ear.stops
        assert stop.finished
        assert stop.frame is not None
        assert ear.apart
        np.testing.assert_array_equal(stop.frame.parameters, alone.network.parameters, str(settings))
        reported = [event for event in ear.heard if isinstance(event, (Epoch, BestRestored))]
        without_time = [
            replace(event, seconds=0) if isinstance(event, Epoch) else event for event in (*reported, *events)
        ]
        assert list(map(repr, without_time[: len(reported)])) == list(map(repr, without_time[len(reported) :])), (
            settings
        )
    ear.heard.clear()
    worker.begin(3, lambda: of(few_digits, 4, validation_share=0.1, patience=1000))
    worker.go(3, StopCondition.END)
    while not ear.stops:
        looked(qtbot, worker, 3, lambda trainer: trainer.epoch)
    assert sum(isinstance(event, BestRestored) for event in ear.heard) == 1


def test_a_pause_comes_between_two_steps_and_the_training_goes_on_from_there(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """A halt right after that is not lost, wherever the training is just then."""
    alone = of(few_digits)
    worker.begin(1, lambda: of(few_digits))
    go_apart(qtbot, worker, ear)
    worker.halt()
    qtbot.waitUntil(lambda: bool(ear.stops))
    first = ear.stops[0].frame
    assert first is not None
    assert (first.epoch, first.batch) == looked(qtbot, worker, 1, lambda trainer: (trainer.epoch, trainer.batch))
    go_apart(qtbot, worker, ear, until=StopCondition.EPOCH)
    qtbot.waitUntil(lambda: len(ear.stops) == 2)
    second = ear.stops[1].frame
    assert second is not None
    assert second.epoch == first.epoch + (first.batch == first.batches) or second.batch == second.batches
    for _ in alone.run():
        if (alone.epoch, alone.batch) == (second.epoch, second.batch):
            break
    np.testing.assert_array_equal(second.parameters, alone.network.parameters)
    assert ear.epochs == list(range(len(ear.epochs)))
    for count in range(3, 12):
        worker.go(1, StopCondition.END)
        worker.halt()
        qtbot.waitUntil(lambda wanted=count: len(ear.stops) >= wanted)  # type: ignore[misc]


# ---- orders


def test_a_look_sees_the_training_as_it_is_and_may_change_it_and_settings_change(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """A look as an edit of a weight has. After an error the training can go on."""
    trainer = of(few_digits)
    worker.begin(1, lambda: trainer)
    go_apart(qtbot, worker, ear)

    def edit(found: Trainer) -> tuple[int, bool]:
        found.network.biases[-1][3] = 50.0
        found.edits += 1
        return found.epoch, found is trainer

    epoch, is_same = looked(qtbot, worker, 1, edit)
    assert is_same
    assert epoch >= ear.apart[-1].epoch
    assert not ear.stops
    ear.apart.clear()
    qtbot.waitUntil(lambda: ear.frame_from_apart() and ear.apart[-1].parameters[-7] > 10)  # on with the edited bias
    wanted = replace(trainer.settings, learning_rate=0.003, optimizer="adam")
    worker.change(1, wanted)
    qtbot.waitUntil(ear.frame_from_apart)
    assert looked(qtbot, worker, 1, lambda found: found.settings) == wanted
    worker.change(1, replace(wanted, learning_rate=1e300))
    qtbot.waitUntil(lambda: bool(ear.stops))
    (stop,) = ear.stops
    assert isinstance(stop.error, DivergenceError)
    assert not stop.dropped
    assert stop.frame is not None
    assert np.isfinite(stop.frame.parameters).all()
    worker.change(1, replace(wanted, learning_rate=0.001))
    go_apart(qtbot, worker, ear)


def test_another_run_takes_its_place_and_its_data_reach_the_process(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """It keeps the data of one training."""
    worker.begin(1, lambda: of(few_digits))
    worker.begin(2, lambda: of(few_digits, learning_rate=0.01))
    go_apart(qtbot, worker, ear)
    go_apart(qtbot, worker, ear, run=2)
    assert len(ear.stops) == 1
    qtbot.waitUntil(lambda: ear.frame_from_apart() and ear.apart[-1].run == 2)
    worker.forget(2)
    assert looked(qtbot, worker, 2, lambda trainer: trainer.epoch) is None
    go_apart(qtbot, worker, ear)
    assert ear.apart[-1].run == 1
    fewer = replace(few_digits, train=few_digits.train.head(500))
    worker.begin(3, lambda: of(fewer))
    go_apart(qtbot, worker, ear, run=3)
    qtbot.waitUntil(lambda: ear.frame_from_apart() and ear.apart[-1].batches == 5)


# ---- what goes wrong


def test_a_process_that_is_ended_from_outside(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, tmp_path: Path
) -> None:
    """The network is as it was last shown, a message says what happened, and the next training has a new process.

    One that has begun a record leaves one run. The last one ends with the worker.
    """
    trainer = of(few_digits)
    worker.begin(1, lambda: trainer)
    go_apart(qtbot, worker, ear)
    first = process_of(worker)
    first.send_signal(signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(ear.stops))
    (stop,) = ear.stops
    assert isinstance(stop.error, EngineError)
    assert "process" in str(stop.error)
    assert stop.dropped
    assert stop.frame is not None
    assert stop.frame.epoch >= ear.apart[-1].epoch
    np.testing.assert_array_equal(stop.frame.parameters, trainer.network.parameters)
    have_process(qtbot, worker, ear, few_digits)
    second = process_of(worker)
    assert second is not first
    made, plan = planned(few_digits, tmp_path)
    worker.begin(2, lambda: Trainer(made.build(), few_digits, made.training), plan, goes=True)
    worker.go(2, StopCondition.END)
    qtbot.waitUntil(lambda: any(isinstance(event, Recorded) for event in ear.heard), timeout=20_000)
    second.kill()
    qtbot.waitUntil(lambda: bool(ear.stops), timeout=20_000)
    assert worker._recorders[2].state.run == 1
    with Library(tmp_path / "library.sqlite") as library:
        assert [(run.id, run.status) for run in library.runs()] == [(1, "paused")]
        assert library.interrupted() == []

    ear.apart.clear()
    worker.begin(1, lambda: trainer)
    go_apart(qtbot, worker, ear)
    third = process_of(worker)
    assert third is not second
    assert worker.quit_and_wait(10_000)
    assert is_over(third)


def test_a_process_that_ends_as_soon_as_it_is_lent_a_training_takes_nothing_away(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where memory runs out: the training goes on in the window's process, and no other one is started."""
    lend, lent = TrainingProcess.lend, []

    def lend_and_end(process: TrainingProcess, job: Job) -> bool:
        lent.append(job.run)
        os.kill(process.pid, signal.SIGKILL)
        return lend(process, job)

    alone = of(few_digits, SHORT)
    for _ in alone.run():
        pass
    have_process(qtbot, worker, ear, few_digits)
    monkeypatch.setattr(TrainingProcess, "lend", lend_and_end)
    worker.begin(1, lambda: of(few_digits, SHORT))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
    assert lent == [1]
    (stop,) = ear.stops
    assert stop.finished
    assert stop.frame is not None
    np.testing.assert_array_equal(stop.frame.parameters, alone.network.parameters)


class OnlyHere:
    """Can be pickled, and unpickled in no other process."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _only_in, (os.getpid(),)


def _only_in(process: int) -> OnlyHere:
    if process != os.getpid():
        raise MemoryError("there is no room for it here")
    return OnlyHere()


class Unlendable(Trainer):
    """It holds what the process cannot take."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.held = OnlyHere()


class Unpackable(Trainer):
    """It holds what cannot be sent."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.callback = lambda: None


def test_the_steps_that_are_left(few_digits: Dataset) -> None:
    trainer = of(few_digits, 3)
    job, left = Job(1, trainer), []
    for event in trainer.run():
        if isinstance(event, Batch | Epoch):
            left.append(job.steps_left)
    batches = trainer.batches_per_epoch
    assert left[0] == left[1] + 1 == 3 * batches
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)


def test_a_long_training_goes_there_before_its_first_step(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A short one does not, however long its steps take. Recorded, it is whole, also if it diverges at once."""
    have_process(qtbot, worker, ear, few_digits)
    monkeypatch.setattr("nnviz.jobs.worker._SECONDS_HERE", 1000.0)
    here: list[int] = []
    advance = Job.advance
    monkeypatch.setattr(Job, "advance", lambda job, outlet: here.append(job.run) or advance(job, outlet))
    made, plan = planned(few_digits, tmp_path, LONG)
    for run, recorded in ((1, None), (2, plan)):
        ear.heard.clear()
        worker.begin(run, lambda: Trainer(made.build(), few_digits, made.training), recorded, goes=True)
        worker.go(run, StopCondition.END)
        qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
        assert ear.stops[0].finished
        assert here == []
        assert ear.epochs == list(range(LONG + 1))
    with Library(tmp_path / "library.sqlite") as library:
        (record,) = library.runs()
        assert (record.status, record.epochs) == ("finished", LONG)
        assert library.history(record.id).loss.train.epochs == list(range(LONG + 1))
    trainer = Trainer(made.build(), few_digits, made.training)
    trainer.network.parameters[:] = np.inf
    ear.heard.clear()
    worker.begin(4, lambda: trainer, planned(few_digits, tmp_path / "diverging", LONG)[1], goes=True)
    worker.go(4, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops), timeout=20_000)
    assert isinstance(ear.stops[0].error, DivergenceError)
    with Library(tmp_path / "diverging" / "library.sqlite") as library:
        assert [(run.id, run.status) for run in library.runs()] == [(1, "diverged")]
    worker.begin(3, lambda: of(few_digits, 2))
    worker.go(3, StopCondition.END)
    qtbot.waitUntil(lambda: len(ear.stops) == 2, timeout=60_000)
    assert set(here) == {3}


def test_what_the_process_cannot_take_or_cannot_be_sent_is_trained_here(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """And what it is lent next, it has whole."""
    data = replace(few_digits)
    object.__setattr__(data, "held", OnlyHere())
    have_process(qtbot, worker, ear, few_digits)
    plain = of(few_digits, 5)
    trainers = [Unlendable(plain.network, few_digits, plain.settings), of(data, 5)]
    trainers.append(Unpackable(plain.network.copy(), few_digits, plain.settings))
    for run, trainer in enumerate(trainers, 1):
        ear.heard.clear()
        worker.begin(run, lambda: trainer)  # noqa: B023
        worker.go(run, StopCondition.END)
        qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
        assert ear.stops[0].finished, run
        assert not ear.apart, run
        worker.begin(10 + run, lambda: of(few_digits))
        go_apart(qtbot, worker, ear, run=10 + run)
        worker.forget(10 + run)
        looked(qtbot, worker, 10 + run, lambda _: None)
        QCoreApplication.processEvents()  # what it reported before may still be on its way
        ear.apart.clear()


def test_settings_change_in_the_middle_of_a_long_evaluation(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """It is not begun again each time: the figures of the epoch come."""
    rows = np.zeros(20_000, int)
    large = replace(few_digits, test=few_digits.train.at(rows))
    trainer = of(large)
    worker.begin(1, lambda: trainer)
    go_apart(qtbot, worker, ear)
    before = len(ear.epochs)
    for step in range(30):
        worker.change(1, replace(trainer.settings, learning_rate=0.001 + step * 1e-5))
        qtbot.wait(5)
    qtbot.waitUntil(lambda: len(ear.epochs) > before + 1)
    assert not ear.stops


def test_a_large_network_stays(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    network = Network((784, 4000, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    fewer = replace(few_digits, train=few_digits.train.head(200), test=None)
    worker.begin(1, lambda: Trainer(network, fewer, TrainingSettings(batch_size=100, epochs=1)))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
    assert worker._process is None


def test_thousands_of_epochs_a_second_do_not_flood_the_window(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more are reported than are heard, so that a pause comes soon."""
    tiny = replace(few_digits, train=few_digits.train.head(4), test=None)
    worker.begin(1, lambda: of(tiny, MANY_EPOCHS, batch_size=4))
    go_apart(qtbot, worker, ear)
    # Each order wakes the process, so there is none for events alone as long as frames are taken.
    assert worker._process is not None
    sent: list[tuple[str, Any]] = []
    send = worker._process.send

    def noted(order: str, value: object = None) -> None:
        sent.append((order, value))
        send(order, value)

    monkeypatch.setattr(worker._process, "send", noted)
    counting = worker.reported.connect(lambda _, event: worker.count_heard(count_of(event)))
    before = len(ear.heard)
    while len(ear.heard) < before + 1000:
        count = len(sent)
        qtbot.waitUntil(lambda: ear.frame_from_apart() or len(ear.heard) > before + 1000)
        qtbot.waitUntil(lambda wanted=count: len(sent) > wanted)  # type: ignore[misc]
    assert {order for order, _ in sent} <= {"taken", "heard"}
    assert all(count >= 100 for order, count in sent if order == "heard"), "none for few events"
    qtbot.waitUntil(lambda: len(ear.heard) - before - 150 < sum(count for _, count in sent))
    assert sum(count for _, count in sent) <= len(ear.heard) - before, "each event once"
    worker.halt()
    reported = len(ear.epochs)
    qtbot.waitUntil(lambda: bool(ear.stops))
    assert len(ear.epochs) - reported <= 1000

    # The process is not notified of what is heard during a pause; each time it is lent the training, it counts again.
    worker.reported.disconnect(counting)
    for count in (1, 2, 3):
        worker.halt()
        qtbot.waitUntil(lambda wanted=count: len(ear.stops) == wanted)  # type: ignore[misc]
        before = len(ear.heard)  # figures of epochs, and now and then an epoch's network, are events alike
        worker.go(1, StopCondition.END)  # the process is ready, so it takes over after one event
        qtbot.waitUntil(lambda wanted=before + 290: len(ear.heard) > wanted)  # type: ignore[misc]
    assert len(ear.heard) <= before + 2 + _MOST_UNHEARD + _MOST_TOGETHER, "it waits to be heard, so it has the training"


def test_a_view_comes_from_there_at_once_and_estimates_are_made_as_they_are_wanted(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the last view took here. Epochs last long enough for a view within them."""
    monkeypatch.setattr(TimeBudget, "spend", lambda budget, seconds: budget.due_in(60))
    worker.begin(1, lambda: of(few_digits, batch_size=2))
    worker.set_estimating(False)
    go_apart(qtbot, worker, ear)
    worker.set_estimating(True)
    qtbot.waitUntil(lambda: ear.frame_from_apart() and ear.apart[-1].estimate is not None)


def test_the_estimates_of_the_first_epoch_come_from_there_as_from_here(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    def early() -> Trainer:
        trainer = of(few_digits, 2, batch_size=2)
        trainer.estimates_early = True
        return trainer

    have_process(qtbot, worker, ear, few_digits)
    expected = [event.estimate for event in early().run() if isinstance(event, Batch) and event.estimate]
    worker.begin(1, early)
    go_apart(qtbot, worker, ear)
    worker.reported.connect(lambda _, event: worker.count_heard(count_of(event)))
    qtbot.waitUntil(lambda: bool(ear.stops), timeout=60_000)
    found = [event.estimate for event in ear.heard if isinstance(event, EarlyEstimate)]
    assert [(each.train.loss, each.train.error) for each in found] == [
        (each.train.loss, each.train.error) for each in expected
    ]
    assert len(found) == 27


@pytest.mark.parametrize("executable", ["/no/such/python", ""])
def test_a_process_that_cannot_be_started_is_no_obstacle(
    worker: Worker,
    ear: Ear,
    qtbot: QtBot,
    few_digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    executable: str,
) -> None:
    """The training stays in the window's process; the log has the cause."""
    monkeypatch.setattr(sys, "executable", executable)
    worker.begin(1, lambda: of(few_digits, epochs=5))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops))
    assert ear.stops[0].finished
    cause = "a process for the training could not be started: No such file or directory (/no/such/python)"
    assert (cause in caplog.text) == bool(executable)


# ---- the end


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc for the process")
def test_it_does_not_outlive_a_program_that_is_killed(tmp_path: Path) -> None:
    """Not even in the middle of a training."""
    script = tmp_path / "window.py"
    script.write_text(
        "import os, sys\n"
        "from nnviz.jobs.training_process import TrainingProcess\n"
        "process = TrainingProcess(lambda frame: None, lambda: None)\n"
        "print(process._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[3]
    program = subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    program.kill()
    program.communicate()
    end = time.monotonic() + 10
    while _is_running(pid) and time.monotonic() < end:
        os.sched_yield()
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- in the window


def test_the_window_trains_apart_saves_and_is_edited_meanwhile(
    ready_model: Model, qtbot: QtBot, tmp_path: Path
) -> None:
    session = ready_model.session
    frames: list[NetworkFrame] = []
    session.training.runner.frame.connect(frames.append)
    session.settings.choose("epochs", session.settings.experiment.changed(epochs=MANY_EPOCHS))
    session.start()
    qtbot.waitUntil(lambda: bool(frames) and frames[-1].is_lent, timeout=20_000)
    path = tmp_path / "there.npz"
    session.files.save(path)
    qtbot.waitUntil(path.exists)
    assert session.state is Status.TRAINING
    session.edits.set_bias(Neuron(3, 4), 40.0)
    qtbot.waitUntil(lambda: any("bias" in change.text for change in session.runs.current.history.changes))
    seen = len(frames)
    qtbot.waitUntil(lambda: len(frames) > seen + 2)
    assert frames[-1].is_lent
    assert session.displayed.network.biases[-1][4] > 5
    session.pause()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
