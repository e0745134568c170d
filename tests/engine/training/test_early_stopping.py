"""It stops when nothing gets better, and the best parameters come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.datasets.dataset import Dataset, classification_split, regression_split
from engine.training.events import Batch, BestRestored, Epoch, Event
from engine.training.metrics import Evaluation
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for, refused, trainer


def muddled(regression: bool = False) -> Dataset:
    """Labels that have little to do with the examples: what is learned by heart soon does harm."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(80, 6))
    labels = (x[:, 0] + rng.normal(scale=2, size=80) > 0).astype(int)
    if regression:
        return Dataset("muddled", regression_split("train", x, labels[:, None] * 2.0, 6, 1))
    return Dataset("muddled", classification_split("train", x, labels, 6, 2))


def learning(patience: int, epochs: int = 25, regression: bool = False, **how: Any) -> Trainer:
    data = muddled(regression)
    network = network_for(data, hidden=20, activations=["tanh", "identity"], initializer="glorot", seed=3)
    how = {"learning_rate": 0.2, "validation_share": 0.3, "batch_size": 8} | how
    return trainer(data, network, epochs=epochs, patience=patience, **how)


def watched(training: Trainer) -> tuple[list[Event], list[bytes]]:
    """All events, and the parameters after each epoch."""
    events, after = [], []
    for event in training.run():
        events.append(event)
        if isinstance(event, Epoch):
            after.append(training.network.parameters.tobytes())
    return events, after


def badness(figures: Evaluation | None) -> tuple[float, float]:
    assert figures is not None
    return (figures.loss if figures.error is None else figures.error, figures.loss)


def validation_figures(regression: bool = False) -> list[tuple[float, float]]:
    """Of all 25 epochs, and of the start."""
    events, _ = watched(learning(0, regression=regression))
    return [badness(event.validation) for event in events if isinstance(event, Epoch)]


