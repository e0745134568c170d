"""What is set among the further settings, in few words."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest

from engine.datasets import load_data
from engine.experiment import MILD, Experiment
from engine.training.settings import TrainingSettings
from nnviz.cards.settings.summaries import of_more, waiting
from nnviz.formatting.setting_text import setting_value


@pytest.mark.parametrize(
    ("changes", "typed", "words"),
    [
        ({}, set(), "batch 100, constant rate, He"),
        ({"optimizer": "adam"}, {"optimizer"}, "batch 100, constant rate, He"),
        ({"optimizer": "adam", "beta2": 0.9}, {"beta2"}, "*beta 2 0.9*, batch 100, constant rate, He"),
        ({"schedule": "step", "decay": 0.1}, {"schedule", "decay"}, "*step rate*, *decay 0.1*, batch 100, He"),
        ({"decay": 0.1}, {"decay"}, "batch 100, constant rate, He"),
        ({"batch_size": 12, "seed": 5}, {"batch_size"}, "*batch 12*, *seed 5*, constant rate, He"),
        ({"weight_decay": 0.5}, set(), "batch 100, weight decay 0.5, constant rate, He"),
        ({"dropout": (0.1, 0.5, 0.5)}, {"dropout"}, "*dropout 0.1 0.5 0.5*, batch 100, constant rate, He"),
        ({"augmentation": MILD}, set(), "batch 100, mild augmentation, constant rate, He"),
        ({"shift": 2.0}, {"shift"}, "*augmentation*, batch 100, constant rate, He"),
        ({"initializer": "lecun", "l1": 2.0}, {"initializer"}, "*LeCun*, batch 100, L1 2, constant rate"),
        ({"loss": "quadratic"}, {"loss"}, "*quadratic loss*, batch 100, constant rate, He"),
    ],
)  # fmt: skip
def test_few_words(changes: dict[str, Any], typed: Set[str], words: str) -> None:
    found = of_more(Experiment().changed(**changes), typed, None)
    assert ", ".join(f"*{each}*" if is_changed else each for each, is_changed in found) == words


def test_what_does_not_exist_for_the_data_is_not_named() -> None:
    found = of_more(Experiment().changed(augmentation=MILD), {"shift"}, load_data("moons"))
    assert [words for words, _ in found] == ["batch 100", "constant rate", "He"]


def test_what_waits() -> None:
    run = TrainingSettings()
    assert waiting(run, run) == ("", "")
    assert waiting(TrainingSettings(learning_rate=1), run) == ("", "")
    whole = waiting(TrainingSettings(batch_size=5), run)
    assert whole == ("Batch size: from the next run.", "Batch size: next run.")
    several = TrainingSettings(batch_size=5, validation_share=0.1, patience=3)
    whole, short = waiting(several, run)
    assert whole == "Batch size, validation share and patience: from the next run."
    assert short == "3 settings: next run."


def test_as_it_is_typed() -> None:
    assert setting_value((0.1, 0.5)) == "0.1, 0.5"
    assert setting_value(1e-8) == "1e-08"
    assert setting_value(3) == "3"
