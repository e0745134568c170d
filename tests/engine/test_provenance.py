"""What a file tells of a network's past: read from whatever stands there, written in one way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.assets_folder import ASSETS
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_network, save_network
from engine.training.events import BestRestored, Epoch
from engine.training.history import History
from engine.training.metrics import Evaluation

SMALL = Experiment(shape=(4, 3, 2), activations=("tanh", "softmax")).changed(seed=5)
# As 0.3 wrote it.
OF_0_3: dict[str, Any] = {
    "title": "Mine",
    "data": "MNIST handwritten digits",
    "epochs": 3,
    "seed": 7,
    "batch_size": 50,
    "learning_rate": 0.7,
    "train_error": 0.1,
    "test_error": 0.2,
    "held_out_error": 0.3,
    "command": "python main.py train",
    "curves": {"test": [[0, 0.9], [3, 0.2]], "held_out": [[3, 0.3]]},
}


def with_past(past: Any) -> Network:
    network = SMALL.build()
    network.provenance = past
    return network


def whole() -> Provenance:
    history = History.from_dict({"test": [[0, 0.9], [3, 0.2]], "changes": [[1.5, "learning rate 0.1"]]})
    return Provenance(
        *("Mine", "digits", 3, 5, 0.1, 0.2, 0.3), "python main.py train", SMALL, history, {"author": "me"}
    )


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_it_comes_back_from_a_file_as_it_was(tmp_path: Path, ending: str) -> None:
    network = SMALL.build()
    whole().write(network)
    save_network(network, tmp_path / f"net.{ending}")
    again = load_network(tmp_path / f"net.{ending}")
    assert again.provenance == network.provenance
    assert Provenance.read(again) == whole()


def test_what_is_not_known_is_not_written() -> None:
    network = with_past({"epochs": 3})
    Provenance().write(network)
    assert network.provenance == {}
    Provenance(epochs=0, history=History()).write(network)
    assert network.provenance == {"epochs": 0}


def test_of_no_past_there_is_a_history_to_go_on_with() -> None:
    past = Provenance.read(SMALL.build())
    assert past == Provenance(history=History())
    assert Provenance.read(SMALL.build(), epochs_done=4).epochs == 4
    unreported = Provenance.read(with_past({"epochs": 150})).history
    assert unreported is not None
    assert unreported.completed == 150


def test_what_0_3_wrote_is_read_and_what_is_written_0_3_reads() -> None:
    past = Provenance.read(with_past(OF_0_3), epochs_done=1)
    assert (past.title, past.epochs, past.seed, past.validation_error) == ("Mine", 3, 7, 0.3)
    assert past.experiment is None
    assert past.history is not None
    assert past.history.error.validation.values == [0.3]
    again = past.as_dict()
    for key in ("title", "data", "epochs", "seed", "train_error", "test_error", "command", "batch_size"):
        assert again[key] == OF_0_3[key]
    assert again["curves"]["test"] == OF_0_3["curves"]["test"]


def test_what_others_wrote_is_kept_and_what_the_experiment_tells_is_not_reported_twice() -> None:
    past = Provenance.read(with_past({**OF_0_3, "author": {"name": "me"}}))
    assert past.as_dict()["author"] == {"name": "me"}
    known = replace(past, experiment=SMALL, seed=None).as_dict()
    assert "batch_size" not in known
    assert known["seed"] == SMALL.seed


def test_an_experiment_of_a_later_version_is_not_understood_but_kept() -> None:
    later = {**SMALL.as_dict(), "teacher": "another network"}
    past = Provenance.read(with_past({"experiment": later}))
    assert past.experiment is None
    assert past.as_dict()["experiment"] == later
    assert replace(past, experiment=SMALL).as_dict()["experiment"] == SMALL.as_dict()


def test_an_experiment_of_another_network_is_not_believed() -> None:
    for other in (SMALL.changed(hidden=(5,)), SMALL.changed(activations=("relu", "softmax"))):
        assert Provenance.read(with_past({"experiment": other.as_dict()})).experiment is None


@pytest.mark.parametrize("past", [None, 3, [], "mine", {3: 4}, {"curves": 3, "experiment": 3}])
def test_whatever_stands_there_is_read(past: Any) -> None:
    Provenance.read(with_past(past))


def test_a_part_of_an_epoch_is_kept_beside_the_whole_ones() -> None:
    """Readers of whole epochs go on reading them."""
    entries = Provenance(epochs=3.25).as_dict()
    assert (entries["epochs"], entries["part_of_epoch"]) == (3, 0.25)
    assert Provenance.from_dict(entries).epochs == 3.25
    assert "part_of_epoch" not in Provenance(epochs=3).as_dict()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("title", [3, None, ["x"]]),
        ("epochs", [-1, 2.5, "3", True, None, 10**9]),
        ("seed", [-1, 2.5, "3", True, None]),
        ("train_error", [-0.1, 1.1, "0.5", True, None, float("nan"), 10**400]),
        ("test_error", [[0.5]]),
    ],
)
def test_what_is_odd_is_left_out(key: str, values: list[Any]) -> None:
    for value in values:
        assert Provenance.read(with_past({key: value})) == Provenance(history=History()), value


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([*whole().as_dict(), "held_out_error", "batch_size", "learning_rate"]) | st.text()


@given(past=st.dictionaries(keys, anything, max_size=6))
@settings(max_examples=60, derandomize=True)
def test_it_may_come_from_anybodys_file(past: dict[str, Any]) -> None:
    network = with_past(past)
    reported = Provenance.read(network)
    reported.experiment_of(network, Experiment())
    reported.write(network)
    assert Provenance.read(network).as_dict().keys() == reported.as_dict().keys()


# ---- as training goes on


def figures(error: float | None) -> Evaluation:
    return Evaluation(0.5, error, None)


def test_after_an_epoch_it_tells_what_was_measured() -> None:
    past = whole().after(Epoch(2, figures(0.01), None, 1.0, figures(0.03)), before=3)
    assert (past.epochs, past.train_error, past.test_error, past.validation_error) == (5, 0.01, None, 0.03)
    assert past.command == "", "it led to the network as it was"
    assert (past.title, past.experiment, past.other) == ("Mine", SMALL, {"author": "me"})
    assert whole().after(Epoch(1, figures(None), None, 1.0)).train_error is None


def test_before_the_first_step_nothing_has_changed() -> None:
    assert whole().after(Epoch(0, figures(0.5), None, 0.0), before=4) == whole()


def test_after_early_stopping_it_tells_of_the_epoch_that_was_best() -> None:
    history = History()
    past = Provenance(history=history)
    events = [Epoch(n, figures(0.1 * n), figures(0.2 * n), 1.0, figures(0.3)) for n in (1, 2)]
    for event in (*events, BestRestored(1, figures(0.3), True)):
        history.take_event(event, before=4)
        past = past.after(event, before=4)
    assert (past.epochs, past.train_error, past.test_error) == (5, 0.1, 0.2)
    assert history.completed == 6
    network = SMALL.build()
    past.write(network)
    again = Provenance.read(network)
    assert again.epochs == 5
    assert again.history is not None
    assert again.history.completed == 6, "what follows goes on behind all curves"
    assert again.history.best is not None
    assert (again.history.best.epoch, again.history.best.figures.error, again.history.best.early) == (5, 0.3, True)


def early_stopped(patience: int, **entries: Any) -> Network:
    """As versions before 0.22 wrote it: trained for 3 epochs, and its curves have 5."""
    curves = {name: [[n, 0.1 * n] for n in range(1, 6)] for name in ("test", "validation", "validation_loss")}
    made = SMALL.changed(epochs=9, patience=patience, validation_share=0.2)
    return with_past({"epochs": 3, "curves": curves, "experiment": made.as_dict()} | entries)


def test_a_file_that_does_not_name_the_best_epoch_is_of_the_one_that_it_was_trained_for() -> None:
    history = Provenance.read(early_stopped(patience=2)).history
    assert history is not None
    assert history.best is not None
    assert (history.best.epoch, history.best.early, history.completed) == (3, True, 5)
    assert history.best.figures.error == pytest.approx(0.3)


@pytest.mark.parametrize(
    "entries", [{"epochs": 5}, {"epochs": None}, {"epochs": 2.5}, {"curves": {"test": [[5, 0.1]]}}]
)
def test_nothing_is_made_up_of_a_best_epoch(entries: dict[str, Any]) -> None:
    for network in (early_stopped(2, **entries), early_stopped(0)):
        history = Provenance.read(network).history
        assert history is not None
        assert history.best is None


def test_a_best_epoch_whose_weights_are_no_longer_there_is_not_believed() -> None:
    best = {"epoch": 2, "early": True, "loss": 0.5}
    history = Provenance.read(early_stopped(2, epochs=5, curves={"test": [[5, 0.1]], "best": best})).history
    assert history is not None
    assert history.best is None


def test_how_long_it_was_trained_before_a_run() -> None:
    assert Provenance.read(with_past(OF_0_3), epochs_done=1).epochs_before(1) == 2
    assert Provenance.read(SMALL.build(), epochs_done=1).epochs_before(1) == 0
    assert Provenance().epochs_before(3) == 0
    within = {"epochs": 3, "part_of_epoch": 0.4, "epochs_before_training": 2}  # edited there, and measured
    assert Provenance.read(with_past(within), epochs_done=1).epochs_before(1) == 2
    stale = within | {"epochs_before_training": 0}
    assert Provenance.read(with_past(stale), epochs_done=1).before is None


# ---- what it was made with


def test_the_experiment_is_known_where_the_file_tells_it() -> None:
    network = SMALL.build()
    whole().write(network)
    assert Provenance.read(network).experiment_of(network, Experiment()) == SMALL


def test_where_it_does_not_what_is_known_is_taken_and_the_rest_stays() -> None:
    like = Experiment().changed(optimizer="adam", initializer="lecun", dropout=(0.1, 0.2, 0.3))
    network = with_past({**OF_0_3, "seed": -3, "batch_size": "many"})
    made = Provenance.read(network).experiment_of(network, like)
    assert (made.shape, made.activations, made.loss) == ((4, 3, 2), ("tanh", "softmax"), "cross-entropy")
    assert (made.training.optimizer, made.initializer, made.training.dropout) == ("adam", "lecun", (0.1, 0.2))
    assert (made.training.learning_rate, made.training.batch_size, made.seed) == (0.7, 100, 1)


@pytest.mark.parametrize("name", ["small", "best"])
def test_the_networks_that_are_included_know_what_they_were_made_with(name: str) -> None:
    network = load_network(ASSETS / "networks" / f"{name}.npz")
    past = Provenance.read(network)
    assert past.experiment is not None
    assert past.experiment.shape == tuple(network.shape)
    assert past.epochs == past.experiment.training.epochs
    assert past.experiment.training.augmentation.is_active
    assert past.test_error is not None
    assert past.test_error < 0.01
    assert past.title.lower().startswith(name)


def test_it_is_what_json_can_hold() -> None:
    entries = whole().as_dict()
    assert json.loads(json.dumps(entries, allow_nan=False)) == entries
