"""The cards, one file each. They take a session and hold no state of the model. A new card joins the list below.

Those of one workspace only are in a room with its name, which lists them.
"""

from nnviz.cards.plane import curve  # isort: skip
from nnviz.cards.curves import curves  # isort: skip
from nnviz.cards.distributions import distributions  # isort: skip
from nnviz.cards.draw import draw  # isort: skip
from nnviz.cards.prediction_over_time import learning_strip  # isort: skip
from nnviz.cards.regression import number_points  # isort: skip
from nnviz.cards.user_examples import own  # isort: skip
from nnviz.cards.plane import plane  # isort: skip
from nnviz.cards.prediction import prediction  # isort: skip
from nnviz.cards.weights import weights  # isort: skip
from nnviz.cards.settings import data, network, training

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
