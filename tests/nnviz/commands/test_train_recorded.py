"""``train`` records its run, says so, and goes on with one that is there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.storage import load_network
from engine.training.events import Batch
from engine.training.trainer import Trainer
from nnviz.commands import cli
from nnviz.library import Library, UnknownRunError, library_path
from nnviz.library.reproduction import reproduction_of
from tests.nnviz.library.helpers import an_experiment, record

pytestmark = pytest.mark.usefixtures("small_data_here")

SMALL = ("--shape", "784,8,10", "--batch-size", "50")  # 40 batches an epoch


def train(*words: str) -> int:
    return cli.main(["train", *words])


@pytest.fixture
def press_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Ctrl+C after a batch of an epoch."""
    run = Trainer.run

    def press(epoch: int, batch: int) -> None:
        def interrupted(trainer: Trainer) -> Any:
            for event in run(trainer):
                if isinstance(event, Batch) and (event.epoch, event.batch) == (epoch, batch):
                    monkeypatch.setattr(Trainer, "run", run)
                    os.kill(os.getpid(), signal.SIGINT)
                yield event

        monkeypatch.setattr(Trainer, "run", interrupted)

    return press


def test_every_training_is_recorded_and_the_first_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    train(*SMALL, "--epochs", "2", "--title", "a try", "--save", "net.npz")
    first = capsys.readouterr().out
    assert f"recorded as run 1 in {library_path()}: “python main.py runs” lists" in first
    assert "--no-record records nothing" in first
    train(*SMALL, "--epochs", "1")
    assert capsys.readouterr().out.startswith("recorded as run 2\n")
    with Library() as library:
        assert [(run.name, run.status, run.epochs) for run in library.runs()] == [
            ("", "finished", 1),
            ("a try", "finished", 2),
        ]
        saved = load_network("net.npz")
        np.testing.assert_array_equal(library.network(1).parameters, saved.parameters)
        assert library.run(1).test_error == saved.provenance["test_error"]
        assert library.run(1).data == "MNIST handwritten digits"


def test_no_record_records_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(*SMALL, "--epochs", "1", "--no-record") == 0
    assert not library_path().exists()
    assert "record" not in capsys.readouterr().out


