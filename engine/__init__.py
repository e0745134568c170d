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
    from engine.datasets import Dataset, Split
    from engine.experiment import Experiment
    from engine.network import Network
    from engine.neural_network import NeuralNetwork
    from engine.training.settings import TrainingSettings
    from engine.training.trainer import Trainer

__all__ = [
    "DataError",
    "Dataset",
    "DivergenceError",
    "EngineError",
    "Experiment",
    "FileFormatError",
    "Network",
    "NeuralNetwork",
    "SettingError",
    "Split",
    "Trainer",
    "TrainingSettings",
]
_MODULES = {
    "Dataset": "datasets",
    "Experiment": "experiment",
    "Network": "network",
    "NeuralNetwork": "neural_network",
    "Split": "datasets",
    "Trainer": "training.trainer",
    "TrainingSettings": "training.settings",
}


def __getattr__(name: str) -> Any:
    """Imports the module of a public name at its first use: a process that only reads data starts without networks."""
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(f"engine.{_MODULES.get(name, 'basics.errors')}"), name)
