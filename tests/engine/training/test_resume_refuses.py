"""A state that is not whole, or of another run, is refused in words."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, SettingError
from engine.datasets.dataset import Dataset
from engine.network.network import Network
from engine.training.events import TrainingState
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, refused, value_or_error
from tests.engine.training.test_resume import CASES, pictures, through_a_file, uninterrupted


def a_state(name: str = "everything") -> TrainingState:
    _, places, _ = uninterrupted(CASES[name])
    return through_a_file(places[-3].state)


def other_labels(data: Dataset) -> Dataset:
    data.train.targets[3] = data.train.targets[3][::-1]
    return data


@pytest.mark.parametrize(
    "other",
    [
        lambda: other_labels(pictures()),
        lambda: replace(pictures(), train=pictures().train.head(69)),
        lambda: replace(pictures(), train=pictures().train.at(np.arange(70)[::-1])),
        lambda: replace(pictures(), train=replace(pictures().train, scale=0.5)),
        lambda: replace(pictures(), validation=pictures().train.head(7)),
    ],
    ids=["labels", "fewer", "order", "scale", "validation set"],
)
def test_other_data_are_refused(other: Callable[[], Dataset]) -> None:
    network = CASES["everything"].fresh_network()
    before = bits(network)
    with pytest.raises(DataError, match="bars with other examples") as caught:
        Trainer.resume(network, other(), a_state())
    assert str(caught.value).count("bars") == 1, "the same name twice says nothing"
    assert bits(network) == before


def test_another_test_split_is_not_other_data() -> None:
    Trainer.resume(CASES["everything"].fresh_network(), replace(pictures(), test=None), a_state())


def test_a_state_of_an_older_version_knows_its_checksum_only() -> None:
    state = a_state()
    for name in ("scale", "validation"):
        del state.progress["data"][name]
    Trainer.resume(CASES["everything"].fresh_network(), pictures(), state)
    del state.progress["data"]["checksum"]
    with refused(SettingError, "training state", "checksum"):
        Trainer.resume(CASES["everything"].fresh_network(), pictures(), state)


def test_a_network_that_does_not_fit_is_refused() -> None:
    with refused(DataError, "inputs", "this network has 4"):
        Trainer.resume(Network([4, 3, 2]), pictures(), a_state())
    with refused(SettingError, "training state", "finite numbers"):
        Trainer.resume(Network([64, 3, 2]), pictures(), replace(a_state(), settings={"batch_size": 15, **SMALL}))


SMALL = {"optimizer": "adam", "validation_share": 0.2, "patience": 2}


def without(entries: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key != name}


@pytest.mark.parametrize("name", ["epoch", "batch", "seconds", "measured", "steps", "random", "data"])
def test_a_state_that_lacks_something_is_refused(name: str) -> None:
    state = a_state()
    with refused(SettingError, "training state", name):
        Trainer.resume(
            CASES["everything"].fresh_network(), pictures(), replace(state, progress=without(state.progress, name))
        )


@pytest.mark.parametrize("name", ["order", "best"])
def test_a_state_that_lacks_a_vector_is_refused(name: str) -> None:
    state = a_state()
    with refused(SettingError, "training state", name):
        Trainer.resume(
            CASES["everything"].fresh_network(), pictures(), replace(state, vectors=without(state.vectors, name))
        )


DAMAGE: list[Callable[[TrainingState], object]] = [
    lambda state: state.progress.update(epoch="first"),
    lambda state: state.progress.update(batch=None),
    lambda state: state.progress.update(steps=[]),
    lambda state: state.progress.update(random={}),
    lambda state: state.progress.update(random=None),
    lambda state: state.progress["random"].update(bit_generator="MT19937"),
    lambda state: state.progress["random"].update(state="lost"),
    lambda state: state.progress.update(data=None),
    lambda state: state.progress.update(best={}),
    lambda state: state.progress["best"].update(loss="low"),
    lambda state: state.vectors.update(order=np.zeros(56, np.uint32)),
    lambda state: state.vectors.update(order=np.arange(55, dtype=np.uint32)),
    lambda state: state.vectors.update(order=np.arange(1, 57, dtype=np.uint32)),
    lambda state: state.vectors.update(best=state.vectors["best"][:-1]),
    lambda state: state.vectors.update({"optimizer.mean": np.zeros(3)}),
    lambda state: state.vectors.pop("optimizer.square"),
    lambda state: state.vectors.update(best=state.vectors["best"] * np.float32(np.nan)),
    lambda state: state.vectors.update(best=state.vectors["best"] + 1j),
    lambda state: state.vectors.update(best=state.vectors["best"].astype(str)),
    lambda state: state.vectors.update(order=[]),
    lambda state: state.progress.update(epoch=-3),
    lambda state: state.progress.update(epoch=math.inf),
    lambda state: state.progress.update(batch=-1),
    lambda state: state.progress.update(batch=9999),
    lambda state: state.progress.update(steps=-1),
    lambda state: state.progress.update(seconds=math.nan),
    lambda state: state.progress["best"].update(error="x"),
    lambda state: state.progress["random"]["state"].update(state=-1),
]


def test_a_damaged_state_is_refused() -> None:
    sound, network, data = a_state(), CASES["everything"].fresh_network(), pictures()
    before = bits(network)
    for number, damage in enumerate(DAMAGE):
        state = copy.deepcopy(sound)
        damage(state)
        error = value_or_error(SettingError, lambda state=state: Trainer.resume(network, data, state))
        assert isinstance(error, SettingError), f"damage {number} is not refused"
        with refused(SettingError, "training state", "not usable"):
            raise error
        assert bits(network) == before, f"damage {number}"
    Trainer.resume(network, data, sound)


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("batch_size", 57), ("dropout", [0.1] * 3)])
def test_damaged_settings_are_refused_by_their_name(name: str, value: Any) -> None:
    state = a_state()
    state.settings[name] = value
    with refused(SettingError, name, ""):
        Trainer.resume(CASES["everything"].fresh_network(), pictures(), state)


@pytest.mark.parametrize("kind", [complex, float, bool])
def test_an_order_that_holds_no_whole_numbers_is_refused(kind: type) -> None:
    """Without a warning of numpy."""
    state = a_state()
    state.vectors["order"] = state.vectors["order"].astype(kind)
    with refused(SettingError, "training state", "whole numbers"):
        Trainer.resume(CASES["everything"].fresh_network(), pictures(), state)
