"""Data sets: ``Dataset``, the registry, and one file per source.

To add a data set, add a file with a function that returns a :class:`Dataset`, register it as a :class:`DataSource`, and
import the file below.
"""

from engine.datasets import mnist
from engine.datasets.dataset import DATASETS, Dataset, DataSource, Split

__all__ = ["DATASETS", "DataSource", "Dataset", "Split", "mnist"]
