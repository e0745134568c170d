"""The public import path of :mod:`engine.training.metrics`."""

from engine.training.metrics import (
    MEASURED,
    Evaluation,
    Evaluator,
    confusion_matrix,
    figures_of,
    in_figures,
    precision_of,
    recall_of,
)

__all__ = [
    "MEASURED",
    "Evaluation",
    "Evaluator",
    "confusion_matrix",
    "figures_of",
    "in_figures",
    "precision_of",
    "recall_of",
]
