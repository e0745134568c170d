"""Full and write-protected disks, and other programs on the same library: a session trains on, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.commands import cli
from nnviz.jobs import child
from nnviz.library import Library, recording
from nnviz.session.run import Run
from nnviz.session.run_names import NAMELESS
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import MANY_EPOCHS, find, is_shown, pause, train_epochs, wait_for
from tests.nnviz.jobs.test_recorder import expect_exact
from tests.nnviz.library.disks import Disk, FailingDisk, MountedDisk, mounted
from tests.nnviz.library.helpers import record

ROOT = Path(__file__).parents[3]
LONG = 60_000  # milliseconds


class Trained:
    """A session, or a window with one, whose trainings are recorded on a disk, and what it reported."""

    def __init__(self, window: MainWindow | Model, qtbot: QtBot) -> None:
        self.window, self.session, self._qtbot = window, window.session, qtbot
        self.reported: list[str] = []
        self.lent = False
        self.session.messages.changed.connect(self._note)
        self.session.training.runner.frame.connect(self._look)

    def _note(self) -> None:
        message = self.session.messages.current
        if message is not None:
            self.reported.append(message.text)

    def _look(self, frame: object) -> None:
        self.lent |= frame.is_lent  # type: ignore[attr-defined]

    @property
    def run(self) -> Run:
        return self.session.runs.current

    def how_often(self, words: str) -> int:
        return sum(words in text for text in self.reported)

    def start(self) -> None:
        """A network that takes little room."""
        self.session.settings.change("all", hidden=(8,), epochs=MANY_EPOCHS)
        self.session.start()

    def train_on(self, epochs: float) -> None:
        """Until it has come so much further."""
        wanted = self.run.epochs + epochs
        self._qtbot.waitUntil(lambda: self.run.epochs >= wanted, timeout=LONG)

    def wait_until_kept(self, wanted: bool = True) -> None:
        self._qtbot.waitUntil(lambda: self.run.storage.is_kept is wanted, timeout=LONG)


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A small one, on which the library is."""
    folder = tmp_path / "disk"
    monkeypatch.setenv("NNVIZ_LIBRARY", str(folder / "library.sqlite"))
    if request.param == "failing":
        yield FailingDisk(folder, monkeypatch)
    else:
        with mounted(folder) as made:
            yield made


