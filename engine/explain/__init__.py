"""Explanations of a network's predictions: attributions of the inputs, and counterfactuals.

A target is the number of an output, or a pair (one, other) for the difference of their logits: why one and not the
other. The package exports the functions of its modules.
"""

from engine.explain.attributions import (
    completeness_error,
    connection_contributions,
    contributions,
    gradient_times_input,
    integrated_gradients,
    occlusion,
)
from engine.explain.counterfactuals import NoChangeError, smallest_change
from engine.explain.features import carried_back, most_exciting, nearest_examples
from engine.explain.removals import Removal, deciding_parts, without_each
from engine.network.backprop import ForwardPass, Target, forward, gradients, multiply_by_slope, target_sums

__all__ = [
    "ForwardPass",
    "NoChangeError",
    "Removal",
    "Target",
    "carried_back",
    "completeness_error",
    "connection_contributions",
    "contributions",
    "deciding_parts",
    "forward",
    "gradient_times_input",
    "gradients",
    "integrated_gradients",
    "most_exciting",
    "multiply_by_slope",
    "nearest_examples",
    "occlusion",
    "smallest_change",
    "target_sums",
    "without_each",
]
