"""What the closed groups say, and how lists of numbers are read."""

from __future__ import annotations

import pytest

from engine.basics.errors import SettingError
from engine.experiment import Experiment
from engine.training.settings import TrainingSettings
from nnviz.cards.settings import summaries
from nnviz.formatting.setting_text import setting_value
from nnviz.ui.setting_fields import parse_dropout


@pytest.mark.parametrize(
    ("reported", "fields", "words"),
    [
        (summaries.of_optimizer, {}, "none"),
        (summaries.of_optimizer, {"optimizer": "momentum"}, "0.9"),
        (summaries.of_optimizer, {"optimizer": "adam"}, "0.9, 0.999"),
        (summaries.of_optimizer, {"optimizer": "adam", "epsilon": 1e-7}, "0.9, 0.999, 1e-07"),
        (summaries.of_schedule, {}, "constant"),
        (summaries.of_schedule, {"schedule": "cosine", "warmup": 0.5}, "cosine, warm-up 0.5"),
        (summaries.of_schedule, {"schedule": "step"}, "step 0.5 in 5"),
        (summaries.of_regularisation, {}, "off"),
        (summaries.of_regularisation, {"dropout": 0.2, "weight_decay": 0.05}, "dropout 0.2, decay 0.05"),
        (summaries.of_regularisation, {"dropout": (0.1, 0.5, 0)}, "dropout 0.1 0.5 0"),
        (summaries.of_regularisation, {"validation_share": 0.1, "patience": 5}, "validation 0.1, patience 5"),
        (summaries.of_augmentation, {}, "off"),
        (summaries.of_augmentation, {"shift": 2, "rotation": 8, "elastic": 0, "noise": 0.1}, "shift 2, rotation 8"),
        (summaries.of_initialisation, {}, "He, cross-entropy"),
        (summaries.of_initialisation, {"weight_scale": 0.5, "loss": "quadratic"}, "He × 0.5, quadratic"),
    ],
)
def test_a_few_words(reported: object, fields: dict[str, object], words: str) -> None:
    assert reported(Experiment().changed(**fields)).startswith(words)  # type: ignore[operator]


def test_what_waits() -> None:
    run = TrainingSettings()
    assert summaries.waiting(run, run) == ("", "")
    assert summaries.waiting(TrainingSettings(learning_rate=1), run) == ("", "")
    whole = summaries.waiting(TrainingSettings(batch_size=5), run)
    assert whole == ("Batch size: from the next run.", "Batch size: next run.")
    several = TrainingSettings(batch_size=5, validation_share=0.1, patience=3)
    whole, short = summaries.waiting(several, run)
    assert whole == "Batch size, validation share and patience: from the next run."
    assert short == "3 settings: next run."


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        (" 0 ", 0),
        ("0.1, 0.5, 0.5", (0.1, 0.5, 0.5)),
        ("0.1,0.5,0.5", (0.1, 0.5, 0.5)),
        ("0.1 0.5", (0.1, 0.5)),
        ("0,1; 0,5", (0.1, 0.5)),
        ("0,1 0,5", (0.1, 0.5)),
        ("0, 0.5", (0, 0.5)),
        ("0, 0, 0", (0, 0, 0)),
    ],
)
def test_one_share_or_several(typed: str, value: object) -> None:
    assert parse_dropout("dropout", typed, "0.5") == value


@pytest.mark.parametrize("typed", ["", "x", "0.1, x", "a lot"])
def test_no_share(typed: str) -> None:
    with pytest.raises(SettingError):
        parse_dropout("dropout", typed, "0.5")


def test_as_it_is_typed() -> None:
    assert setting_value((0.1, 0.5)) == "0.1, 0.5"
    assert setting_value(1e-8) == "1e-08"
    assert setting_value(3) == "3"
