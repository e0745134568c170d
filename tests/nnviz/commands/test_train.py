"""``train`` beyond its plain use: presets, any setting, checkpoints and resumption, what is saved; and ``export``."""

from __future__ import annotations

import json
import runpy
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tqdm import tqdm

from engine.basics.cli_option_names import option_of_setting, setting_words
from engine.basics.errors import SettingError
from engine.datasets import DATASETS, Dataset, DataSource
from engine.experiment import DECLARED, Experiment
from engine.presets import Preset, preset_named, presets
from engine.provenance import Provenance
from engine.storage import load_network
from engine.training.metrics import Evaluator
from engine.training.setting import CLASSES
from engine.training.settings import TRAINING_SETTINGS
from engine.training.trainer import Trainer
from nnviz.commands import cli
from nnviz.commands.options import parser
from nnviz.commands.train_options import described_experiment
from tests.engine.experiments import experiments
from tests.engine.helpers import refused, restored_later

pytestmark = pytest.mark.usefixtures("small_data")

ROOT = Path(__file__).parents[3]
SMALL = ("--shape", "784,8,10", "--batch-size", "50")


def train(*arguments: str) -> int:
    return cli.main(["train", *arguments])


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert train(*arguments) == cli.USAGE_ERROR
    return capsys.readouterr().err


def test_a_preset_sets_network_and_training(tmp_path: Path) -> None:
    train("--preset", "ancestor 2015", "--epochs", "1", "--save", str(tmp_path / "net.json"))
    network = load_network(tmp_path / "net.json")
    assert network.shape == [784, 50, 30, 10]
    assert network.activations == ["sigmoid"] * 3
    assert network.loss == "quadratic"


def test_options_go_before_the_preset(tmp_path: Path) -> None:
    options = ("--shape", "784,7,10", "--activation", "tanh", "--learning-rate", "0.01", "--epochs", "1")
    train("--preset", "Modern", *options, "--save", str(tmp_path / "net.json"))
    network = load_network(tmp_path / "net.json")
    assert network.shape == [784, 7, 10]
    assert network.activations == ["tanh", "softmax"]
    made_with = Provenance.read(network).experiment
    assert made_with is not None
    assert made_with.training.learning_rate == 0.01


def described(*words: str) -> Experiment:
    """What those words after ``train`` ask for."""
    return described_experiment(parser().parse_args(["train", *words]))


def test_any_setting_can_be_set() -> None:
    experiment = described(
        *SMALL, "--optimizer", "momentum", "--set", "momentum=0.8", "--set", "clip-norm=2", "--set", "schedule=cosine",
        "--set", "dropout=[0.1, 0.5]", "--set", 'augmentation={"shift": 2}', "--set", "rotation=5",
        "--set", "loss=quadratic", "--set", "output=tanh", "--set", "initializer=lecun", "--set", "weight_scale=0.5",
    )  # fmt: skip
    training = experiment.training
    assert (training.momentum, training.clip_norm, training.schedule) == (0.8, 2, "cosine")
    assert training.dropout == (0.1, 0.5)
    assert (training.augmentation.shift, training.augmentation.rotation) == (2, 5)
    assert experiment.activations == ("relu", "tanh")
    assert (experiment.loss, experiment.initializer, experiment.weight_scale) == ("quadratic", "lecun", 0.5)


NAMES = {"output": "sigmoid", "loss": "quadratic", "initializer": "lecun", "optimizer": "adam", "schedule": "cosine"}


def another_value(name: str) -> Any:
    """A value of a setting that is not its default."""
    default = described().value(name)
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return NAMES[name]
    return default + 1 if isinstance(default, int) else default / 2 or 0.25


