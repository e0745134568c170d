"""The validation set: training examples to choose by, which are not learned from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import SettingError
from engine.datasets import Dataset, Split
from engine.training.events import Epoch
from engine.training.metrics import Evaluator
from tests.engine.helpers import bits, class_data, examples_used, numbered_data, refused, trainer


def numbers(split: Split | None) -> list[int]:
    assert split is not None
    return [int(number) for number in split.inputs[:, 0]]


@given(examples=st.integers(2, 200), share=st.floats(0.01, 0.99))
@settings(max_examples=60, derandomize=True)
def test_every_example_is_on_one_side_and_both_keep_their_order(examples: int, share: float) -> None:
    count = round(share * examples)
    if not 0 < count < examples:
        return
    parted = numbered_data(examples).with_validation(share)
    kept, aside = numbers(parted.train), numbers(parted.validation)
    assert sorted(kept + aside) == list(range(examples))
    assert len(aside) == count
    assert kept == sorted(kept)
    assert aside == sorted(aside)


def test_it_is_the_same_each_time_and_drawn_at_random() -> None:
    data = numbered_data(100)
    assert numbers(data.with_validation(0.3).validation) == numbers(data.with_validation(0.3).validation)
    assert numbers(data.with_validation(0.3).validation) != numbers(data.with_validation(0.3, seed=1).validation)
    assert numbers(data.with_validation(0.3).validation) not in (list(range(30)), list(range(70, 100)))


def test_inputs_targets_labels_and_scale_stay_together() -> None:
    raw = np.arange(40, dtype=np.uint8)[:, None]
    split = Split(raw, np.eye(4, dtype=np.float32)[raw[:, 0] % 4], raw[:, 0] % 4, 1 / 255)
    data = Dataset("bytes", split, split.head(3), (1, 1), tuple("abcd"))
    parted = data.with_validation(0.25)
    assert (parted.title, parted.example_shape, parted.class_names) == ("bytes", (1, 1), tuple("abcd"))
    assert parted.test is data.test
    for part in (parted.train, parted.validation):
        assert part is not None
        assert part.labels is not None
        assert part.scale == 1 / 255
        assert part.inputs.dtype == np.uint8
        np.testing.assert_array_equal(part.labels, part.inputs[:, 0] % 4)
        np.testing.assert_array_equal(part.targets.argmax(axis=1), part.labels)


def test_the_given_data_stay_as_they_are() -> None:
    data = numbered_data(20)
    parted = data.with_validation(0.5)
    assert data.validation is None
    assert numbers(data.train) == list(range(20))
    parted.train.inputs[...] = -1
    assert numbers(data.train) == list(range(20))


@pytest.mark.parametrize(("examples", "share"), [(3, 0.1), (1, 0.5), (4, 0.99), (10, 0.0), (10, 1.0)])
def test_an_empty_side_is_refused(examples: int, share: float) -> None:
    with refused(SettingError, "validation_share", f"{share:g}"):
        numbered_data(examples).with_validation(share)


@pytest.mark.parametrize("share", [float("nan"), "a", None, 2, -0.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with refused(SettingError, "validation_share", str(share)):
        numbered_data(20).with_validation(share)


def test_at_copies_those_examples() -> None:
    split = class_data().train
    some = split.at(np.array([7, 3, 3]))
    np.testing.assert_array_equal(some.inputs, split.inputs[[7, 3, 3]])
    np.testing.assert_array_equal(some.targets, split.targets[[7, 3, 3]])
    assert split.labels is not None
    assert some.labels is not None
    np.testing.assert_array_equal(some.labels, split.labels[[7, 3, 3]])
    assert not np.shares_memory(some.inputs, split.inputs)


# in a training


def test_validation_examples_are_never_learned_from() -> None:
    training = trainer(numbered_data(50), batch_size=10, epochs=8, learning_rate=1e-9, validation_share=0.2)
    aside = numbers(training.dataset.validation)
    assert len(aside) == 10
    for used in examples_used(training):
        assert set(used) == set(range(50)) - set(aside)


def test_their_figures_are_exact_and_the_train_figures_leave_them_out() -> None:
    training = trainer(validation_share=0.25)
    assert training.dataset.validation is not None
    for event in training.run():
        if isinstance(event, Epoch):
            assert event.validation is not None
            assert event.train is not None
            assert event.train.confusion is not None
            assert event.train.confusion.sum() == 45
            assert event.validation.confusion is not None
            assert event.validation.confusion.sum() == 15
            exact = Evaluator(training.network, training.dataset.validation).evaluate()
            assert (event.validation.loss, event.validation.error) == (exact.loss, exact.error)


def test_without_them_there_are_no_such_figures() -> None:
    assert all(event.validation is None for event in trainer().run() if isinstance(event, Epoch))


def test_they_are_not_taken_for_test_examples() -> None:
    training = trainer(class_data(test=0), validation_share=0.25)
    assert training.estimate().test is None
    *_, last = training.run()
    assert isinstance(last, Epoch)
    assert last.test is None


def test_data_that_come_with_some_are_not_parted_again() -> None:
    data = class_data().with_validation(0.5)
    training = trainer(data, validation_share=0.1)
    assert training.dataset is data


def test_it_does_not_depend_on_the_seed_of_the_training() -> None:
    first, second = (trainer(validation_share=0.25, seed=seed).dataset.validation for seed in (1, 2))
    assert first is not None
    assert second is not None
    assert first.checksum == second.checksum


def test_training_on_what_is_left_is_the_same_as_with_data_parted_before() -> None:
    here, before = trainer(validation_share=0.25), trainer(class_data().with_validation(0.25))
    list(here.run())
    list(before.run())
    assert bits(here.network) == bits(before.network)


def test_a_batch_must_fit_into_what_is_left() -> None:
    assert trainer(batch_size=45, validation_share=0.25).batches_per_epoch == 1
    with refused(SettingError, "batch_size", "46"):
        trainer(batch_size=46, validation_share=0.25)