def best_and_last(figures: list[tuple[float, float]], patience: int) -> tuple[int, int]:
    """By hand: the best epoch, and the last one when it stops ``patience`` epochs after."""
    best = 0
    for epoch, figure in enumerate(figures):
        if figure < figures[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(figures) - 1


def test_these_data_do_get_worse_in_the_end() -> None:
    for regression in (False, True):
        best, last = best_and_last(validation_figures(regression), 5)
        assert 0 < best < last < 25
        assert best_and_last(validation_figures(regression), 1) != (best, last)


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize("patience", [1, 5, 24, 100])
def test_it_stops_after_its_number_of_epochs_without_a_better_one(patience: int, regression: bool) -> None:
    best, last = best_and_last(validation_figures(regression), patience)
    training = learning(patience, regression=regression)
    events, after = watched(training)
    assert [event.epoch for event in events if isinstance(event, Epoch)] == list(range(last + 1))
    assert isinstance(events[-1], BestRestored)
    assert events[-1].epoch == best
    assert events[-1].early == (last < 25)
    assert training.network.parameters.tobytes() == after[best]
    [figures] = [event.validation for event in events if isinstance(event, Epoch) and event.epoch == best]
    assert badness(events[-1].figures) == badness(figures)


def test_equal_errors_are_distinguished_by_the_loss() -> None:
    """Clouds are soon distinguished, and the loss goes on falling."""
    training = trainer(learning_rate=2.0, epochs=40, validation_share=0.25, patience=40)
    events, _ = watched(training)
    figures = [badness(event.validation) for event in events if isinstance(event, Epoch)]
    first_of_the_best_errors = min(range(len(figures)), key=lambda epoch: figures[epoch][0])
    last = events[-1]
    assert isinstance(last, BestRestored)
    assert last.epoch == figures.index(min(figures)) > first_of_the_best_errors


def test_a_network_that_does_not_move_stops_at_once_and_stays() -> None:
    """No better is not better, not even by nothing."""
    training = learning(3, learning_rate=1e-30)
    before = training.network.parameters.tobytes()
    events, _ = watched(training)
    assert [event.epoch for event in events if isinstance(event, Epoch)] == [0, 1, 2, 3]
    last = events[-1]
    assert isinstance(last, BestRestored)
    assert (last.epoch, last.early) == (0, True)
    assert training.network.parameters.tobytes() == before


def test_without_patience_the_last_parameters_stay() -> None:
    training = learning(0)
    events, after = watched(training)
    assert not any(isinstance(event, BestRestored) for event in events)
    assert training.network.parameters.tobytes() == after[-1]


def test_it_needs_no_other_figures() -> None:
    with_all, alone = watched(learning(3)), watched(learning(3, evaluate=False))
    assert with_all[1] == alone[1]
    for event in alone[0]:
        if isinstance(event, Epoch):
            assert event.train is event.test is None
            assert event.validation is not None


def test_patience_without_validation_examples_is_refused() -> None:
    with refused(SettingError, "patience", "3"):
        trainer(patience=3)
    training = trainer()
    with refused(SettingError, "patience", "3"):
        training.change(TrainingSettings(batch_size=20, epochs=2, patience=3))


def test_data_that_come_with_validation_examples_are_enough() -> None:
    *_, last = trainer(class_data().with_validation(0.25), patience=1, epochs=1).run()
    assert isinstance(last, BestRestored)


def test_patience_given_up_on_the_way_lets_the_run_go_on_to_its_end() -> None:
    _, last = best_and_last(validation_figures(), 5)
    training, epochs = learning(5), []
    for event in training.run():
        if isinstance(event, Epoch):
            epochs.append(event.epoch)
        if isinstance(event, Batch) and event.epoch == last and event.batch == 1:
            training.change(replace(training.settings, patience=0))
        assert not isinstance(event, BestRestored)
    assert epochs == list(range(26))


def test_patience_begun_on_the_way_counts_from_there() -> None:
    training, events = learning(0), []
    for event in training.run():
        events.append(event)
        if isinstance(event, Epoch) and event.epoch == 20:
            training.change(replace(training.settings, patience=3))
    last = events[-1]
    assert isinstance(last, BestRestored)
    assert last.epoch > 20


def test_patience_given_up_at_the_last_epoch_keeps_the_last_weights() -> None:
    data = class_data()
    training = Trainer(
        network_for(data), data, TrainingSettings(batch_size=10, epochs=2, validation_share=0.2, patience=5)
    )
    events = []
    for event in training.run():
        events.append(event)
        if isinstance(event, Epoch) and event.epoch == 2:
            training.change(replace(training.settings, patience=0))
    assert not [event for event in events if isinstance(event, BestRestored)]


# ---- when it is over


def resumed(training: Trainer, **changed: Any) -> Trainer:
    """From its state, as a file holds it; ``changed`` are entries of its progress, None for one that is missing."""
    state = training.state()
    progress = {name: value for name, value in (state.progress | changed).items() if value is not None}
    return Trainer.resume(training.network.copy(), training.whole_dataset, replace(state, progress=progress))


@pytest.mark.parametrize("restored", [True, None], ids=["as it is", "from before version 0.22"])
def test_what_was_restored_is_known_of_a_training_from_a_file(restored: bool | None) -> None:
    training = learning(3)
    best = watched(training)[0][-1]
    assert isinstance(best, BestRestored)
    again = resumed(training, restored=restored)
    assert again.is_over
    assert again.restored is not None
    assert (again.restored.epoch, again.restored.early) == (best.epoch, best.early)
    assert badness(again.restored.figures) == badness(best.figures)


def test_before_the_best_is_restored_it_is_not_over() -> None:
    training = learning(3)
    for event in training.run():
        assert not isinstance(event, BestRestored), "it comes when this has ended"
        again = resumed(training)
        assert not again.is_over
        assert again.restored is None
        if isinstance(event, Epoch) and any(isinstance(each, BestRestored) for each in [next(again.run())]):
            break


def test_weights_that_were_edited_when_it_was_over_stay() -> None:
    """Nothing puts the best ones in their place when it is taken up again."""
    training = learning(3)
    watched(training)
    training.network.parameters[0] += 1
    edited = training.network.parameters.copy()
    again = resumed(training)
    assert again.is_over
    assert again.restored is None
    assert list(again.run()) == []
    np.testing.assert_array_equal(again.network.parameters, edited)


def test_without_early_stopping_it_is_over_after_its_last_epoch() -> None:
    training = learning(0, epochs=2)
    for event in training.run():
        assert training.is_over == (isinstance(event, Epoch) and event.epoch == 2)
    assert training.is_over
    training.change(replace(training.settings, epochs=3))
    assert not training.is_over
