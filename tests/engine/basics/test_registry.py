"""Name → class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import pytest

from engine.basics.errors import UnknownNameError
from engine.basics.registry import RegisteredClass, Registry
from engine.datasets import DATASETS
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from tests.engine.helpers import refused
from tests.engine.training.test_against_torch import ONLY_OURS, THEIR_ACTIVATIONS, THEIR_LOSSES, THEIR_OPTIMIZERS

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


class Colour(RegisteredClass, ABC):
    wavelength: ClassVar[float]
    is_warm: ClassVar[bool] = False

    @abstractmethod
    def mix(self) -> None: ...


def test_a_class_that_leaves_out_a_fact_is_refused_with_its_name() -> None:
    registry: Registry[type[Colour]] = Registry("colour")

    class Green(Colour):
        label = "Green"

    with pytest.raises(TypeError, match=r"the colour Green must define mix, wavelength$"):
        registry.register("green")(Green)
    assert list(registry) == []


@pytest.mark.parametrize("name", ["green", "", "RED", None, 3, ["red"], {"red": 1}])
def test_an_unknown_name_lists_the_choices(name: str) -> None:
    with refused(UnknownNameError, "colour", repr(name)):
        colours()[name]
    with pytest.raises(UnknownNameError, match="Choose one of: red, blue"):
        colours()[name]


@pytest.mark.parametrize("registry", ALL, ids=lambda registry: registry.kind)
def test_every_registered_thing_has_a_label_and_a_name_of_its_own(registry: Registry[type]) -> None:
    labels = [getattr(registry[name], "label", None) or getattr(registry[name], "title", None) for name in registry]
    assert len({*labels}) == len(labels) >= 1, "a class may have inherited its label"
    for name in registry:
        entry = registry[name]
        assert getattr(entry, "name", name) == name
        assert getattr(entry, "label", None) or getattr(entry, "title", None)


def test_everything_is_compared_with_pytorch_or_known_to_be_only_ours() -> None:
    """The comparison itself needs PyTorch; this does not."""
    theirs = ((ACTIVATIONS, THEIR_ACTIVATIONS), (LOSSES, THEIR_LOSSES), (OPTIMIZERS, THEIR_OPTIMIZERS))
    missing = [f"{ours.kind}.{name}" for ours, table in theirs for name in ours if name not in {*table, *ONLY_OURS}]
    assert not missing, "add PyTorch's to tests/engine/training/test_against_torch.py, or the name to ONLY_OURS"
