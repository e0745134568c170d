"""What a network looks like in the ancestor's JSON, in its words and in ours, and with something wrong in it."""

from __future__ import annotations

import copy
import json
from typing import Any

ANCESTORS = {
    "shape": [3, 2, 1],
    "weights": [[[0.1, -0.2, 0.3], [1.5, 0, -2]], [[0.7, -1e-3]]],
    "biases": [[[0.05], [-1]], [[2.5]]],
}
OURS = ANCESTORS | {
    "activations": ["relu", "sigmoid"],
    "loss": "cross-entropy",
    "dtype": "float64",
    "provenance": {"epochs": 3},
}


def changed(*path: Any, to: Any) -> str:
    """Our document as JSON, with something else in one place."""
    document = copy.deepcopy(OURS)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


def without(key: str) -> str:
    return json.dumps({name: value for name, value in OURS.items() if name != key})
