"""Arrays, and an ``.npz`` of them, as a data set."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, EngineError, FileFormatError, SettingError
from engine.datasets import arrays
from engine.datasets.arrays import npz_dataset
from engine.datasets.dataset import Dataset
from tests.engine.helpers import refused, value_or_error

RNG = np.random.default_rng(0)
ROWS = RNG.normal(10, 5, (20, 3))
PICTURES = RNG.integers(0, 256, (20, 4, 5)).astype(np.uint8)
CLASSES = np.arange(20) % 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.npz"


def opened(file: Path, _how: dict[str, Any] | None = None, **given: Any) -> Dataset:
    np.savez(file, **given)
    return npz_dataset(file, **(_how or {}))


# ---- what there is


@pytest.mark.parametrize("names", [("x", "y"), ("X", "y"), ("X", "Y"), ("x_train", "y_train"), ("X_train", "Y_TRAIN")])
def test_one_part_is_divided(file: Path, names: tuple[str, str]) -> None:
    data = opened(file, **dict(zip(names, (PICTURES, CLASSES), strict=True)))
    assert data.title == "mine"
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (16, 4)
    assert data.test.labels is not None
    assert np.bincount(data.test.labels).tolist() == [2, 2]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_test_part_is_kept(file: Path, save: Any) -> None:
    save(file, x_train=PICTURES, y_train=CLASSES, x_test=PICTURES[:3], y_test=CLASSES[:3])
    data = npz_dataset(str(file))
    assert data.test is not None
    assert len(data.train) == 20
    np.testing.assert_array_equal(data.train.inputs, PICTURES.reshape(20, 20))
    np.testing.assert_array_equal(data.test.inputs, PICTURES[:3].reshape(3, 20))


def test_other_arrays_are_left_alone_whatever_they_are(file: Path) -> None:
    np.savez(file, x=PICTURES, y=CLASSES, notes=np.array({"an": "object"}))
    assert npz_dataset(file).outputs == 2


def test_the_seed_and_the_share_say_what_is_tested(file: Path) -> None:
    fingerprints = [
        opened(file, how, x=PICTURES, y=CLASSES).fingerprint
        for how in ({"seed": 1}, {"seed": 1}, {"seed": 2}, {"seed": 1, "test_share": 0.5})
    ]
    assert fingerprints[0] == fingerprints[1]
    assert len(set(fingerprints)) == 3


# ---- x


@pytest.mark.parametrize("shape", [(20, 4, 5), (20, 4, 5, 1), (20, 1, 4, 5)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_pictures_in_any_layout(file: Path, shape: tuple[int, ...], order: Any) -> None:
    x = np.asarray(PICTURES.reshape(shape), order=order)
    data = opened(file, {"test_share": 0}, x=x, y=CLASSES)
    assert data.example_shape == (4, 5)
    assert data.test is None
    assert data.train.scale == 1 / 255
    np.testing.assert_array_equal(data.train.inputs, PICTURES.reshape(20, 20))
    assert data.scaling is None


@pytest.mark.parametrize(
    ("pictures", "top"),
    [
        (PICTURES / 255, 1),
        (PICTURES.astype(np.float32), 255),
        (PICTURES.astype(np.int64), 255),
        (PICTURES.astype(np.uint16) * 257, 65_535),
        (PICTURES > 127, 1),
        ((PICTURES > 127).astype(np.uint8), 1),
        (PICTURES // 16, 16),
    ],
)
def test_pictures_of_any_range_become_shares(file: Path, pictures: Any, top: int) -> None:
    train = opened(file, {"test_share": 0}, x=pictures, y=CLASSES).train
    least, most = train.bounds
    assert least.min() >= 0
    assert 0.5 < most.max() <= 1
    np.testing.assert_allclose(train.example(3) * top, np.ravel(pictures[3]), rtol=1e-5)


def test_pictures_with_values_below_0_stay_as_they_are(file: Path) -> None:
    x = PICTURES / 64 - 2
    np.testing.assert_allclose(
        opened(file, {"test_share": 0}, x=x, y=CLASSES).train.inputs, x.reshape(20, 20), rtol=1e-6
    )


def test_rows_are_standardised_by_the_training_part(file: Path) -> None:
    data = opened(file, x_train=ROWS[:15], y_train=CLASSES[:15], x_test=ROWS[15:], y_test=CLASSES[15:])
    assert data.scaling is not None
    assert data.test is not None
    np.testing.assert_allclose(data.scaling.mean, ROWS[:15].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(data.scaling.undo(data.test.inputs), ROWS[15:], rtol=1e-5)
    assert data.example_shape == ()


def test_rows_of_bytes_stay_bytes(file: Path) -> None:
    data = opened(file, x=PICTURES.reshape(20, 20), y=CLASSES)
    assert data.train.inputs.dtype == np.uint8
    assert data.scaling is None


def test_a_single_number_may_be_an_example(file: Path) -> None:
    data = opened(file, x=np.linspace(0, 1, 20), y=np.sin(np.linspace(0, 1, 20)))
    assert (data.width, data.outputs, data.is_classification) == (1, 1, False)


# ---- y


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (CLASSES, ("0", "1")),
        (CLASSES.reshape(20, 1), ("0", "1")),
        (CLASSES.astype(np.uint64) + 2**63, (str(2**63), str(2**63 + 1))),
        (CLASSES * 7 - 3, ("-3", "4")),
        (CLASSES == 1, ("0", "1")),
        (np.array(["<b>cat</b>", "{{dog}}"])[CLASSES], ("<b>cat</b>", "{{dog}}")),
        (np.array([b"Igel", "Bär".encode()])[CLASSES][::-1], ("Bär", "Igel")),
        (np.eye(2)[CLASSES], ("0", "1")),
        (np.eye(2, dtype=bool)[CLASSES], ("0", "1")),
    ],
)
def test_classes_of_any_kind(file: Path, y: Any, names: tuple[str, ...]) -> None:
    data = opened(file, {"test_share": 0}, x=PICTURES, y=y)
    assert data.is_classification
    assert data.class_names == names
    assert data.train.labels is not None
    assert np.bincount(data.train.labels).tolist() == [10, 10]


def test_classes_are_numbered_over_both_parts(file: Path) -> None:
    data = opened(file, x_train=PICTURES, y_train=CLASSES * 5, x_test=PICTURES[:2], y_test=np.array([3, 5]))
    assert data.class_names == ("0", "3", "5")
    assert data.test is not None
    assert data.test.labels is not None
    assert data.test.labels.tolist() == [1, 2]


def test_a_name_that_no_file_can_hold_is_made_one(file: Path) -> None:
    y = np.array(["a\ud800", "b"])[CLASSES]
    buffer = io.BytesIO()
    np.save(buffer, y)
    np.savez(file, x=PICTURES)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("y.npy", buffer.getvalue())
    assert npz_dataset(file).class_names == ("a?", "b")


@pytest.mark.parametrize(("outputs", "names"), [((), ("y",)), ((1,), ("y",)), ((2,), ("y 1", "y 2"))])
def test_floats_are_targets_and_standardised(file: Path, outputs: tuple[int, ...], names: tuple[str, ...]) -> None:
    y = RNG.normal(50, 9, (20, *outputs))
    data = opened(file, {"test_share": 0}, x=ROWS, y=y)
    assert not data.is_classification
    assert data.class_names == ()
    assert data.targets == names
    assert data.target_scaling is not None
    np.testing.assert_allclose(data.target_scaling.undo(data.train.targets), y.reshape(20, -1), rtol=1e-4)
    np.testing.assert_allclose(data.train.targets.std(axis=0), 1, rtol=1e-5)


def test_the_task_can_be_given(file: Path) -> None:
    assert not opened(file, {"task": "regression"}, x=ROWS, y=CLASSES).is_classification
    data = opened(file, {"task": "classification"}, x=ROWS, y=CLASSES.astype(float))
    assert data.class_names == ("0", "1")


# ---- what is refused

NAN = np.where(np.arange(20) == 4, np.nan, 1.5)


@pytest.mark.parametrize(
    ("given", "how", "parameter", "value"),
    [
        ({"x": PICTURES[:19], "y": CLASSES}, {}, "y", "20 long"),
        ({"x": np.zeros((20, 4, 5, 3)), "y": CLASSES}, {}, "x", "(20, 4, 5, 3)"),
        ({"x": np.zeros((0, 4)), "y": CLASSES}, {}, "x", "(0, 4)"),
        ({"x": np.array(5.0), "y": CLASSES}, {}, "x", "()"),
        ({"X": np.array(["a"] * 20), "y": CLASSES}, {}, "X", "<U1"),
        ({"x": NAN, "y": CLASSES}, {}, "x", "nan at [4, 0]"),
        ({"x": ROWS * np.inf, "y": CLASSES}, {}, "x", "inf"),
        ({"x": ROWS, "y": NAN}, {}, "y", "nan at [4, 0]"),
        ({"x": ROWS, "y": ROWS * 1e300}, {}, "y", "at [0, 0] (60 such"),
        ({"x": ROWS, "y": np.zeros((20, 2, 2))}, {}, "y", "(20, 2, 2)"),
        ({"x": ROWS, "y": np.zeros(20, int)}, {}, "y", "0 everywhere"),
        ({"x": np.zeros((1001, 2)), "y": np.arange(1001)}, {}, "y", "1,001 classes"),
        ({"x": ROWS, "y": np.zeros((20, 1001))}, {}, "y", "1,001 columns"),
        ({"x": ROWS, "y": CLASSES + 0.5}, {"task": "classification"}, "y", "0.5 at [0] (20 such"),
        ({"x": ROWS, "y": ROWS}, {"task": "classification"}, "y", "(20, 3)"),
        ({"x": ROWS, "y": np.array(["a", "b"])[CLASSES]}, {"task": "regression"}, "y", "texts"),
        (
            {"x_train": ROWS, "y_train": CLASSES, "x_test": ROWS[:, :2], "y_test": CLASSES},
            *({}, "x_test", "(20, 2)"),
        ),
        (
            {"x_train": ROWS, "y_train": CLASSES, "x_test": ROWS, "y_test": np.array(["a", "b"])[CLASSES]},
            *({}, "y_test", "holds texts, the other numbers"),
        ),
        (
            {"x_train": ROWS, "y_train": ROWS, "x_test": ROWS, "y_test": ROWS[:, :2]},
            *({}, "y_test", "(20, 2)"),
        ),
    ],
)
def test_arrays_that_cannot_be_learned_from(
    file: Path, given: dict[str, Any], how: dict[str, Any], parameter: str, value: str
) -> None:
    with refused(DataError, parameter, value):
        opened(file, how, **given)


@pytest.mark.parametrize(
    ("how", "parameter"), [({"task": "guess"}, "task"), ({"test_share": 1}, "test_share"), ({"seed": -1}, "seed")]
)
def test_settings_that_are_none(file: Path, how: dict[str, Any], parameter: str) -> None:
    with refused(SettingError, parameter, ""):
        opened(file, how, x=ROWS, y=CLASSES)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"a": ROWS}, "does not contain x and y"),
        ({"x": ROWS}, "does not contain y"),
        ({"x_train": ROWS, "y": CLASSES}, "does not contain y_train"),
        ({"x_train": ROWS, "y_train": CLASSES, "x_test": ROWS}, "does not contain y_test"),
        ({"x": ROWS, "X": ROWS, "y": CLASSES}, "twice"),
        ({"x": np.array([None] * 20), "y": CLASSES}, "is neither an array"),
        ({"x": ROWS + 1j, "y": CLASSES}, "is neither an array"),
        ({"x": np.zeros((2, 2, 2, 2, 2)), "y": CLASSES}, "is neither an array"),
        ({f"a{number}": CLASSES for number in range(17)}, "17 members"),
    ],
)
def test_a_file_without_these_arrays(file: Path, given: dict[str, Any], value: str) -> None:
    with refused(FileFormatError, "mine.npz", value):
        opened(file, **given)


def test_objects_are_not_unpickled(file: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("it was unpickled",))

    with refused(FileFormatError, "mine.npz", "is neither an array"):
        opened(file, x=np.array([Bomb()]), y=CLASSES)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", bytes(1000)])
def test_a_file_that_is_none(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with refused(FileFormatError, "mine.npz", "not an .npz with arrays"):
        npz_dataset(file)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_file_cut_short(file: Path, cut: float) -> None:
    np.savez_compressed(file, x=ROWS, y=CLASSES)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * cut)])
    with refused(FileFormatError, "mine.npz", "not an .npz with arrays"):
        npz_dataset(file)


def test_a_missing_file_is_the_systems_error(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        npz_dataset(file)


def test_what_does_not_fit_in_memory_is_not_unpacked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(file, x=np.zeros((100_000, 10)), y=np.arange(100_000) % 2)
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 10**6)
    monkeypatch.setattr(arrays.Npz, "array", lambda *_: pytest.fail("it was unpacked"))
    with refused(FileFormatError, "mine.npz", "its arrays take 13.2 MB"):
        npz_dataset(file)


def test_a_size_that_is_only_claimed_is_refused(file: Path) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**9}, 100), }}".ljust(117) + "\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(8))
        archive.writestr("y.npy", b"")
    with refused(FileFormatError, "mine.npz", "says otherwise"):
        npz_dataset(file)


def test_texts_of_signs_that_do_not_exist(file: Path) -> None:
    np.savez(file, x=ROWS, y=np.array(["aa", "bc"])[CLASSES])
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["y.npy"] = members["y.npy"].replace("bc".encode("utf-32-le"), b"\xff\xff\xff\x7f" * 2)
    with zipfile.ZipFile(file, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    with refused(FileFormatError, "mine.npz", "not an .npz with arrays"):
        npz_dataset(file)


def test_one_hot_targets_that_do_not_fit_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 1000)
    many = arrays.Arrays(np.zeros((100, 1), np.uint8), np.arange(100))
    with refused(DataError, "y", "100 examples of 100 classes"):
        arrays.dataset_of("many", many)


def test_a_damaged_file_is_read_or_refused(file: Path) -> None:
    np.savez(file, x=ROWS, y=np.array(["cat", "dog"])[CLASSES])
    whole = file.read_bytes()
    for seed in range(40):
        content, rng = bytearray(whole), np.random.default_rng(seed)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        file.write_bytes(content)
        outcome = value_or_error(EngineError, lambda: npz_dataset(file))
        assert isinstance(outcome, Dataset) or outcome.remedy, f"seed {seed}"
