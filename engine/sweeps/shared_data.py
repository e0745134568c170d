"""The data set of many runs: its transfer to another process, and its sharing among the runs there."""

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
    """Whether data come from the registry alone, without files, examples or painted points of the user."""
    return name in DATASETS and name not in PAINTED and settings.get("own") is None


@dataclass(frozen=True)
class DatasetHandle:
    """A handle by which another process makes the same data from the registry; else the data are sent.

    Attributes:
        name: the registered name; another text if the data must be sent.
        settings: the settings that they are made with.
        fingerprint: the fingerprint that verifies them.
    """

    name: str
    settings: Mapping[str, Any]
    fingerprint: str

    def made(self) -> Dataset | None:
        """Returns the data made from the registry; None if they differ or would need a download."""
        if self.name not in DATASETS:
            return None
        source = DATASETS[self.name]
        if source.download is not None and not source.download.is_here():
            return None
        with suppress(EngineError, OSError):  # the data are sent instead
            found = source.load(self.settings)
            return found if found.fingerprint == self.fingerprint else None
        return None

    def checked(self, sent: Dataset) -> Dataset:
        """Returns data that were sent, after computing their fingerprint. Raises RuntimeError if they differ."""
        copies: dict[str, Any] = {name: replace(split) for name, split in sent.splits.items()}
        found = replace(sent, **copies)
        if found.fingerprint != self.fingerprint:
            raise RuntimeError("the received data differ from the data of the plan")
        return found


@dataclass(frozen=True, eq=False)
class SharedData(Dataset):
    """A data set that caches its last validation split, which the next run mostly reuses.

    Splitting MNIST takes a tenth of a second and 42 MB.
    """

    @classmethod
    def of(cls, dataset: Dataset) -> SharedData:
        """Returns the data set as shared data, with the same arrays."""
        return cls(**{each.name: getattr(dataset, each.name) for each in fields(Dataset)})

    def with_validation(self, share: float, seed: int = 0) -> Dataset:
        """Returns the data set with a validation set; the same object for the share and seed of the last call."""
        kept: dict[tuple[float, int], Dataset] = self.__dict__.get("_divided", {})
        if (share, seed) not in kept:
            kept = {(share, seed): super().with_validation(share, seed)}
            self.__dict__["_divided"] = kept
        return kept[share, seed]