@pytest.mark.parametrize(
    ("command", "name"), [*(("train", name) for name in DECLARED), *(("sweep", name) for name in NAMES)]
)
def test_the_option_of_a_setting_equals_its_assignment(name: str, command: str) -> None:
    value = another_value(name)
    typed = value if isinstance(value, str) else json.dumps(value)
    option, short = setting_words(name, value), option_of_setting(name).removeprefix("--")
    by_option = described_experiment(parser().parse_args([command, *option]))
    assert by_option.value(name) == value
    for assigned in (name, short):
        by_assignment = described_experiment(parser().parse_args([command, "--set", f"{assigned}={typed}"]))
        assert by_option == by_assignment


def test_what_does_not_exist_for_the_data_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only = replace(DECLARED["dropout"], exists_for=CLASSES)
    for table in (TRAINING_SETTINGS, DECLARED):
        monkeypatch.setitem(table, "dropout", only)
    words = ("--data", "sine", "--epochs", "1", "--dropout")
    assert "dropout is 0.1: it must be 0 for data without classes" in complaint(capsys, *words, "0.1")
    assert train(*words, "0") == 0


def test_of_a_setting_that_is_given_twice_the_last_one_counts() -> None:
    one, other = ("--momentum", "0.5"), ("--set", "momentum=0.7")
    assert described(*one, *other).training.momentum == 0.7
    assert described(*other, *one).training.momentum == 0.5
    assert described("--drop-last", "--no-drop-last").training.drop_last is False


def test_dropout_of_each_layer_is_a_list() -> None:
    assert described("--dropout", "0.1,0.2,0.3").training.dropout == (0.1, 0.2, 0.3)
    assert described("--shape", "784,10", "--dropout", "0.1,").training.dropout == (0.1,)


def test_what_is_usual() -> None:
    assert described() == Experiment().changed(epochs=10)
    assert described("--preset", "Modern") == preset_named("Modern").experiment


def test_the_words_of_0_3_mean_the_same() -> None:
    assert described("--set", "held_out=0.1").training.validation_share == 0.1


def test_each_layer_may_have_an_activation_of_its_own() -> None:
    assert described("--activation", "tanh, relu").activations == ("tanh", "relu", "softmax")
    assert described("--shape", "784,5,6,7,10", "--activation", "tanh").activations == ("tanh",) * 3 + ("softmax",)
    assert described("--shape", "784,10", "--activation", "tanh").activations == ("softmax",)
    with refused(SettingError, "--activation", "tanh,relu"):
        described("--shape", "784,5,10", "--activation", "tanh,relu")


# ---- the command that repeats an experiment


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_the_command_of_a_preset_describes_it(preset: Preset) -> None:
    assert described(*preset.experiment.command()[1:]) == preset.experiment


@given(made=experiments())
@settings(max_examples=25, derandomize=True)
def test_the_command_of_any_experiment_describes_it(made: Experiment) -> None:
    first, *words = shlex.split(shlex.join(made.command()))
    assert first == "train"
    assert described(*words) == made


def test_the_command_names_what_differs() -> None:
    assert Experiment().command() == ["train", "--epochs", "20"]
    other = Experiment().changed(hidden=(30,), activations=("tanh", "softmax"), seed=4, noise=0.1)
    assert shlex.join(other.command()) == (
        "train --shape 784,30,10 --activation tanh --epochs 20 --seed 4 --image-noise 0.1"
    )


