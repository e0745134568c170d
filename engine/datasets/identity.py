"""Whether data are those that a run was begun with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.datasets.dataset import Dataset
from engine.errors import DataError, Verbatim


def identity(dataset: Dataset) -> dict[str, Any]:
    """What a checkpoint says of the data, as JSON can hold it."""
    return {
        "title": dataset.title,
        "fingerprint": dataset.fingerprint,
        "checksum": dataset.train.checksum,
        "scale": dataset.train.scale,
        "validation": None if dataset.validation is None else dataset.validation.checksum,
    }


def check_same_examples(begun_with: Mapping[str, Any], dataset: Dataset) -> None:
    """Compares data with the :func:`identity` of those a run was begun with.

    Raises DataError where training or validation examples differ; those to test with may. KeyError where ``begun_with``
    is not whole.
    """
    now = identity(dataset)
    # Files of 0.3 call the validation set held_out; the oldest have the checksum only.
    before = {"scale": now["scale"], "validation": begun_with.get("held_out", now["validation"]), **begun_with}
    if any(before[name] != now[name] for name in ("checksum", "scale", "validation")):
        raise DataError(
            "data",
            Verbatim(dataset.title),
            f"must be the examples this run was begun with ({begun_with['title']})",
            "Load those, or train the network anew from its weights.",
        )
