"""One card each; takes a session, owns no truth. A new view is a new file here, and its name in the list below."""

from nnviz.panels import curves, distributions, draw, learning_strip, prediction, weights
from nnviz.panels.settings import data, network, training

__all__ = ["curves", "data", "distributions", "draw", "learning_strip", "network", "prediction", "training", "weights"]
