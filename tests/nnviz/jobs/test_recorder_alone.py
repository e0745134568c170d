"""The recorder without a window: what it hands on, and what becomes of a record that is damaged, deleted or in use."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.training.events import Epoch, Event
from engine.training.trainer import Trainer
from nnviz.jobs.recorder import Recorder, RecordingPlan
from nnviz.jobs.reports import Recorded
from nnviz.library import Library, recording
from nnviz.library import states as keeping
from nnviz.library.errors import damaged, no_memory
from tests.nnviz.library.helpers import DATA, an_experiment


class Followed:
    """A training, the recorder that follows it, and what that tells."""

    def __init__(self, path: Path) -> None:
        self.path, self.reported = path, list[Recorded]()
        made = an_experiment(epochs=20)
        self.trainer: Trainer = made.trainer(DATA)
        self.events: Iterator[Event] = self.trainer.run()
        self.recorder = Recorder(RecordingPlan(path, None, 0, made, DATA.title))
        self.recorder.open(self.trainer, self.tell)

    def tell(self, report: object) -> None:
        assert isinstance(report, Recorded)
        self.reported.append(report)

    def train(self, epochs: int, recorder: Recorder | None = None) -> None:
        for event in self.events:
            (recorder or self.recorder).take_event(event, self.trainer, self.tell)
            epochs -= isinstance(event, Epoch) and event.epoch > 0
            if not epochs:
                return

    def change(self, rate: float, *recorders: Recorder) -> None:
        settings = replace(self.trainer.settings, learning_rate=rate)
        self.trainer.change(settings)
        for recorder in recorders:
            recorder.change(settings, f"learning rate {rate:g}")


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Followed:
    monkeypatch.setattr(recording, "SECONDS_BETWEEN_COMMITS", 0)
    monkeypatch.setattr(recording, "SECONDS_AFTER_FAILURE", 0)
    return Followed(tmp_path / "library.sqlite")


def test_after_damage_it_goes_on_with_the_same_run(followed: Followed) -> None:
    """Also if the run has changed hands since it was taken up."""
    recorder = followed.recorder
    followed.train(3)
    recorder.hand_over()
    followed.train(3)
    assert recorder._recording is not None
    recorder._recording.problem = damaged(followed.path, "as a test")
    recorder._open_again(recorder._recording)
    followed.train(1)
    recorder.finish("paused")
    with Library(followed.path) as library:
        (run,) = library.runs()
    assert (run.parent, run.epochs) == (None, 7)
    assert not any("Another program" in (report.words or "") for report in followed.reported)


def test_a_run_that_was_deleted_comes_back_with_its_curves(followed: Followed) -> None:
    followed.train(3)
    followed.recorder.finish("paused")
    with Library(followed.path) as library:
        library.delete([1])
        followed.train(2)
        followed.recorder.finish("paused")
    with Library(followed.path) as library:
        (run,) = library.runs()
        assert run.epochs == 5
        assert library.history(run.id).loss.train.epochs == [0, 1, 2, 3, 4, 5]


def test_of_one_that_is_gone_for_good_the_rest_is_kept(followed: Followed) -> None:
    followed.train(3)
    followed.recorder.finish("paused")
    with Library(followed.path) as library:
        library.delete([1])
    followed.train(2)
    followed.recorder.finish("paused")
    with Library(followed.path) as library:
        (run,) = library.runs()
        assert library.history(run.id).loss.train.epochs == [4, 5]


def test_changes_while_it_is_lent_are_reported_once(followed: Followed) -> None:
    recorder = followed.recorder
    followed.train(1)
    recorder.hand_over()
    lent: Recorder = pickle.loads(pickle.dumps(recorder))
    followed.train(1, lent)
    for rate in (0.02, 0.03):
        followed.change(rate, recorder, lent)
    followed.train(1, lent)
    lent.finish("paused")
    recorder.state = pickle.loads(pickle.dumps(lent.state))
    followed.change(0.04, recorder)
    followed.train(1)
    recorder.finish("paused")
    with Library(followed.path) as library:
        assert [change.text for change in library.run(1).changes] == [
            "learning rate 0.02",
            "learning rate 0.03",
            "learning rate 0.04",
        ]


def test_where_a_branch_began_is_reported_also_if_it_could_not_be_opened_at_once(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(_: object) -> None:
        raise no_memory()

    recorder = followed.recorder
    followed.train(2)
    recorder.finish("paused")
    with Library(followed.path) as library:
        library.database.write("UPDATE runs SET updated = 0")  # as another program might have left it
    with monkeypatch.context() as patched:
        patched.setattr(recording.Recording, "leap", fail)
        followed.train(1)
    followed.train(1)
    at = 2 + 1 / 6  # after the first batch that was reported
    assert followed.reported[-1].left_at == at
    recorder.finish("paused")
    with Library(followed.path) as library:
        assert (library.run(2).parent, library.run(2).left_at) == (1, at)


@pytest.mark.parametrize("when", ["at the beginning", "later"])
def test_too_little_memory_for_a_state_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(recording, "SECONDS_BETWEEN_COMMITS", 0)
    monkeypatch.setattr(recording, "SECONDS_AFTER_FAILURE", 0)
    with monkeypatch.context() as patched:
        if when == "at the beginning":
            patched.setattr(keeping.StateBytes, "of", full)
        followed = Followed(tmp_path / "library.sqlite")
        patched.setattr(keeping.StateBytes, "of", full)
        followed.train(2)
        assert not followed.reported[-1].is_written
        assert "memory" in (followed.reported[-1].words or "")
    followed.train(2)
    assert followed.reported[-1].is_written
    followed.recorder.finish("paused")
    with Library(followed.path) as library:
        assert library.run(1).epochs == 4
        assert library.state(1).at == 4