def test_going_on_after_ctrl_c_equals_the_uninterrupted_training(
    press_ctrl_c: Callable[[int, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    train(*SMALL, "--epochs", "3", "--optimizer", "adam")
    press_ctrl_c(2, 7)
    assert train(*SMALL, "--epochs", "3", "--optimizer", "adam") == cli.INTERRUPTED
    assert "continue with: python main.py train --resume 2\n" in capsys.readouterr().out
    with Library() as library:
        assert (library.run(2).status, library.run(2).epochs) == ("paused", 1 + 7 / 40)
    assert train("--resume", "2", "--save", "net.npz") == 0
    assert "recorded as run 2\n" in capsys.readouterr().out
    with Library() as library:
        np.testing.assert_array_equal(library.network(2).parameters, library.network(1).parameters)
        np.testing.assert_array_equal(load_network("net.npz").parameters, library.network(1).parameters)
        assert library.history(2) == library.history(1)
        assert library.run(2).status == "finished"
        assert len(library.runs()) == 2


def test_a_finished_run_says_so_and_goes_on_for_more_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    train(*SMALL, "--epochs", "2")
    train("--resume", "1")
    assert "run 1 is already finished: epoch 2 of 2; to continue, raise --epochs" in capsys.readouterr().out
    train("--resume", "1", "--epochs", "4")
    train(*SMALL, "--epochs", "4")
    with Library() as library:
        assert library.run(1).experiment.training.epochs == 4
        np.testing.assert_array_equal(library.network(1).parameters, library.network(2).parameters)


def test_a_checkpoint_goes_on_as_a_run_of_its_own_with_its_past() -> None:
    train(*SMALL, "--epochs", "2", "--checkpoint", "kept.npz", "--no-record")
    train("--resume", "kept.npz", "--epochs", "3")
    with Library() as library:
        assert library.history(1).error.test.epochs == [0, 1, 2, 3]
        assert library.run(1).epochs == 3


def test_no_command_repeats_a_run_that_continues_a_checkpoint() -> None:
    """A schedule over more epochs gives other weights."""
    train(*SMALL, "--schedule", "cosine", "--epochs", "2", "--checkpoint", "kept.npz", "--no-record")
    train("--resume", "kept.npz", "--epochs", "4")
    with Library() as library:
        way = reproduction_of(library, 1)
        assert way.command is None
        assert way.steps == ("run 1 begins with a network from elsewhere, trained for 2 epochs: epochs 4",)
    train("--resume", "1", "--epochs", "5")
    with Library() as library:
        assert reproduction_of(library, 1).steps[1:] == ("at epoch 4: epochs 5",)


def test_how_a_run_was_made_is_known_after_it_is_resumed() -> None:
    train(*SMALL, "--schedule", "cosine", "--epochs", "2")
    with Library() as library:
        command = reproduction_of(library, 1).command
    train("--resume", "1", "--epochs", "3")
    with Library() as library:
        assert reproduction_of(library, 1).steps == (command, "at epoch 2: epochs 3")


def test_a_file_whose_name_is_a_number_is_a_file() -> None:
    train(*SMALL, "--epochs", "1", "--checkpoint", "7", "--no-record")
    assert train("--resume", "7", "--epochs", "2") == 0


def test_a_run_that_is_not_there_or_has_no_state_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--resume", "12") == cli.USAGE_ERROR
    assert "There is no run 12." in capsys.readouterr().err
    train(*SMALL, "--epochs", "1")
    with Library() as library:
        library.database.write("DELETE FROM states")
    assert train("--resume", "1") == cli.USAGE_ERROR
    assert "the library has no training state of this run" in capsys.readouterr().err


def test_another_machine_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    train(*SMALL, "--epochs", "1")
    with Library() as library:
        library.database.write("UPDATE states SET machine = '{}'")
    assert train("--resume", "1", "--epochs", "2") == 0
    assert "resumed, but the result will not be bit-identical: the run was trained with " in capsys.readouterr().out


def test_a_training_that_diverges_is_kept_as_such() -> None:
    assert train(*SMALL, "--epochs", "2", "--learning-rate", "1e30") == 1
    with Library() as library:
        assert library.run(1).status == "diverged"
        assert library.state(1).at == 0


def test_the_command_that_is_offered_after_a_divergence_trains(capsys: pytest.CaptureFixture[str]) -> None:
    how = ("--data", "sine", "--hidden", "3", "--epochs", "2", "--activation", "identity", "--learning-rate", "1e30")
    assert train(*how) == 1
    command = "python main.py train --resume 1 --learning-rate 1e+29"
    assert f"smaller learning rate: {command}" in capsys.readouterr().err
    cli.main(["runs", "show", "1"])
    assert command in capsys.readouterr().out
    assert train("--resume", "1", "--learning-rate", "0.01") == 0
    with Library() as library:
        assert (library.run(1).status, library.run(1).epochs) == ("finished", 2)
    assert train(*how, "--no-record") == 1
    assert "Train again with a smaller learning rate, for example --learning-rate 1e+29." in capsys.readouterr().err
    assert train(*how, "--no-record", "--checkpoint", "kept.npz", "--learning-rate", "0.1") == 0
    assert train("--resume", "kept.npz", "--epochs", "4", "--no-record", "--learning-rate", "1e30") == 1
    assert "--resume kept.npz --learning-rate 1e+29" in capsys.readouterr().err


def test_a_run_of_which_nothing_was_kept_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    """As one whose output could not be written before its first step."""
    with Library() as library:
        run = library.begin(an_experiment())
        library.database.update_run(run, {"status": "training"})
    cli.main(["runs"])
    out = capsys.readouterr().out
    assert "--resume" not in out
    assert "run 1 was interrupted before its first state was saved, so it cannot be resumed" in out


HUGE = (str(10**20), "9" * 5000)


@pytest.mark.parametrize("number", HUGE, ids=("20 digits", "5000 digits"))
def test_a_number_that_no_run_can_have_is_refused_in_words(capsys: pytest.CaptureFixture[str], number: str) -> None:
    train(*SMALL, "--epochs", "1")
    for words in (
        ("train", "--resume", number), ("runs", "show", number), ("runs", "delete", number),
        ("runs", "export", number, "out"), ("sweep", "--resume", number),
    ):  # fmt: skip
        try:
            code = cli.main([*words])
        except SystemExit as end:  # the parser reads no number of thousands of digits
            code = end.code
        assert code == cli.USAGE_ERROR, words
        err = capsys.readouterr().err
        assert "There is no " in err or "a number of 5,000 digits is too large" in err
    with Library() as library, pytest.raises(UnknownRunError):
        library.network(int(number[:4000]))


def test_files_of_data_are_kept_by_their_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"{number},{number % 7},{'ab'[number % 2]}\n" for number in range(60))
    (tmp_path / "mine.csv").write_text("p,q,kind\n" + rows)
    train("--data", "mine.csv", "--epochs", "1")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert train("--resume", "1", "--epochs", "2") == 0
    with Library() as library:
        assert library.run(1).experiment.data == str(tmp_path / "mine.csv")


def test_a_library_that_cannot_be_made_ends_no_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNVIZ_LIBRARY", str(tmp_path / "file" / "library.sqlite"))
    assert train(*SMALL, "--epochs", "1", "--save", "net.npz") == 0
    assert "nnviz: The run is not recorded: library.sqlite: the library cannot be accessed" in capsys.readouterr().err
    assert load_network("net.npz").shape == [784, 8, 10]


def test_what_goes_is_said_before_and_goes_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        record(library, an_experiment(epochs=8).changed(hidden=(2000,)))  # with as many moments on any machine
    train("--shape", "784,200,10", "--epochs", "2")
    with Library() as library:
        library.quota.budget = 1_000_000
        before = library.snapshot_epochs(1)
    assert "it may" not in capsys.readouterr().out
    train("--shape", "784,200,10", "--epochs", "2")
    out = capsys.readouterr().out
    assert "of its 1 MB limit. After this run, nnviz removes" in out
    assert "Results and last states are kept" in out
    with Library() as library:
        assert len(library.snapshot_epochs(1)) < len(before)
        assert library.run(1).is_thinned
        assert library.state(1).at == 8


def test_what_is_too_much_only_after_a_training_goes_after_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        record(library, an_experiment(epochs=8).changed(hidden=(2000,)))
        library.quota.budget = library.quota.nbytes + 100_000
        before = library.snapshot_epochs(1)
    train("--shape", "784,200,10", "--epochs", "1")
    assert "After the next run, nnviz removes" in capsys.readouterr().out
    with Library() as library:
        assert library.snapshot_epochs(1) == before
    train(*SMALL, "--epochs", "1")
    assert "After this run, nnviz removes" in capsys.readouterr().out
    with Library() as library:
        assert len(library.snapshot_epochs(1)) < len(before)
