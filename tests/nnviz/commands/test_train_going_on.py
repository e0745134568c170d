"""``train`` at Ctrl+C and after it, options that do not go together, and what a file tells of its command."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_checkpoint, load_network, save_checkpoint
from engine.training.events import Batch, Epoch
from engine.training.metrics import Evaluator
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.commands import cli
from nnviz.library import Library

pytestmark = pytest.mark.usefixtures("small_data_here")

SMALL = ("--shape", "784,8,10", "--batch-size", "50")  # 40 batches an epoch
posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and devices of Unix")


def train(*arguments: str) -> int:
    return cli.main(["train", *arguments])


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert train(*arguments) == cli.USAGE_ERROR
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


@pytest.fixture
def press_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], bool]], None]:
    """Ctrl+C at the event for which a function is true."""
    run = Trainer.run

    def press(is_time: Callable[[Any], bool]) -> None:
        def interrupted(trainer: Trainer) -> Any:
            for event in run(trainer):
                if is_time(event):
                    monkeypatch.setattr(Trainer, "run", run)
                    os.kill(os.getpid(), signal.SIGINT)
                yield event

        monkeypatch.setattr(Trainer, "run", interrupted)

    return press


def in_epoch_2(event: Any) -> bool:
    return isinstance(event, Batch) and (event.epoch, event.batch) == (2, 7)


# ---- Ctrl+C


def test_ctrl_c_keeps_the_step_that_was_taken(press_ctrl_c: Any) -> None:
    press_ctrl_c(in_epoch_2)
    assert train(*SMALL, "--epochs", "3", "--checkpoint", "kept.npz") == cli.INTERRUPTED
    _, state = load_checkpoint("kept.npz")
    assert state is not None
    assert (state.progress["epoch"], state.progress["batch"]) == (2, 7)


def test_ctrl_c_saves_what_was_learned_so_far(
    press_ctrl_c: Any, capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    press_ctrl_c(in_epoch_2)
    assert train(*SMALL, "--epochs", "3", "--title", "a try", "--save", "net.json") == cli.INTERRUPTED
    out = capsys.readouterr().out
    assert "stopped in epoch 2 of 3, after batch 7 of 40; the network at that point is saved to net.json" in out
    assert "continue with: python main.py train --resume 1\n" in out
    network = load_network("net.json")
    past = network.provenance
    assert few_digits.test is not None
    assert past["test_error"] == Evaluator(network, few_digits.test).evaluate().error
    assert past["test_error"] < 0.7
    assert (past["epochs"], past["title"]) == (1, "a try")
    assert "command" not in past, "it would train to the end"


def test_ctrl_c_saves_the_weights_of_the_checkpoint(press_ctrl_c: Any) -> None:
    press_ctrl_c(in_epoch_2)
    train(*SMALL, "--epochs", "3", "--checkpoint", "kept.npz", "--save", "net.npz")
    np.testing.assert_array_equal(load_network("net.npz").parameters, load_network("kept.npz").parameters)


def test_ctrl_c_at_an_epochs_end_counts_that_epoch(press_ctrl_c: Any) -> None:
    press_ctrl_c(lambda event: isinstance(event, Epoch) and event.epoch == 2)
    assert train(*SMALL, "--epochs", "3", "--save", "net.npz") == cli.INTERRUPTED
    assert load_network("net.npz").provenance["epochs"] == 2


def test_ctrl_c_saves_in_half_precision_too(press_ctrl_c: Any) -> None:
    press_ctrl_c(in_epoch_2)
    train(*SMALL, "--epochs", "3", "--checkpoint", "kept.npz", "--save", "half.npz", "--half")
    whole = load_network("kept.npz").parameters
    np.testing.assert_array_equal(load_network("half.npz").parameters, whole.astype(np.float16))
    assert not np.array_equal(whole, whole.astype(np.float16)), "the training goes on in full precision"


def test_ctrl_c_before_the_first_step_leaves_an_older_file(
    press_ctrl_c: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("net.json").write_text("older")
    press_ctrl_c(lambda _: True)
    assert train(*SMALL, "--save", "net.json") == cli.INTERRUPTED
    assert "nothing to save yet" in capsys.readouterr().out
    assert Path("net.json").read_text() == "older"


def test_the_hint_to_go_on_is_a_whole_command(
    press_ctrl_c: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    how = (*SMALL, "--optimizer", "adam", "--learning-rate", "0.01", "--dropout", "0.2", "--epochs", "3", "--half")
    train(*how, "--title", "one go", "--save", "unbroken.npz")
    press_ctrl_c(in_epoch_2)
    train(*how, "--title", "two goes", "--checkpoint", "my run.npz", "--save", "in two.npz")
    (hint,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("continue with: ")]
    python, main, *words = shlex.split(hint.removeprefix("continue with: "))
    assert (python, main) == ("python", "main.py")
    assert cli.main(words) == 0
    unbroken, broken = load_network("unbroken.npz"), load_network("in two.npz")
    np.testing.assert_array_equal(broken.parameters, unbroken.parameters)
    assert broken.provenance["title"] == "two goes"


# ---- going on


@pytest.fixture
def kept(capsys: pytest.CaptureFixture[str]) -> str:
    """The checkpoint of a training that is finished."""
    train(*SMALL, "--epochs", "2", "--checkpoint", "kept.npz")
    capsys.readouterr()
    return "kept.npz"


@pytest.mark.parametrize(
    "option",
    [
        ("--preset", "Modern"), ("--shape", "784,8,10"), ("--activation", "relu"),
        ("--batch-size", "50"), ("--optimizer", "sgd"), ("--schedule", "constant"), ("--weight-decay", "0"),
        ("--dropout", "0"), ("--seed", "0"), ("--set", "momentum=0.5"),
        ("--momentum", "0.5"), ("--no-drop-last",),
    ],
)  # fmt: skip
def test_what_the_checkpoint_fixes_cannot_be_given(
    capsys: pytest.CaptureFixture[str], kept: str, option: tuple[str, ...]
) -> None:
    err = complaint(capsys, "--resume", kept, "--epochs", "3", *option)
    assert f"{option[0]} cannot be given with --resume {kept}" in err


def test_all_that_cannot_be_given_is_named(capsys: pytest.CaptureFixture[str], kept: str) -> None:
    err = complaint(capsys, "--resume", kept, "--seed", "3", "--shape", "784,9,10")
    assert "--shape, --seed cannot" in err


def test_the_learning_rate_can_be_given(kept: str) -> None:
    assert train("--resume", kept, "--epochs", "3", "--learning-rate", "0.125", "--checkpoint", kept) == 0
    assert load_checkpoint(kept)[1].settings["learning_rate"] == 0.125
    with Library() as library:
        assert library.run(2).experiment.training.learning_rate == 0.125


def test_a_training_that_is_finished_says_so_and_is_saved(capsys: pytest.CaptureFixture[str], kept: str) -> None:
    assert train("--resume", kept, "--save", "net.npz") == 0
    out = capsys.readouterr().out
    assert "kept.npz is already finished: epoch 2 of 2; to continue, raise --epochs" in out
    assert "saved to net.npz" in out
    np.testing.assert_array_equal(load_network("net.npz").parameters, load_network(kept).parameters)


def test_one_that_goes_on_says_no_such_thing(capsys: pytest.CaptureFixture[str], kept: str) -> None:
    assert train("--resume", kept, "--epochs", "3") == 0
    out = capsys.readouterr().out
    assert "epoch 3 of 3" in out
    assert "finished" not in out


def test_one_that_early_stopping_ended_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    how = ("--learning-rate", "2.5", "--epochs", "40", "--set", "validation_share=0.2", "--set", "patience=1")
    train(*SMALL, *how, "--checkpoint", "kept.npz")
    capsys.readouterr()
    assert train("--resume", "kept.npz") == 0
    assert "kept.npz is already finished: early stopping ended it at epoch" in capsys.readouterr().out


def test_files_of_one_that_early_stopping_ended_tell_the_figures_of_their_weights(
    capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    """The network's and the checkpoint's, at once and after it was resumed, which changes nothing."""
    how = ("--learning-rate", "1", "--epochs", "40", "--set", "validation_share=0.2", "--set", "patience=2")
    assert train(*SMALL, *how, "--checkpoint", "kept.npz", "--save", "best.json") == 0
    assert train("--resume", "kept.npz", "--save", "again.json") == 0
    capsys.readouterr()
    assert few_digits.test is not None
    for file in ("best.json", "kept.npz", "again.json"):
        network = load_network(file)
        error = Evaluator(network, few_digits.test).evaluate().error
        past = Provenance.read(network)
        assert past.history is not None
        assert past.history.best is not None
        assert past.history.best.epoch == past.epochs == past.history.completed - 2
        assert past.test_error == past.history.error.test.at(past.history.best.epoch) == error
    state = load_checkpoint("kept.npz")[1]
    assert state is not None
    assert Trainer.resume(load_network("kept.npz"), few_digits, state).is_over
    with Library() as library:
        record = library.run(1)
        assert (record.test_error, record.measured) == (error, record.epochs - 2)
        assert (library.network(1).parameters == load_network("best.json").parameters).all()


def test_fewer_epochs_than_were_trained_are_refused(capsys: pytest.CaptureFixture[str], kept: str) -> None:
    assert "--epochs 1 must be at least 2" in complaint(capsys, "--resume", kept, "--epochs", "1")


# ---- files


@pytest.mark.parametrize("option", ["--checkpoint", "--resume"])
def test_the_network_is_not_saved_over_its_training(capsys: pytest.CaptureFixture[str], kept: str, option: str) -> None:
    before = Path(kept).read_bytes()
    assert f"--save ./{kept} is also the file of {option}" in complaint(capsys, option, kept, "--save", f"./{kept}")
    assert Path(kept).read_bytes() == before


@pytest.mark.parametrize("option", ["--save", "--checkpoint"])
def test_the_data_are_not_replaced_by_their_network(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    rows = "a,b,class\n" + "1,2,x\n2,1,y\n" * 10
    Path("d.csv").write_text(rows)
    Path("link.csv").symlink_to("d.csv")
    how = ("--hidden", "3", "--batch-size", "5", "--epochs", "1", "--no-record")
    assert train("--data", "d.csv", *how, "--checkpoint", "kept.npz") == 0
    monkeypatch.setattr(Trainer, "run", lambda _: pytest.fail("trained in vain"))
    for file in ("./d.csv", "link.csv"):
        assert f"{file} holds the data and would be overwritten" in complaint(
            capsys, "--data", "d.csv", *how, option, file
        )
        assert f"{file} holds the data" in complaint(capsys, "--resume", "kept.npz", "--epochs", "2", option, file)
    assert Path("d.csv").read_text() == rows


def test_the_ending_is_known_in_capitals_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(*SMALL, "--epochs", "1", "--half", "--save", "NET.NPZ") == 0
    assert load_network("NET.NPZ").shape == [784, 8, 10]
    assert "--save net.json does not" in complaint(capsys, "--half", "--save", "net.json")
    assert "there is no --save" in complaint(capsys, "--half")


@posix
@pytest.mark.parametrize("option", ["--save", "--checkpoint"])
def test_what_cannot_be_replaced_is_found_before_the_training(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(Trainer, "run", lambda _: pytest.fail("trained in vain"))
    os.mkfifo("pipe.npz")
    Path("null.npz").symlink_to(os.devnull)
    Path("nowhere.npz").symlink_to("missing/net.npz")
    assert "pipe.npz: a pipe is there" in complaint(capsys, *SMALL, option, "pipe.npz")
    assert "null.npz: a device is there" in complaint(capsys, *SMALL, option, "null.npz")
    assert "nowhere.npz: its folder does not exist" in complaint(capsys, *SMALL, option, "nowhere.npz")


@posix
def test_what_is_exported_replaces_no_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    train(*SMALL, "--epochs", "1", "--save", "net.npz")
    os.mkfifo("net.py")
    assert cli.main(["export", "net.npz", "net.py"]) == cli.USAGE_ERROR
    assert "net.py: a pipe is there" in capsys.readouterr().err


# ---- the command line


@pytest.mark.parametrize(
    "words", [("train", "--check", "kept.npz"), ("screenshot", "x.png", "--them", "dark"), ("--vers",)]
)
def test_options_are_not_abbreviated(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    assert end.value.code == cli.USAGE_ERROR
    assert next(word for word in words if word.startswith("--")) in capsys.readouterr().err


@pytest.mark.parametrize("joined", [False, True])
def test_the_file_tells_no_folders(tmp_path: Path, joined: bool) -> None:
    file, kept = str(tmp_path / "my net.npz"), str(tmp_path / "kept.npz")
    places = [f"--save={file}", f"--checkpoint={kept}"] if joined else ["--save", file, "--checkpoint", kept]
    train(*SMALL, *places, "--epochs", "1")
    reported = "python main.py train --shape 784,8,10 --batch-size 50 --save 'my net.npz' --epochs 1"
    assert load_network(file).provenance["command"] == reported


def test_a_checkpoint_tells_of_its_past_and_of_its_curves_also_after_going_on(
    press_ctrl_c: Any,
) -> None:
    press_ctrl_c(lambda event: isinstance(event, Batch) and (event.epoch, event.batch) == (3, 5))
    assert train(*SMALL, "--epochs", "4", "--checkpoint", "run.npz") == cli.INTERRUPTED
    past = load_checkpoint("run.npz")[0].provenance
    assert past["epochs"] == 2
    assert [epoch for epoch, _ in past["curves"]["test"]] == [0, 1, 2]
    assert train("--resume", "run.npz", "--checkpoint", "run.npz", "--save", "net.npz") == 0
    for network in (load_checkpoint("run.npz")[0], load_network("net.npz")):
        assert network.provenance["epochs"] == 4
        assert [epoch for epoch, _ in network.provenance["curves"]["test"]] == [0, 1, 2, 3, 4]
        assert network.provenance["curves"]["test"][-1][1] == network.provenance["test_error"]


def test_epochs_before_the_training_that_goes_on_count_too(few_digits: Dataset) -> None:
    """As the window saves a network in its second run: two epochs, then one and a half of three."""
    network = Network([784, 8, 10], ["relu", "softmax"], "cross-entropy")
    network.provenance = {"epochs": 3, "curves": {"test": [[0, 0.9], [1, 0.5], [2, 0.4], [3, 0.3]]}}
    trainer = Trainer(network, few_digits, TrainingSettings(batch_size=50, epochs=3))
    for event in trainer.run():
        if isinstance(event, Batch) and (event.epoch, event.batch) == (2, 20):
            break
    save_checkpoint(network, "run.npz", trainer.state())
    assert train("--resume", "run.npz", "--checkpoint", "run.npz", "--save", "net.json") == 0
    for kept in (load_checkpoint("run.npz")[0], load_network("net.json")):
        assert kept.provenance["epochs"] == 5
        points = kept.provenance["curves"]["test"]
        assert [epoch for epoch, _ in points] == [0, 1, 2, 3, 4, 5]
        assert points[:4] == [[0, 0.9], [1, 0.5], [2, 0.4], [3, 0.3]]


def test_a_divergence_in_a_second_training_counts_the_epochs_of_both(
    capsys: pytest.CaptureFixture[str], few_digits: Dataset
) -> None:
    assert train(*SMALL, "--epochs", "2", "--save", "net.json") == 0
    network = load_network("net.json")
    again = Trainer(network, few_digits, TrainingSettings(epochs=3, learning_rate=1e30, batch_size=50))
    save_checkpoint(network, "again.npz", again.state())
    capsys.readouterr()
    assert train("--resume", "again.npz") == 1
    assert "no longer finite at epoch 3 (epoch 1 of this run), batch" in capsys.readouterr().err