@pytest.fixture(autouse=True)
def soon_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here and in the process that trains."""
    monkeypatch.setattr(recording, "SECONDS_AFTER_FAILURE", 0.02)
    monkeypatch.setattr(recording, "SECONDS_BETWEEN_COMMITS", 0.05)
    code = child._CODE.replace("from", "from tests.nnviz.library.disks import hurry; hurry(); from", 1)
    monkeypatch.setattr(child, "_CODE", code)


MakeTrained = Callable[[], Trained]


@pytest.fixture
def make_trained(qtbot: QtBot, few_digits: Dataset, load_with: Callable[..., None]) -> Iterator[MakeTrained]:
    """Makes sessions with the beginning of MNIST, and closes them."""
    load_with(lambda: few_digits)
    made: list[Model] = []

    def make() -> Trained:
        model = Model()
        made.append(model)
        model.session.records.set_on(True)
        qtbot.waitUntil(lambda: is_shown(model.session.data), timeout=LONG)
        return Trained(model, qtbot)

    yield make
    for model in made:
        assert any(model.close() for _ in range(50)), "all threads end"


# Where it trains, and what kind of disk: each of both with both, but not in every test.
MOUNTED_HERE = pytest.mark.parametrize(("trained", "disk"), [("here", "mounted"), ("lent", "failing")], indirect=True)
FAILING_HERE = pytest.mark.parametrize(("trained", "disk"), [("here", "failing"), ("lent", "mounted")], indirect=True)


@pytest.fixture
def trained(request: pytest.FixtureRequest, disk: Disk, make_trained: MakeTrained) -> Trained:
    """A session that trains in its own process, or lends its trainings to another."""
    if request.param == "lent":
        request.getfixturevalue("two_cores")
    return make_trained()


def start_where_it_stays(trained: Trained, qtbot: QtBot, request: pytest.FixtureRequest) -> None:
    """Until it is recorded by the process that trains it from now on."""
    trained.start()
    trained.wait_until_kept()
    if "two_cores" in request.fixturenames:
        qtbot.waitUntil(lambda: trained.lent, timeout=LONG)
        trained.train_on(2)


def answer(qtbot: QtBot, window: MainWindow) -> QMessageBox:
    assert not window.close()
    return find(window, QMessageBox, "unsavedBox")


# ---- a full disk


@FAILING_HERE
def test_on_a_full_disk_it_trains_on_and_is_recorded_when_there_is_room(
    trained: Trained, disk: Disk, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    with Library() as library:
        first, other = record(library)
    start_where_it_stays(trained, qtbot, request)
    disk.fill()
    trained.wait_until_kept(False)
    assert trained.how_often("the disk is full.") == 1
    assert "Training continues." in trained.reported[-1]
    trained.session.messages.dismiss()
    trained.train_on(6)
    assert trained.how_often("disk is full") == 1, "it is reported once"
    assert trained.run.unsaved
    disk.make_room()
    trained.wait_until_kept()
    assert trained.reported[-1] == "The library can be written to again."
    trained.train_on(2)
    pause(qtbot, trained.window)
    dataset, run = trained.session.dataset, trained.run
    assert dataset is not None
    with Library() as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert len(library.runs()) == 2
        np.testing.assert_array_equal(library.network(first).parameters, other.network.parameters)
        kept = library.run(run.storage.record)
        assert (kept.epochs, kept.status) == (run.epochs, "paused")
        expect_exact(library, kept, dataset)
        epochs = library.history(run.storage.record).error.train.epochs
    assert epochs == list(range(len(epochs))), "no epoch is missing"
    assert not trained.session.runs.unsaved


@MOUNTED_HERE
def test_a_disk_that_is_full_from_the_start(trained: Trained, disk: Disk, qtbot: QtBot) -> None:
    with Library() as library:
        first, other = record(library)
    disk.fill()
    trained.start()
    qtbot.waitUntil(lambda: bool(trained.reported), timeout=LONG)
    trained.train_on(6)
    assert trained.how_often("disk is full") == len(trained.reported) == 1
    assert trained.run.unsaved
    disk.make_room()
    trained.wait_until_kept()
    assert trained.reported[-1].startswith("The library can be written to again.")
    trained.train_on(2)
    pause(qtbot, trained.window)
    assert trained.session.dataset is not None
    with Library() as library:
        assert [run.id for run in library.runs()] == [trained.run.storage.record, first]
        np.testing.assert_array_equal(library.network(first).parameters, other.network.parameters)
        expect_exact(library, library.run(trained.run.storage.record), trained.session.dataset)
    assert not trained.session.runs.unsaved


@MOUNTED_HERE
def test_of_what_could_not_be_written_no_branch_is_made_up(trained: Trained, disk: Disk, qtbot: QtBot) -> None:
    """While the disk is full, the training is paused, gets another rate, and goes on."""
    trained.start()
    trained.train_on(3)
    pause(qtbot, trained.window)
    trained.wait_until_kept()
    known = trained.run.epochs
    disk.fill()
    trained.session.step_epoch()
    wait_for(qtbot, trained.window, Status.PAUSED)
    assert trained.run.unsaved
    trained.session.settings.change("rate", learning_rate=0.001)
    for _ in range(2):
        trained.session.step_epoch()
        wait_for(qtbot, trained.window, Status.PAUSED)
    lost = trained.run.epochs
    disk.make_room()
    trained.start()
    trained.wait_until_kept()
    trained.train_on(2)
    pause(qtbot, trained.window)
    timeline, messages = trained.session.timeline, trained.session.messages
    between = next(at for at in timeline.epochs if known + 1 < at <= lost)
    run = trained.run
    timeline.go_to(between)
    messages.clear()
    timeline.branch()
    qtbot.waitUntil(lambda: messages.current is not None, timeout=LONG)
    assert "where nothing was recorded" in messages.current.text
    assert trained.run is run
    timeline.go_live()
    timeline.branch()
    qtbot.waitUntil(lambda: trained.run is not run, timeout=LONG)
    assert trained.run.origin.left_at == run.epochs


# ---- a write-protected disk


def test_on_a_write_protected_disk_runs_are_shown_and_the_window_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_window: MakeWindow, qtbot: QtBot
) -> None:
    monkeypatch.setenv("NNVIZ_LIBRARY", str(tmp_path / "disk" / "library.sqlite"))
    with mounted(tmp_path / "disk") as disk:
        with Library() as library:
            first, other = record(library)
        protected(disk, True)
        window = make_window(records=True)
        qtbot.waitUntil(lambda: is_shown(window.session.data))
        trained = Trained(window, qtbot)
        window.show_workspace("runs")
        qtbot.waitUntil(lambda: window.session.library.count == 1)
        trained.start()
        qtbot.waitUntil(lambda: trained.how_often("is not recorded") == 1, timeout=LONG)
        assert "because its file is write-protected" in trained.reported[-1]
        trained.train_on(6)
        assert trained.how_often("is not recorded") == 1
        answer(qtbot, window).reject()
        protected(disk, False)
        trained.wait_until_kept()
        pause(qtbot, window)
        assert window.close(), "nothing is asked"
        with Library() as library:
            np.testing.assert_array_equal(library.network(first).parameters, other.network.parameters)
            assert len(library.runs()) == 2


def protected(disk: MountedDisk, wanted: bool) -> None:
    assert disk.mount(f"remount,{'ro' if wanted else 'rw'}")


# ---- other programs


def test_two_windows_and_a_command_record_at_once(make_trained: MakeTrained, qtbot: QtBot) -> None:
    both = [make_trained() for _ in range(2)]
    words = ["train", "--data", "moons", "--hidden", "8", "--epochs", "50"]
    with (
        Library() as library,
        subprocess.Popen([sys.executable, "main.py", *words], cwd=ROOT, stdout=subprocess.DEVNULL) as command,
    ):
        qtbot.waitUntil(lambda: bool(library.runs()), timeout=LONG)
        for trained in both:
            trained.start()
        qtbot.waitUntil(lambda: command.poll() is not None, timeout=LONG)
    assert command.returncode == 0
    for trained in both:
        trained.train_on(1)
        pause(qtbot, trained.window)
        assert trained.how_often("not recorded") == 0
        assert trained.run.storage.is_kept
    with Library() as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert sorted(run.status for run in library.runs()) == ["finished", "paused", "paused"]
        for trained in both:
            assert trained.session.dataset is not None
            expect_exact(library, library.run(trained.run.storage.record), trained.session.dataset)


def test_a_run_with_which_another_window_went_on_becomes_a_branch(make_trained: MakeTrained, qtbot: QtBot) -> None:
    """What that one has learned is written over by nobody."""
    mine, theirs = make_trained(), make_trained()
    train_epochs(qtbot, mine.window, 2)
    mine.wait_until_kept()
    run = mine.run.storage.record
    assert run is not None
    theirs.session.library.open(run)
    qtbot.waitUntil(lambda: theirs.run.storage.record == run, timeout=LONG)
    train_epochs(qtbot, theirs.window, 3)
    theirs.wait_until_kept()
    train_epochs(qtbot, mine.window, 1)
    qtbot.waitUntil(lambda: mine.run.storage.record != run, timeout=LONG)
    reported = f"From epoch 2 on, it is recorded as run {mine.run.storage.record}, a branch"
    assert mine.how_often(reported) == 1
    assert (mine.run.origin.parent_record, mine.run.origin.left_at, mine.run.storage.is_kept) == (run, 2, True)
    with Library() as library:
        old, new = library.run(run), library.run(mine.run.storage.record)
        assert (old.epochs, new.epochs) == (5, 3)
        np.testing.assert_array_equal(library.network(run).parameters, theirs.run.network.parameters)
        np.testing.assert_array_equal(library.network(new.id).parameters, mine.run.network.parameters)
        assert (new.parent, new.left_at) == (run, 2)
        assert library.history(new.id).error.test.epochs == [0, 1, 2, 3]
    assert not mine.session.runs.unsaved


def test_such_a_branch_of_an_opened_run_has_no_name_but_what_distinguishes_it(
    make_trained: MakeTrained, qtbot: QtBot
) -> None:
    """What the window calls an opened run says its settings, and is no name that the user gave."""
    mine, theirs = make_trained(), make_trained()
    train_epochs(qtbot, mine.window, 1)
    mine.wait_until_kept()
    run = mine.run.storage.record
    assert run is not None
    theirs.session.library.open(run)
    qtbot.waitUntil(lambda: theirs.run.storage.record == run, timeout=LONG)
    assert theirs.run.title.startswith(f"#{run} · ")
    train_epochs(qtbot, mine.window, 2)
    mine.wait_until_kept()
    train_epochs(qtbot, theirs.window, 1)
    qtbot.waitUntil(lambda: theirs.run.storage.record != run, timeout=LONG)
    with Library() as library:
        assert library.run(theirs.run.storage.record).name in NAMELESS


def test_no_command_goes_on_with_what_a_window_trains(
    make_trained: MakeTrained, qtbot: QtBot, capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    trained = make_trained()
    trained.start()
    trained.wait_until_kept()
    trained.train_on(1)
    assert cli.main(["train", "--resume", str(trained.run.storage.record)]) == cli.USAGE_ERROR
    assert "is being trained by another program" in capsys.readouterr().err
    trained.train_on(1)
    pause(qtbot, trained.window)
    with Library() as library:
        expect_exact(library, library.run(trained.run.storage.record), few_digits)


def test_a_run_that_was_deleted_meanwhile_is_kept_again(make_trained: MakeTrained, qtbot: QtBot) -> None:
    trained = make_trained()
    train_epochs(qtbot, trained.window, 1)
    trained.wait_until_kept()
    run = trained.run.storage.record
    with Library() as library:
        library.delete([run])
    train_epochs(qtbot, trained.window, 1)
    qtbot.waitUntil(lambda: trained.run.storage.record != run, timeout=LONG)
    with Library() as library:
        (kept,) = library.runs()
        assert (kept.id, kept.epochs) == (trained.run.storage.record, 2)
