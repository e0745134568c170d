"""The predicted class with its confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array

WORTH_SEEING = 0.005  # a second guess below this share is not highlighted

CONFIDENCE_THRESHOLD = 0.5  # default; the user can set another


@dataclass(frozen=True)
class PredictedClass:
    """The predicted class of an output vector, and its confidence.

    Confidences are the outputs themselves, clipped to 0…1. With softmax they are probabilities. With sigmoid each class
    is a separate yes or no: the outputs need not sum to 1 and are not scaled to, because a prediction with low outputs
    for all classes would then look confident. With any other activation they are read as the targets were, 0 for no and
    1 for yes.

    Attributes:
        best, second: class numbers.
        confidence, second_confidence: their outputs, clipped to 0…1.
        is_sure: whether ``confidence`` reaches the confidence threshold.
    """

    best: int
    confidence: float
    second: int
    second_confidence: float
    is_sure: bool


def predicted_class_of(outputs: Array, threshold: float = CONFIDENCE_THRESHOLD) -> PredictedClass:
    """Returns the predicted class of finite outputs (classes,), at least two. Ties go to the first."""
    best = int(np.argmax(outputs))
    others = np.array(outputs, float)
    others[best] = -np.inf
    second = int(np.argmax(others))
    confidence, other = (min(max(float(outputs[index]), 0.0), 1.0) for index in (best, second))
    return PredictedClass(best, confidence, second, other, confidence >= threshold)
