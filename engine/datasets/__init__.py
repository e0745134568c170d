"""Data sets: ``Dataset``, the registry, and one file per source, which is imported here."""

from engine.datasets import mnist
from engine.datasets.dataset import DATASETS, Dataset, DataSource, Split

__all__ = ["DATASETS", "DataSource", "Dataset", "Split", "mnist"]