def test_what_is_saved_knows_its_experiment(tmp_path: Path, few_digits: Dataset) -> None:
    """And trained again by its command, it is the same network."""
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    train(*SMALL, "--epochs", "2", "--optimizer", "adam", "--learning-rate", "0.003", "--save", str(first))
    past = Provenance.read(load_network(first))
    assert past.experiment is not None
    assert past.experiment.fingerprint == few_digits.fingerprint
    assert past.history is not None
    assert past.history.error.test.epochs == [0, 1, 2]
    assert cli.main([*past.experiment.command(), "--save", str(second)]) == 0
    np.testing.assert_array_equal(load_network(first).parameters, load_network(second).parameters)
    network = Experiment.from_dict(past.experiment.as_dict()).build()
    for event in past.experiment.trainer(few_digits, network).run():
        assert event is not None
    np.testing.assert_array_equal(load_network(first).parameters, network.parameters)


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("--preset", "Mordern"), "“Modern”"),
        (("--optimizer", "adem"), "adam"),
        (("--momentum", "2"), "momentum is 2"),
        (("--loss", "quadratc"), "quadratic"),
        (("--set", "momentum"), "NAME=VALUE"),
        (("--set", "momentun=0.9"), "momentum"),
        (("--set", "momentum=2"), "momentum is 2"),
        (("--set", "training={}"), "training"),
        (("--set", "shift=9999"), "shift"),
        (("--set", "shape=[784, 10]"), "--shape"),
        (("--set", "hidden=64"), "hidden"),
        (("--set", "activations=relu"), "activations"),
        (("--activation", "softmax"), "softmax"),
        (("--data", "MINST"), "mnist"),
        (("--half", "--save", "net.json"), ".npz"),
        (("--resume", "missing.npz"), "missing.npz"),
    ],
)
def test_a_wrong_choice_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reported: str
) -> None:
    err = complaint(capsys, *arguments)
    assert reported in err
    assert "Traceback" not in err


