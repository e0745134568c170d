"""Data to learn from: ``Dataset``, the registry of known ones, one file per source.

A new data set: one new file with a function that returns a :class:`Dataset`, registered as a :class:`DataSource`,
and its import below.
"""

from engine.datasets import mnist
from engine.datasets.dataset import DATASETS, Dataset, DataSource, Split

__all__ = ["DATASETS", "DataSource", "Dataset", "Split", "mnist"]
