"""Examples of one's own: kept as they are, read again the same, mixed into the training part and nowhere else."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, EngineError, FileFormatError, SettingError
from engine.basics.validation import Array
from engine.datasets import Dataset, load_data
from engine.datasets.user_examples import MOST_OWN, UserExamples, mix_in_user_examples, read_user_examples
from engine.experiment import Experiment


def some(data: Dataset, count: int = 5) -> UserExamples:
    """The first test examples, as a person would keep them."""
    split, own = data.test or data.train, UserExamples.empty_for(data)
    for number in range(count):
        truth: Any = split.targets[number]
        if split.labels is not None:
            truth = int(split.labels[number])
        elif data.target_scaling is not None:
            truth = data.target_scaling.undo(truth[None])[0]
        own = own.with_more(UserExamples.one(data, split.example(number), truth))
    return own


def written(folder: Path, own: UserExamples) -> str:
    path = folder / "own.npz"
    path.write_bytes(own.as_bytes())
    return str(path)


@pytest.mark.parametrize("name", ["mnist", "penguins", "mpg", "spirals", "sine"])
def test_what_was_kept_is_read_again_and_stands_for_the_same_examples(
    mnist: Dataset, name: str, tmp_path: Path
) -> None:
    data = mnist if name == "mnist" else load_data(name)
    own = some(data)
    again = read_user_examples(written(tmp_path, own))
    assert again.fingerprint == own.fingerprint
    kept, split = again.split_for(data), (data.test or data.train).head(len(own))
    np.testing.assert_allclose(kept.inputs, [split.example(number) for number in range(len(own))], atol=1e-6)
    np.testing.assert_allclose(kept.targets, split.targets, atol=1e-6)


def test_raw_numbers_are_kept_so_that_they_outlive_another_scaling(tmp_path: Path) -> None:
    one, other = load_data("mpg", {"seed": 0}), load_data("mpg", {"seed": 5})
    assert one.scaling is not None
    assert other.scaling is not None
    kept = read_user_examples(written(tmp_path, some(one))).split_for(other)
    assert one.test is not None
    raw = one.scaling.undo(one.test.inputs[:5])
    np.testing.assert_allclose(other.scaling.undo(kept.inputs), raw, rtol=1e-5, atol=1e-4)


def test_the_file_can_be_opened_as_data(mnist: Dataset, tmp_path: Path) -> None:
    opened = load_data(written(tmp_path, some(mnist, 30)), {"test_share": 0.2})
    assert opened.example_shape == (28, 28)
    assert set(opened.class_names) <= set(mnist.class_names)
    assert len(opened.train) + len(opened.test or ()) == 30


def test_classes_that_are_numbers_are_known_by_the_name_of_version_0_21(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("x,code\n" + "".join(f"{i},{('00812', '01099')[i % 2]}\n" for i in range(40)))
    data = load_data(str(file))
    own = some(data)
    assert set(own.truths.tolist()) == {"00812", "01099"}
    before = replace(own, truths=np.array([name.lstrip("0") for name in own.truths.tolist()]))
    np.testing.assert_array_equal(before.split_for(data).targets, own.split_for(data).targets)


def test_large_numbers_of_the_file_stay_exact_beside_own_examples(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("account,kind\n" + "".join(f"{12345678901 + 10007 * i**3},{'ab'[i % 2]}\n" for i in range(40)))
    data = load_data(str(file))
    mixed = mix_in_user_examples(data, some(data)).train
    assert mixed.exact_number("account", 0) == data.train.exact_number("account", 0) is not None
    assert mixed.exact_number("account", len(mixed) - 1) is None


def test_the_same_example_is_kept_once_and_with_another_truth_again(mnist: Dataset) -> None:
    own = some(mnist, 3)
    assert len(own.with_more(own)) == 3
    assert mnist.test is not None
    assert len(own.with_more(UserExamples.one(mnist, mnist.test.example(0), 1))) == 4


# ---- mixed in


def test_they_make_up_the_share_of_the_training_part_and_of_nothing_else(tmp_path: Path) -> None:
    data = load_data("moons")
    own = some(data, 8)
    mixed = load_data("moons", {"own": written(tmp_path, own), "own_share": 0.25})
    added = len(mixed.train) - len(data.train)
    assert added % 8 == 0
    assert added / len(mixed.train) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(mixed.train.inputs[: len(data.train)], data.train.inputs)
    np.testing.assert_allclose(mixed.train.inputs[-8:], own.split_for(data).inputs)
    assert data.test is not None
    assert mixed.test is not None
    assert mixed.test.checksum == data.test.checksum
    assert mixed.fingerprint != data.fingerprint
    assert f"8 of your own examples are in the training set, {added // 8} times each." in mixed.notes


def test_pictures_stay_bytes(few_digits: Dataset) -> None:
    mixed = mix_in_user_examples(few_digits, some(few_digits, 2), 0.1)
    assert few_digits.test is not None
    assert mixed.train.inputs.dtype == np.uint8
    np.testing.assert_array_equal(mixed.train.inputs[-2:], few_digits.test.inputs[:2])


def test_each_is_there_once_at_least(few_digits: Dataset) -> None:
    assert len(mix_in_user_examples(few_digits, some(few_digits, 3), 0).train) == len(few_digits.train) + 3


def test_a_run_with_them_can_be_repeated_from_its_settings_and_its_command(tmp_path: Path) -> None:
    path = written(tmp_path, some(load_data("moons")))
    settings = {"own": path, "own_share": 0.2}
    mixed = load_data("moons", settings)
    experiment = Experiment().for_data(mixed, "moons", settings)
    again = Experiment.from_dict(experiment.as_dict())
    assert load_data(again.data, again.data_settings).fingerprint == mixed.fingerprint
    assert f"own={path}" in experiment.command()


# ---- what is refused


def test_examples_of_another_kind_or_class_are_refused_in_words(mnist: Dataset, tmp_path: Path) -> None:
    own = some(mnist)
    with pytest.raises(DataError, match="28 × 28 pixels do not match"):
        own.split_for(load_data("penguins"))
    with pytest.raises(DataError, match="is not a class of"):
        own.split_for(Dataset("letters", mnist.train, None, (28, 28), tuple("abcdefghij")))
    with pytest.raises(DataError, match="own examples"):
        load_data("mpg", {"own": written(tmp_path, own)})
    moons = load_data("moons")
    with pytest.raises(DataError, match="must be a class"):
        UserExamples.one(moons, moons.train.example(0), 2)
    with pytest.raises(DataError):
        UserExamples.one(moons, np.array([np.nan, 0]), 1)


@pytest.mark.parametrize("share", [-0.1, 0.95, np.nan, "much"])
def test_a_share_out_of_range_is_refused(few_digits: Dataset, share: Any) -> None:
    with pytest.raises(SettingError, match="own_share"):
        mix_in_user_examples(few_digits, some(few_digits), share)


def test_a_path_that_is_none_and_a_file_that_is_gone() -> None:
    with pytest.raises(SettingError, match="must be the path"):
        load_data("moons", {"own": 3})
    with pytest.raises((EngineError, OSError)):
        load_data("moons", {"own": "/nowhere/own.npz"})


def npz(**arrays: Array) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


ONE = np.zeros((1, 4))
ODD = {
    "no zip": b"no zip",
    "empty": b"",
    "without y": npz(x=ONE),
    "objects": npz(x=ONE, y=np.array([{}], object)),
    "too few y": npz(x=np.zeros((2, 4)), y=np.zeros(1)),
    "infinite": npz(x=ONE + np.inf, y=np.zeros(1)),
    "no width": npz(x=np.zeros((2, 0)), y=np.zeros(2)),
    "a number": npz(x=np.array(1.0), y=np.array(1.0)),
    "texts": npz(x=np.array([["a"]]), y=np.zeros(1)),
    "two classes each": npz(x=ONE, y=np.array([["a", "b"]])),
    "targets of nothing": npz(x=ONE, y=np.zeros((1, 0))),
    "too many": npz(x=np.zeros((MOST_OWN + 1, 1), np.uint8), y=np.zeros(MOST_OWN + 1)),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_that_is_none_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.npz"
    path.write_bytes(content)
    with pytest.raises((FileFormatError, DataError)) as refused:
        read_user_examples(path)
    assert len(str(refused.value)) < 1500


def test_what_claims_more_than_memory_holds_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 10_000)
    path = tmp_path / "large.npz"
    path.write_bytes(npz(x=np.zeros((100, 100)), y=np.zeros(100)))
    with pytest.raises(FileFormatError, match="a quarter of the available memory"):
        read_user_examples(path)
