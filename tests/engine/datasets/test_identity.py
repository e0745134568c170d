"""Checksums and fingerprints tell data apart, and are worked out once."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, refused, trainer
from tests.engine.training.test_resume import CASES


def changed(array: Array) -> Array:
    other = array.copy()
    other[5, 1] += 1
    return other


def test_a_checksum_tells_splits_apart() -> None:
    split = class_data().train
    assert split.checksum == class_data().train.checksum == split.at(np.arange(60)).checksum
    others = [
        split.at(np.arange(59)),
        split.at(np.arange(60)[::-1]),
        replace(split, inputs=changed(split.inputs)),
        replace(split, targets=changed(split.targets)),
    ]
    assert split.checksum not in [other.checksum for other in others]


def test_a_checksum_looks_at_values_not_at_how_they_lie_in_memory() -> None:
    split = class_data().train
    other = Split(np.asfortranarray(split.inputs), np.repeat(split.targets, 2, axis=0)[::2], split.labels)
    assert split.checksum == other.checksum


def test_a_fingerprint_is_a_short_text_and_the_same_for_the_same_data() -> None:
    data = class_data()
    assert data.fingerprint == class_data().fingerprint == replace(data, title="another name").fingerprint
    assert len(data.fingerprint) == 16
    int(data.fingerprint, 16)


OTHERS: dict[str, Callable[[Dataset], Dataset]] = {
    "train inputs": lambda data: replace(data, train=replace(data.train, inputs=changed(data.train.inputs))),
    "train targets": lambda data: replace(data, train=replace(data.train, targets=changed(data.train.targets))),
    "scale": lambda data: replace(data, train=replace(data.train, scale=0.5)),
    "fewer": lambda data: replace(data, train=data.train.head(59)),
    "no test": lambda data: replace(data, test=None),
    "test for validation": lambda data: replace(data, test=None, validation=data.test),
    "parted": lambda data: data.with_validation(0.2),
    "parted otherwise": lambda data: data.with_validation(0.2, seed=1),
}


def test_a_fingerprint_tells_data_apart() -> None:
    data = class_data()
    prints = [data.fingerprint, *(other(data).fingerprint for other in OTHERS.values())]
    assert len(set(prints)) == len(prints)


def test_nothing_is_worked_out_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    training, sums = trainer(validation_share=0.2), []
    crc32 = zlib.crc32
    monkeypatch.setattr(zlib, "crc32", lambda *of: sums.append(of) or crc32(*of))
    first = training.state().progress["data"]
    assert sums
    sums.clear()
    assert training.state().progress["data"] == first
    assert not sums
    assert first["fingerprint"] == class_data().fingerprint


def test_a_run_of_version_0_3_goes_on() -> None:
    """There the validation set was called otherwise."""
    case = CASES["plain"]
    data = case.data().with_validation(0.2)
    state = Trainer(case.fresh_network(), data, case.begin().settings).state()
    del state.progress["data"]["fingerprint"]
    state.progress["data"]["held_out"] = state.progress["data"].pop("validation")
    Trainer.resume(case.fresh_network(), data, state)
    with refused(DataError, "data", "clouds"):
        Trainer.resume(case.fresh_network(), replace(data, validation=data.test), state)
