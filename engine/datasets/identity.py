"""Checks that data are the same as those with which a run was started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.datasets.dataset import Dataset
from engine.errors import DataError, Verbatim


def identity(dataset: Dataset) -> dict[str, Any]:
    """Returns what a checkpoint stores about the data, in types that JSON can hold."""
    return {
        "title": dataset.title,
        "fingerprint": dataset.fingerprint,
        "checksum": dataset.train.checksum,
        "scale": dataset.train.scale,
        "validation": None if dataset.validation is None else dataset.validation.checksum,
    }


def check_same_examples(begun_with: Mapping[str, Any], dataset: Dataset) -> None:
    """Compares data with the :func:`identity` of those with which a run was started.

    Raises DataError if training or validation examples differ (test examples may), KeyError if ``begun_with`` is
    incomplete.
    """
    now = identity(dataset)
    # Files of version 0.3 call the validation set held_out; the oldest ones have only the checksum.
    before = {"scale": now["scale"], "validation": begun_with.get("held_out", now["validation"]), **begun_with}
    if any(before[name] != now[name] for name in ("checksum", "scale", "validation")):
        raise DataError(
            "data",
            Verbatim(dataset.title),
            f"must be the examples this run was started with ({begun_with['title']})",
            "Load those, or train the network anew from its weights.",
        )
