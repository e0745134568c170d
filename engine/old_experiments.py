"""Entries of experiments in files of older versions, in the names and with the defaults of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.basics.errors import SettingError
from engine.datasets import DATASETS
from engine.datasets.loading import is_idx
from engine.datasets.table.table_dataset import DROP, FILL

# Values of missing entries in version 0.3.
_INPUTS, _HIDDEN, _OUTPUTS, _OUTPUT = 784, (64, 32), 10, "softmax"
_INPUTS_OF_FOLDERS = 784  # images without the setting of their side
_OF_TABLES = {
    "target",
    "summary",
    "ignored",
    "texts",
    "numbers",
    "standardise",
    "delimiter",
    "decimal",
    "header",
    "skip",
}


def recorded_data_settings(data: str, settings: Mapping[str, Any], inputs: int | None = None) -> dict[str, Any]:
    """Returns data settings for a file: those of a table always include the treatment of missing values.

    Versions up to 0.22 left out rows with a missing value by default, and wrote nothing then.

    Args:
        inputs: number of inputs of the data, if known.
    """
    return {"missing": FILL, **settings} if _may_be_table(data, settings, inputs) else dict(settings)


def present_data_settings(data: str, settings: Mapping[str, Any], inputs: int | None = None) -> dict[str, Any]:
    """Returns the data settings of :func:`recorded_data_settings`, or of an older file, without today's default.

    Data of which it is not known that they are no table get a setting of tables, which other files and folders ignore:
    see :meth:`~engine.datasets.source.DataSource.different`.
    """
    if settings.get("missing") == FILL:
        return {name: value for name, value in settings.items() if name != "missing"}
    return {"missing": DROP, **settings} if _may_be_table(data, settings, inputs) else dict(settings)


def _may_be_table(data: str, settings: Mapping[str, Any], inputs: int | None) -> bool:
    """Whether data of that name or path can be a table. The disk may be absent: only what is recorded counts."""
    if data in list(DATASETS):
        return DATASETS[data].table is not None
    if data.lower().endswith(".npz") or is_idx(data):
        return False
    return not _OF_TABLES.isdisjoint(settings) or not ("side" in settings or inputs == _INPUTS_OF_FOLDERS)


def with_present_names(entries: object) -> object:
    """Converts an entry of version 0.3, which listed the hidden layers one by one. Raises SettingError.

    Data settings of versions up to 0.22 keep their meaning, see :func:`present_data_settings`.
    """
    if not isinstance(entries, Mapping):
        return entries
    entries = dict(entries)
    data, settings = entries.get("data"), entries.get("data_settings", {})
    if isinstance(data, str) and isinstance(settings, Mapping):
        shape = entries.get("shape")
        inputs = shape[0] if isinstance(shape, (list, tuple)) and shape else None
        entries["data_settings"] = present_data_settings(data, settings, inputs)
    entries.pop("strengths", None)  # of distortions that were switched off
    if not {"inputs", "outputs", "layers", "output"} & set(entries):
        return entries
    layers = entries.pop("layers", [{"neurons": size} for size in _HIDDEN])
    try:
        sizes = [layer["neurons"] for layer in layers]
        names = [layer.get("activation", "relu") for layer in layers]
    except (TypeError, KeyError, AttributeError):
        rule = "must be a list of layers, each with its neurons and its activation"
        raise SettingError("layers", layers, rule, 'For example [{"neurons": 64}].') from None
    ends = (entries.pop("inputs", _INPUTS), entries.pop("outputs", _OUTPUTS))
    entries["shape"] = [ends[0], *sizes, ends[1]]
    entries["activations"] = [*names, entries.pop("output", _OUTPUT)]
    return entries
