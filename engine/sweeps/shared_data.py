"""The data of many runs: how another process gets them, and how it shares them among its runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.basics.errors import EngineError
from engine.datasets import DATASETS
from engine.datasets.dataset import Dataset
from engine.datasets.painted_points import PAINTED


def are_registered(name: str, settings: Mapping[str, Any]) -> bool:
    """Whether data come from the registry, with nothing of a person's own: no file, no examples, no painted points."""
    return name in DATASETS and name not in PAINTED and settings.get("own") is None


@dataclass(frozen=True)
class DatasetHandle:
    """By what another process gets the data: from the registry by name, if it makes the same ones; else they are sent.

    Attributes:
        name: in the registry; any other text where only the data themselves will do.
        settings: with which they are made.
        fingerprint: by which it is seen that they are the right ones.
    """

    name: str
    settings: Mapping[str, Any]
    fingerprint: str

    def made(self) -> Dataset | None:
        """The data as the registry makes them here; None if these are others, or would have to be downloaded."""
        if self.name not in DATASETS:
            return None
        source = DATASETS[self.name]
        if source.download is not None and not source.download.is_here():
            return None
        with suppress(EngineError, OSError):  # then they are sent
            found = source.load(self.settings)
            return found if found.fingerprint == self.fingerprint else None
        return None

    def checked(self, sent: Dataset) -> Dataset:
        """Data that were sent; their fingerprint is computed anew. Raises RuntimeError if they are others."""
        copies: dict[str, Any] = {name: replace(split) for name, split in sent.splits.items()}
        found = replace(sent, **copies)
        if found.fingerprint != self.fingerprint:
            raise RuntimeError("the data that were sent are not those of the plan")
        return found


@dataclass(frozen=True, eq=False)
class SharedData(Dataset):
    """A data set that keeps the validation set that was last taken from it: the next run mostly wants the same.

    To divide MNIST takes a tenth of a second and 42 MB.
    """

    @classmethod
    def of(cls, dataset: Dataset) -> SharedData:
        """The same data; their arrays are shared."""
        return cls(**{each.name: getattr(dataset, each.name) for each in fields(Dataset)})

    def with_validation(self, share: float, seed: int = 0) -> Dataset:
        """As that of :class:`Dataset`; for the share and seed of the last call the same object."""
        kept: dict[tuple[float, int], Dataset] = self.__dict__.get("_divided", {})
        if (share, seed) not in kept:
            kept = {(share, seed): super().with_validation(share, seed)}
            self.__dict__["_divided"] = kept
        return kept[share, seed]
