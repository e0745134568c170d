"""The public import path of :mod:`engine.training.events`."""

from engine.training.events import (
    Batch,
    BestRestored,
    Epoch,
    Estimate,
    Evaluating,
    Event,
    TrainingState,
)

__all__ = [
    "Batch",
    "BestRestored",
    "Epoch",
    "Estimate",
    "Evaluating",
    "Event",
    "TrainingState",
]