def test_the_file_tells_the_command_that_makes_it_again(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.npz"), str(tmp_path / "second.npz")
    kept = str(tmp_path / "kept.npz")
    train(*SMALL, "--epochs", "2", "--title", "a try", "--checkpoint", kept, "--save", first)
    known = load_network(first).provenance
    assert known["title"] == "a try"
    assert "kept" not in known["command"]
    words = known["command"].removeprefix("python main.py ").replace("first.npz", second)
    assert cli.main(shlex.split(words)) == 0
    np.testing.assert_array_equal(load_network(first).parameters, load_network(second).parameters)


def test_a_pipe_gets_no_progress_bar(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    train(*SMALL, "--epochs", "2", "--save", str(tmp_path / "net.json"))
    out, err = capsys.readouterr()
    assert "\r" not in out + err
    assert "batches" not in err
    assert "epoch 2 of 2" in out


@pytest.mark.parametrize("words", [("--hidden", "none"), ("--hidden", ""), ("--set", "hidden=none")])
def test_no_hidden_layers_are_written_as_in_lessons(tmp_path: Path, words: tuple[str, str]) -> None:
    file = tmp_path / "net.json"
    train("--epochs", "1", *words, "--save", str(file))
    assert load_network(file).shape == [784, 10]


@pytest.mark.parametrize("words", [("--dropout", "0,0.2,0.3"), ("--set", "dropout=0,0.2,0.3")])
def test_a_list_is_typed_with_commas(tmp_path: Path, words: tuple[str, str]) -> None:
    file = tmp_path / "net.json"
    train("--epochs", "1", "--hidden", "8,8", *words, "--save", str(file))
    assert load_network(file).provenance["experiment"]["training"]["dropout"] == [0, 0.2, 0.3]


def test_without_figures_on_the_way_there_are_some_at_the_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    train(*SMALL, "--epochs", "2", "--set", "evaluate=false", "--save", str(tmp_path / "net.json"))
    _, first, second, last, _ = capsys.readouterr().out.splitlines()
    assert (first, second) == ("epoch 1 of 2", "epoch 2 of 2")
    shown = f"{100 * load_network(tmp_path / 'net.json').provenance['test_error']:.2f} %"
    assert last.startswith("epoch 2 of 2   train error")
    assert last.endswith(shown)


def test_half_precision_is_half_the_size_and_nearly_the_same(tmp_path: Path) -> None:
    whole, half = tmp_path / "whole.npz", tmp_path / "half.npz"
    train(*SMALL, "--epochs", "1", "--save", str(whole))
    train(*SMALL, "--epochs", "1", "--save", str(half), "--half")
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    difference = load_network(whole).parameters - load_network(half).parameters
    assert 0 < np.abs(difference).max() < 1e-3


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    kept, resumed, unbroken = (str(tmp_path / name) for name in ("kept.npz", "resumed.npz", "unbroken.npz"))
    how = (*SMALL, "--optimizer", "adam", "--learning-rate", "0.01", "--dropout", "0.2")
    train(*how, "--epochs", "2", "--checkpoint", kept)
    train("--resume", kept, "--epochs", "4", "--save", resumed)
    train(*how, "--epochs", "4", "--save", unbroken)
    np.testing.assert_array_equal(load_network(resumed).parameters, load_network(unbroken).parameters)


def test_early_stopping_says_which_weights_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    train(*SMALL, "--epochs", "3", "--set", "validation_share=0.2", "--set", "patience=3")
    assert "best validation result at epoch" in capsys.readouterr().out


# ---- export


@pytest.fixture(scope="module")
def trained(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nets") / "trained.npz"
    with pytest.MonkeyPatch.context() as patch:
        restored_later(patch, DATASETS)
        DATASETS.register("mnist")(DataSource("MNIST", lambda: few_digits))
        patch.setattr(tqdm, "monitor_interval", 0)
        assert train(*SMALL, "--epochs", "1", "--save", str(path)) == 0
    return path


def test_export_of_a_script(trained: Path, tmp_path: Path) -> None:
    script = tmp_path / "net.py"
    assert cli.main(["export", str(trained), str(script)]) == 0
    rows = np.random.default_rng(1).random((3, 784), np.float32)
    answers = runpy.run_path(str(script))["predict"](rows)
    np.testing.assert_allclose(answers, load_network(trained).predict(rows), rtol=1e-4, atol=1e-6)


def test_export_to_onnx(trained: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    assert cli.main(["export", str(trained), str(tmp_path / "net.onnx")]) == 0
    assert (tmp_path / "net.onnx").stat().st_size > 784 * 8 * 4


def test_export_to_something_else_is_refused(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", str(trained), str(tmp_path / "net.h5")]) == cli.USAGE_ERROR
    assert ".onnx or .py" in capsys.readouterr().err


def test_saving_under_the_ending_of_an_export_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which says that it cannot be opened again, and whoever tries is sent to what can."""
    script = tmp_path / "net.py"
    assert train(*SMALL, "--epochs", "1", "--save", str(script)) == 0
    assert f"exported to {script}, which cannot be opened again\n" in capsys.readouterr().out
    assert runpy.run_path(str(script))["predict"](np.zeros((2, 784))).shape == (2, 10)
    for words in (["predict", script, "rows.csv"], ["train", "--resume", script], [script], ["export", script, "x.py"]):
        assert cli.main([*map(str, words)]) == cli.USAGE_ERROR
        assert "net.py: an export (Python script), which cannot be opened again. Open" in capsys.readouterr().err


def test_what_an_export_needs_is_checked_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(Trainer, "run", lambda *_: pytest.fail("it trained"))
    assert "this package is not installed" in complaint(capsys, *SMALL, "--save", str(tmp_path / "net.onnx"))
    assert not list(tmp_path.iterdir())


def test_the_file_has_the_figures_of_the_weights_that_are_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, few_digits: Dataset
) -> None:
    file = tmp_path / "net.npz"
    train(
        *SMALL,
        "--epochs",
        "8",
        "--learning-rate",
        "2.5",
        "--set",
        "validation_share=0.2",
        "--set",
        "patience=4",
        "--save",
        str(file),
    )
    assert few_digits.test is not None
    network = load_network(file)
    assert network.provenance["test_error"] == Evaluator(network, few_digits.test).evaluate().error
    past = Provenance.read(network)
    assert past.history is not None
    assert past.validation_error == past.history.error.validation.at(network.provenance["epochs"])
    assert past.history.completed >= network.provenance["epochs"]
    assert f"at epoch {network.provenance['epochs']}:" in capsys.readouterr().out


def test_a_finished_training_resumed_still_saves_its_figures(tmp_path: Path) -> None:
    kept, file = str(tmp_path / "kept.npz"), str(tmp_path / "net.npz")
    train(*SMALL, "--epochs", "1", "--checkpoint", kept)
    train("--resume", kept, "--save", file)
    assert "test_error" in load_network(file).provenance
