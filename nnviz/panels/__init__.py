"""The cards, one file each. They take a session and hold no state of the model. A new card joins the list below.

Those of one workspace only are in a room with its name, which lists them.
"""

from nnviz.panels import (
    curve,
    curves,
    distributions,
    draw,
    learning_strip,
    number_points,
    own,
    plane,
    prediction,
    weights,
)
from nnviz.panels.settings import data, network, training

__all__ = [
    "curve",
    "curves",
    "data",
    "distributions",
    "draw",
    "learning_strip",
    "network",
    "number_points",
    "own",
    "plane",
    "prediction",
    "training",
    "weights",
]
