"""A feed-forward neural network in plain numpy: the part of nnviz that learns.

from engine import NeuralNetwork

net = NeuralNetwork([784, 50, 30, 10])
net.train(train_data=images, train_labels=digits, print_cost=True)
net.predict(images[:5])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.basics.errors import DataError, DivergenceError, EngineError, FileFormatError, SettingError
    from engine.neural_network import NeuralNetwork
    from engine.training.settings import TrainingSettings
    from engine.training.trainer import Trainer

__all__ = [
    "DataError",
    "DivergenceError",
    "EngineError",
    "FileFormatError",
    "NeuralNetwork",
    "SettingError",
    "Trainer",
    "TrainingSettings",
]
_PLACES = {"NeuralNetwork": "neural_network", "TrainingSettings": "training.settings", "Trainer": "training.trainer"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for, so that a process which only reads data starts without the networks."""
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(f"engine.{_PLACES.get(name, 'basics.errors')}"), name)
