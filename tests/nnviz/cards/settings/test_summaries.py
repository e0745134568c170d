"""What the closed groups say, and how lists of numbers are read."""

from __future__ import annotations

import pytest

from engine.experiment import Experiment
from engine.training.settings import TrainingSettings
from nnviz.cards.settings import summaries
from nnviz.formatting.setting_text import setting_value


@pytest.mark.parametrize(
    ("reported", "fields", "words"),
    [
        (summaries.of_optimizer, {}, "none"),
        (summaries.of_optimizer, {"optimizer": "momentum"}, "0.9"),
        (summaries.of_optimizer, {"optimizer": "adam"}, "0.9, 0.999, 1e-08"),
        (summaries.of_schedule, {}, "constant"),
        (summaries.of_schedule, {"schedule": "cosine", "warmup": 0.5}, "cosine, warm-up 0.5"),
        (summaries.of_schedule, {"schedule": "step"}, "step 0.5 in 5"),
        (summaries.of_regularisation, {}, "off"),
        (summaries.of_regularisation, {"dropout": 0.2, "weight_decay": 0.05}, "decay 0.05, dropout 0.2"),
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


def test_as_it_is_typed() -> None:
    assert setting_value((0.1, 0.5)) == "0.1, 0.5"
    assert setting_value(1e-8) == "1e-08"
    assert setting_value(3) == "3"
