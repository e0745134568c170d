"""The cards, one file each. They take a session and hold no state of the model. A new card joins the list below."""

from nnviz.panels import (
    curves,
    distributions,
    draw,
    learning_strip,
    map,
    mistake_pictures,
    mistakes,
    network_diagram,
    neuron,
    number_points,
    plane,
    prediction,
    robust,
    step_through,
    weights,
    why,
)
from nnviz.panels.settings import data, network, training

__all__ = [
    "curves",
    "data",
    "distributions",
    "draw",
    "learning_strip",
    "map",
    "mistake_pictures",
    "mistakes",
    "network",
    "network_diagram",
    "neuron",
    "number_points",
    "plane",
    "prediction",
    "robust",
    "step_through",
    "training",
    "weights",
    "why",
]
