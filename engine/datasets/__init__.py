"""Data sets: ``Dataset``, the registry, and one file per source, which registers itself when it is imported here."""

from engine.datasets import curve, emnist, fashion_mnist, kuzushiji, mnist, painted_points, plane
from engine.datasets.data_setting import DataSetting
from engine.datasets.dataset import Dataset, Split
from engine.datasets.loading import load_data, source_of
from engine.datasets.source import DATASETS, DataSource
from engine.datasets.table import shipped_tables

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
    "painted_points",
    "plane",
    "shipped_tables",
    "source_of",
]
