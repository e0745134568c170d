"""Data sets: ``Dataset``, the registry, and one file per source, which is imported here in the order of the choices."""

from engine.datasets import mnist, fashion_mnist, kuzushiji, emnist, shipped_tables, plane, curve, painted  # isort: skip
from engine.datasets.dataset import Dataset, Split
from engine.datasets.opening import load_data, source_of
from engine.datasets.source import DATASETS, DataSetting, DataSource

__all__ = [
    "DATASETS",
    "DataSetting",
    "DataSource",
    "Dataset",
    "Split",
    "curve",
    "emnist",
    "fashion_mnist",
    "kuzushiji",
    "load_data",
    "mnist",
    "painted",
    "plane",
    "shipped_tables",
    "source_of",
]
