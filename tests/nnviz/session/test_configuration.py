"""The fields of the window without a window, and a run."""

from __future__ import annotations

from engine.datasets import Dataset
from engine.events import Epoch
from engine.network import Network
from nnviz.session.runs.current import new_run
from nnviz.session.training import Progress


def test_it_follows_the_data_and_an_opened_network(few_digits: Dataset) -> None:
    opened = Network([4, 7, 3], ["sigmoid", "sigmoid"])
    described = configuration_of(opened, Experiment().changed(learning_rate=0.7))
    assert described.shape == (4, 7, 3)
    assert described.layers == (Layer(7, "sigmoid"),)
    assert described.learning_rate == 0.7
    assert described.for_dataset(few_digits).shape == (784, 7, 10)


# ---- a run


def test_what_is_unsaved() -> None:
    run = new_run(Experiment())
    assert run.untouched
    assert not run.unsaved
    assert run.title == "untitled"
    run.changes = 1
    assert run.unsaved
    assert not run.untouched
    run.saved_changes = 1
    assert not run.unsaved
    run.changes = 2
    assert run.unsaved


def test_a_run_remembers_its_past() -> None:
    run = new_run(Experiment().changed(seed=5))
    run.add_epoch(3, Epoch(3, None, None, 0.1), "digits")
    assert run.network.provenance == {"data": "digits", "epochs": 3, "seed": 5}
    assert run.history.completed == 3


def test_progress() -> None:
    assert Progress().epochs_done == 0
    assert Progress(epoch=1, epochs=4, batch=0, batches=10).epochs_done == 0
    assert Progress(epoch=3, epochs=4, batch=5, batches=10).epochs_done == 2.5
    assert Progress(epoch=4, epochs=4, batch=10, batches=10).epochs_done == 4
