"""Name → class."""

from __future__ import annotations

import pytest

from engine.basics.errors import UnknownNameError
from engine.basics.registry import Registry
from engine.datasets import DATASETS
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from tests.engine.helpers import refused

ALL = [ACTIVATIONS, LOSSES, INITIALIZERS, OPTIMIZERS, SCHEDULES, DATASETS]


def colours() -> Registry[type]:
    registry: Registry[type] = Registry("colour")
    registry.register("red")(int)
    registry.register("blue")(str)
    return registry


def test_finds_by_name_in_the_order_of_registration() -> None:
    assert colours()["blue"] is str
    assert list(colours()) == ["red", "blue"]


def test_register_gives_back_what_it_enters() -> None:
    assert colours().register("green")(float) is float


def test_a_second_one_replaces_the_first() -> None:
    registry = colours()
    registry.register("red")(float)
    assert registry["red"] is float
    assert list(registry) == ["red", "blue"]


@pytest.mark.parametrize("name", ["green", "", "RED", None, 3, ["red"], {"red": 1}])
def test_an_unknown_name_lists_the_choices(name: str) -> None:
    with refused(UnknownNameError, "colour", repr(name)):
        colours()[name]
    with pytest.raises(UnknownNameError, match="Choose one of: red, blue"):
        colours()[name]


@pytest.mark.parametrize("registry", ALL, ids=lambda registry: registry.kind)
def test_every_registered_thing_has_a_label_and_its_own_name(registry: Registry[type]) -> None:
    assert len(list(registry)) >= 1
    for name in registry:
        entry = registry[name]
        assert getattr(entry, "name", name) == name
        assert getattr(entry, "label", None) or getattr(entry, "title", None)
