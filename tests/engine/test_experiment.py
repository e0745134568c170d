"""What makes a run what it is: checked when made, what follows from what, to files and back, and the run itself."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from engine.basics.errors import DataError, SettingError
from engine.datasets import Dataset, Split, load_data
from engine.experiment import MILD, Experiment, train_on
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, Epoch, Event
from engine.training.history import History
from engine.training.settings import TrainingSettings
from tests.engine.experiments import experiments
from tests.engine.helpers import bits, class_data, refused

# As 0.3 kept it for its next start.
OF_0_3: dict[str, Any] = {
    "inputs": 784,
    "outputs": 10,
    "layers": [{"neurons": 30, "activation": "tanh"}, {"neurons": 20, "activation": "relu"}],
    "output": "sigmoid",
    "loss": "quadratic",
    "initializer": "lecun",
    "weight_scale": 0.5,
    "training": {"batch_size": 50, "learning_rate": 0.1, "held_out": 0.2, "dropout": [0.1, 0.2, 0.3], "seed": 7},
    "strengths": {"shift": 2.0, "rotation": 5.0},
}


def small(data: Dataset, **changes: Any) -> Experiment:
    """One that learns those data in no time."""
    return Experiment().for_data(data).changed(**{"hidden": (6,), "batch_size": 10, "epochs": 3, **changes})


def test_what_is_usual() -> None:
    default = Experiment()
    assert default.shape == (784, 64, 32, 10)
    assert default.activations == ("relu", "relu", "softmax")
    assert (default.inputs, default.hidden, default.outputs, default.output) == (784, (64, 32), 10, "softmax")
    assert (default.training.learning_rate, default.training.epochs, default.seed) == (0.2, 20, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": (0,)},
        {"hidden": 64},
        {"hidden": ["64"]},
        {"shape": (784,)},
        {"shape": "784"},
        {"activations": ("relu", "magic", "softmax")},
        {"activations": ("relu", "softmax")},
        {"activations": "relu"},
        {"activations": [["relu"], "relu", "softmax"]},
        {"output": "relu"},  # behind which cross-entropy makes no sense
        {"loss": "magic"},
        {"initializer": None},
        {"weight_scale": 0},
        {"inputs": 0},
        {"outputs": 2.5},
        {"data": 3},
        {"fingerprint": None},
        {"learning_rate": float("nan")},
        {"learning_rate": -1},
        {"batch_size": 2.5},
        {"epochs": -1},
        {"seed": -1},
        {"seed": None},
        {"dropout": (0.1, 0.2)},
        {"shift": -1},
        {"training": {"epochs": 3}},
        {"training": {"epochs": 3}, "epochs": 3},
        {"augmentation": "strong", "shift": 1},
        {"layers": (64,)},
        {"magic": 1},
    ],
)
def test_what_breaks_its_rule_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        Experiment().changed(**changes)


def test_numbers_are_plain() -> None:
    made = Experiment().changed(batch_size=50.0, epochs=3.0, seed=7.0, hidden=[np.int64(5)], weight_scale=2)
    assert all(type(made.value(name)) is int for name in ("batch_size", "epochs", "seed"))
    assert (made.shape, type(made.hidden[0]), type(made.weight_scale)) == ((784, 5, 10), int, float)
    assert hash(made) == hash(made.changed(batch_size=50))


# ---- the same with something else


def test_every_setting_has_a_name_to_read_and_to_change_it() -> None:
    made = Experiment()
    of_all = (*fields(Experiment), *fields(TrainingSettings), *fields(Augmentation))
    names = [each.name for each in of_all]
    assert len(names) == len(set(names)), "a name means one thing"
    for name in (*names, "inputs", "hidden", "outputs", "output"):
        assert made.changed(**{name: made.value(name)}) == made
    assert made.changed(momentum=0.5, rotation=3).value("momentum") == 0.5
    assert made.changed(momentum=0.5, rotation=3).training.augmentation == Augmentation(rotation=3)
    with refused(SettingError, "settings", "'magic'"):
        made.value("magic")


def test_layers_that_stay_keep_their_activation() -> None:
    made = Experiment().changed(hidden=(5, 6), activations=("sigmoid", "relu", "softmax"))
    for same in (made.with_shape((784, 9, 10)), made.changed(hidden=(9,)), made.changed(shape=[784, 9, 10])):
        assert (same.shape, same.activations) == ((784, 9, 10), ("sigmoid", "softmax"))
    assert made.changed(hidden=(1, 2, 3)).activations == ("sigmoid", "relu", "relu", "softmax")
    none = made.changed(hidden=())
    assert (none.shape, none.activations) == ((784, 10), ("softmax",))
    assert none.changed(hidden=(4,)).activations == ("relu", "softmax")
    assert made.changed(hidden=(3,), output="sigmoid", inputs=4, outputs=2).shape == (4, 3, 2)
    with pytest.raises(SettingError, match="784 inputs"):
        made.with_shape((700, 9, 10))


def test_dropout_of_single_layers_follows_them() -> None:
    made = Experiment().changed(dropout=(0.1, 0.2, 0.3))
    assert made.changed(hidden=(5,)).training.dropout == (0.1, 0.2)
    assert made.changed(hidden=(5, 5, 5, 5)).training.dropout == (0.1, 0.2, 0.3, 0.3, 0.3)
    assert made.changed(hidden=(5,), dropout=0.5).training.dropout == 0.5
    assert Experiment().changed(hidden=(5,), training=TrainingSettings(dropout=(0.1, 0.2))).value("dropout") == (
        0.1,
        0.2,
    )


def test_another_optimizer_is_as_bold_as_the_one_before() -> None:
    made = Experiment().changed(weight_decay=0.001)
    other = made.with_optimizer("adam")
    assert other.training.learning_rate < made.training.learning_rate / 10
    assert other.training.weight_decay > made.training.weight_decay * 10
    assert other.with_optimizer("sgd") == made


def test_output_and_loss_follow_each_other() -> None:
    linear = Experiment().with_output("identity")
    assert (linear.output, linear.loss) == ("identity", "quadratic")
    assert linear.with_loss("cross-entropy").output in ("softmax", "sigmoid")
    assert Experiment().with_output("sigmoid").loss == "cross-entropy"


def test_pictures_are_distorted_as_wanted() -> None:
    strong = Augmentation(shift=5)
    assert Experiment().with_augmentation(True, strong).training.augmentation == strong
    assert Experiment().with_augmentation(True, Augmentation()).training.augmentation == MILD
    assert Experiment().with_augmentation(True, strong).with_augmentation(False, strong) == Experiment()


def test_it_follows_the_data() -> None:
    data = class_data()
    made = Experiment().changed(hidden=(7,)).for_data(data, "clouds")
    assert made.shape == (data.width, 7, data.outputs)
    assert (made.data, made.fingerprint) == ("clouds", data.fingerprint)
    assert made.for_data(data) == made


# ---- beside another one


def test_the_seed_makes_the_network() -> None:
    one, same, other = (Experiment().changed(seed=seed).build() for seed in (3, 3, 4))
    assert bits(one) == bits(same) != bits(other)


def test_what_makes_another_network() -> None:
    default = Experiment()
    assert default.same_network(default.changed(learning_rate=1, batch_size=7, epochs=1, fingerprint="abc", data="x"))
    others: list[dict[str, Any]] = [
        {"seed": 2},
        {"hidden": (64,)},
        {"activations": ("sigmoid", "relu", "softmax")},
        {"inputs": 4},
        {"initializer": "lecun"},
        {"weight_scale": 2},
        {"loss": "quadratic"},
    ]
    for changes in others:
        other = default.changed(**changes, learning_rate=0.1)
        assert not default.same_network(other), changes


def test_the_difference_names_each_setting() -> None:
    default = Experiment()
    assert default.difference(default) == {}
    other = default.changed(learning_rate=0.1, hidden=(64, 16), rotation=3, loss="quadratic")
    assert default.difference(other) == {
        "shape": ((784, 64, 32, 10), (784, 64, 16, 10)),
        "loss": ("cross-entropy", "quadratic"),
        "learning_rate": (0.2, 0.1),
        "rotation": (0.0, 3.0),
    }


def test_a_fingerprint_differs_only_where_both_are_known() -> None:
    one, other = replace(Experiment(), fingerprint="aa"), replace(Experiment(), fingerprint="bb")
    assert one.difference(other) == {"fingerprint": ("aa", "bb")}
    assert one.difference(Experiment()) == Experiment().difference(one) == {}


# ---- to files and back


@given(made=experiments())
@settings(max_examples=40, derandomize=True)
def test_it_comes_back_as_it_was(made: Experiment) -> None:
    as_json = made.as_dict()
    assert json.loads(json.dumps(as_json, allow_nan=False)) == as_json
    assert Experiment.from_dict(as_json) == made
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def test_what_is_missing_is_as_it_usually_is() -> None:
    assert Experiment.from_dict({}) == Experiment()


def test_what_0_3_wrote_is_read() -> None:
    made = Experiment.from_dict(OF_0_3)
    assert made.shape == (784, 30, 20, 10)
    assert made.activations == ("tanh", "relu", "sigmoid")
    assert (made.loss, made.initializer, made.weight_scale, made.seed) == ("quadratic", "lecun", 0.5, 7)
    assert (made.training.validation_share, made.training.dropout) == (0.2, (0.1, 0.2, 0.3))
    assert not made.training.augmentation.is_active
    assert Experiment.from_dict({"layers": []}).activations == ("softmax",)
    assert Experiment.from_dict({"output": "sigmoid"}).activations == ("relu", "relu", "sigmoid")
    assert "layers" in OF_0_3, "the document stays as it was"


@pytest.mark.parametrize(
    ("data", "settings", "meant"),
    [
        ("penguins", {}, {"missing": "drop"}),
        ("penguins", {"missing": "median"}, {"missing": "median"}),
        ("penguins", {"missing": "fill", "seed": 3}, {"seed": 3}),
        ("flats.csv", {}, {"missing": "drop"}),
        ("flats", {"target": "rent"}, {"target": "rent", "missing": "drop"}),
        ("mnist", {}, {}),
        ("spirals", {"points": 60}, {"points": 60}),
        ("pictures", {"side": 14}, {"side": 14}),
        ("rows.npz", {"test_share": 0.3}, {"test_share": 0.3}),
        ("train-images.idx3-ubyte.gz", {}, {}),
    ],
)
def test_files_of_tables_say_what_is_done_about_gaps_or_are_old_and_left_such_rows_out(
    data: str, settings: dict[str, Any], meant: dict[str, Any]
) -> None:
    made = Experiment.from_dict({"data": data, "data_settings": settings})
    assert made.data_settings == meant
    written = made.as_dict()["data_settings"]
    assert Experiment.from_dict({"data": data, "data_settings": written}) == made
    fresh = Experiment(data=data, data_settings={name: each for name, each in meant.items() if name != "missing"})
    assert Experiment.from_dict(fresh.as_dict()) == fresh


@pytest.mark.parametrize(
    ("data", "inputs", "meant"),
    [("t.xyz", 3, {"missing": "drop"}), ("t", 3, {"missing": "drop"}), ("shapes.data", 784, {}), ("shapes", 784, {})],
)
def test_what_older_files_of_data_mean_needs_no_look_at_them(
    data: str, inputs: int, meant: dict[str, Any], tmp_path: Path
) -> None:
    for is_there in (False, True):
        if is_there:
            (tmp_path / data).write_text("a,b\n1,2\n")
        older = {"data": str(tmp_path / data), "shape": [inputs, 2], "activations": ["softmax"]}
        assert Experiment.from_dict(older).data_settings == meant
        fresh = Experiment.from_dict(older).changed(data_settings={})
        assert Experiment.from_dict(fresh.as_dict()) == fresh
        assert ("missing" in fresh.as_dict()["data_settings"]) == bool(meant), "older versions can load folders"


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        "experiment",
        {"shape": 3},
        {"shape": [784, "x", 10]},
        {"activations": None},
        {"training": 3},
        {"training": {"epochs": "many"}},
        {"training": {"augmentation": {"shift": "far"}}},
        {"loss": ["quadratic"]},
        {"magic": 1},
        {"layers": 3},
        {"layers": [3]},
        {"layers": [{}]},
        {"layers": [{"neurons": None}]},
        {"layers": {"neurons": 3}},
        {"inputs": "many"},
        {"output": 3},
    ],
)
def test_a_damaged_document_is_refused_in_words(entries: Any) -> None:
    with pytest.raises(SettingError):
        Experiment.from_dict(entries)


# ---- with its data


def test_what_does_not_go_with_the_data_is_found_without_building_it() -> None:
    data = class_data(examples=50)
    huge = small(data, hidden=(10**9,))
    huge.check_against(data)
    with refused(SettingError, "batch_size", "51"):
        huge.changed(batch_size=51).check_against(data)
    with refused(SettingError, "batch_size", "46"):
        huge.changed(batch_size=46, validation_share=0.1).check_against(data)
    with refused(SettingError, "patience", "3"):
        huge.changed(patience=3).check_against(data)
    huge.changed(patience=3, validation_share=0.1).check_against(data)
    huge.changed(patience=3).check_against(data.with_validation(0.1))
    with pytest.raises(SettingError):
        huge.changed(shift=1).check_against(data)  # rows are no pictures
    with pytest.raises(DataError):
        Experiment().trainer(data)


# ---- the run


def test_the_same_experiment_gives_the_same_run_to_the_bit() -> None:
    data = class_data()
    made = small(data, optimizer="adam", learning_rate=0.01, dropout=0.2, seed=5)
    reported: list[list[Event]] = []
    networks = []
    for each in (made, Experiment.from_dict(json.loads(json.dumps(made.as_dict())))):
        run, events = each.run(data), []
        while True:
            try:
                events.append(next(run))
            except StopIteration as end:
                networks.append(end.value)
                break
        reported.append(events)
    assert bits(networks[0]) == bits(networks[1])
    losses = [[event.loss for event in events if isinstance(event, Batch)] for events in reported]
    assert losses[0] == losses[1]
    assert not np.array_equal(networks[0].parameters, made.build().parameters)


def test_a_run_fills_a_history() -> None:
    data, history = class_data(), History()
    events = list(small(data).run(data, history))
    assert history.completed == 3
    assert history.error.train.epochs == [0, 1, 2, 3]
    last = [event for event in events if isinstance(event, Epoch)][-1]
    assert last.train is not None
    assert history.figures(3)["train_error"] == last.train.error


def test_the_loop_hands_over_each_event_before_the_caller_sees_it_and_may_be_left() -> None:
    data = class_data()
    trainer = small(data).trainer(data)
    taken: list[Event] = []
    for event in train_on(trainer, taken.append):
        assert taken[-1] is event
        if trainer.batch == 2:
            break
    assert (trainer.epoch, trainer.batch) == (1, 2)


def test_a_network_of_ones_own_is_trained_where_it_is_given() -> None:
    data = class_data()
    made = small(data)
    network = made.changed(seed=9).build()
    for _ in train_on(made.trainer(data, network), lambda _: None):
        pass
    assert bits(network) != bits(made.changed(seed=9).build())


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_probabilities_cannot_predict_any_numbers(output: str) -> None:
    data = load_data("sine", {"points": 20})
    made = Experiment().for_data(data, "sine", {"points": 20})
    with refused(SettingError, "output", output):
        made.changed(output=output, loss="quadratic").check_task(data)
    with refused(SettingError, "loss", "cross-entropy"):
        made.changed(output=output).check_task(data)
    made.for_task(data).check_task(data)
    inputs, shares = np.zeros((3, 2), np.float32), np.full((3, 2), 0.5, np.float32)
    made.changed(output=output).check_task(Dataset("shares", Split(inputs, shares)))
