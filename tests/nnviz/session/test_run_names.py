"""What runs are called: by what distinguishes them, in as much room as there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.datasets.brightness import Brightness
from engine.experiment import Experiment
from nnviz.formatting.run_name import RunName
from nnviz.session.run_names import Settings, Subject, common, run_name, settings_of, shared

XOR = Experiment().changed(inputs=2, outputs=2, hidden=(64, 32), learning_rate=0.05)


def settings(data: str = "XOR", **changes: Any) -> Settings:
    return settings_of(XOR.changed(**changes), (data, f"print of {data}"))


def subject(number: int = 18, changes: Mapping[str, Any] | None = None, **reported: Any) -> Subject:
    return Subject(settings(**(changes or {})), f"#{number}", **reported)


@pytest.mark.parametrize(
    ("changes", "reported", "name"),
    [
        ({"learning_rate": 0.2}, {}, "#18 · rate 0.2"),
        ({"hidden": (32, 16)}, {}, "#18 · 32-16"),
        ({"hidden": ()}, {}, "#18 · no hidden layer"),
        ({"hidden": (32, 16)}, {"is_diverged": True}, "#18 · 32-16 · diverged"),
        ({"seed": 3}, {}, "#18 · seed 3"),
        ({"optimizer": "adamw", "learning_rate": 0.002}, {}, "#18 · AdamW 0.002"),
        (
            {"seed": 3, "dropout": 0.2, "hidden": (8,), "learning_rate": 1.0},
            {},
            "#18 · rate 1 · 8 · dropout 0.2 · seed 3",
        ),
        ({"activations": ("tanh", "tanh", "softmax")}, {}, "#18 · tanh"),
        ({"epochs": 5}, {}, "#18 · 5 epochs"),
        ({}, {}, "#18 · 2-64-32-2 · SGD 0.05"),
        ({"seed": 3}, {"seeds": "seeds 1–5"}, "#18 · 2-64-32-2 · SGD 0.05 · seeds 1–5"),
        ({"learning_rate": 0.2}, {"origin": "from #7 at epoch 3"}, "#18 · from #7 at epoch 3 · rate 0.2"),
        ({"epochs": 30}, {"origin": "from #7 at epoch 3"}, "#18 · from #7 at epoch 3 · same settings"),
        ({"learning_rate": 0.2}, {"name": "wider"}, "wider"),
        ({"learning_rate": 0.2}, {"note": "bold try"}, "#18 · bold try · rate 0.2"),
    ],
)
def test_the_name_says_what_others_have_not(changes: Mapping[str, Any], reported: Mapping[str, Any], name: str) -> None:
    assert run_name(subject(changes=changes, **reported), settings()) == name


def test_by_itself_a_run_is_called_by_layers_optimizer_and_rate() -> None:
    assert run_name(subject()) == "#18 · 2-64-32-2 · SGD 0.05"
    assert run_name(Subject(None, "#18")) == "run 18, unreadable"


def named(*changes: Mapping[str, Any]) -> list[RunName]:
    """The names of runs that are compared."""
    made = [settings(**each) for each in changes]
    subjects = [Subject(each, f"#{1 + number}") for number, each in enumerate(made)]
    return [run_name(each, shared(made), common(made)) for each in subjects]


def test_compared_each_says_its_value_of_what_differs() -> None:
    assert named({"learning_rate": 0.1}, {"learning_rate": 0.2}) == ["#1 · rate 0.1", "#2 · rate 0.2"]
    assert named({"data": "spirals"}, {"data": "moons"}) == ["#1 · spirals", "#2 · moons"]
    assert named({"optimizer": "adam"}, {}, {"learning_rate": 1.0}) == [
        "#1 · Adam 0.05",
        "#2 · rate 0.05",
        "#3 · rate 1",
    ]


def test_the_standardisation_is_named_only_beside_runs_of_the_same_data() -> None:
    """Else it follows from the data, which the name says."""
    light = {"brightness": Brightness(0.9, 0.8, 0.2)}
    assert named({"data": "mine", **light}, {"data": "moons"}) == ["#1 · mine", "#2 · moons"]
    assert named(light, {}) == ["#1 · standardisation mean 0.8, deviation 0.2", "#2 · standardisation none"]


def test_what_most_have_comes_last_and_is_left_out_first() -> None:
    *_, last = named({"seed": 2}, {"seed": 3}, {"seed": 4}, {"seed": 4, "hidden": (8,), "learning_rate": 0.3})
    assert last == "#4 · rate 0.3 · 8 · seed 4"
    assert last.within(len(last) - 1) == "#4 · rate 0.3 · 8"


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (99, "#9 · from #7 at epoch 3 · rate 0.2 · 8 · usual"),
        (45, "#9 · from #7 at epoch 3 · rate 0.2 · 8"),
        (37, "#9 · rate 0.2 · 8"),
        (16, "#9 · rate 0.2 …"),
        (14, "#9 · rate 0.2"),
        (12, "rate 0.2"),
        (6, "rat….2"),
        (1, "…"),
    ],
)
def test_a_name_loses_its_least_important_parts(room: int, shown: str) -> None:
    name = RunName.of("#9", ["rate 0.2", "8"], ["usual"], "from #7 at epoch 3")
    assert name.within(room) == shown
    assert len(shown) <= room


def test_names_that_the_user_gave_are_cut_in_the_middle() -> None:
    one, other = RunName("the same long name, first"), RunName("the same long name, second")
    assert one.within(12) != other.within(12)
    assert one.within(12).endswith("first")


def test_common_is_what_more_have_than_anything_else() -> None:
    made = [settings(seed=seed, learning_rate=rate) for seed, rate in ((1, 0.1), (2, 0.1), (3, 0.2))]
    found = common(made)
    assert found is not None
    assert found["learning_rate"] == 0.1
    assert "seed" not in found
    assert common(made[:1]) is None
