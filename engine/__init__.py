"""A feed-forward neural network in plain numpy: the part of nnviz that learns.

from engine import NeuralNetwork

net = NeuralNetwork([784, 50, 30, 10])
net.train(train_data=images, train_labels=digits, print_cost=True)
net.predict(images[:5])
"""

from engine.errors import DataError, DivergenceError, EngineError, FileFormatError, SettingError
from engine.neural_network import NeuralNetwork
from engine.settings import TrainingSettings
from engine.training import Trainer

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
