"""Entries of experiments in files of version 0.3, in the names of today."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import SettingError

# What an entry of version 0.3 has where it says nothing.
_INPUTS, _HIDDEN, _OUTPUTS, _OUTPUT = 784, (64, 32), 10, "softmax"


def with_present_names(entries: object) -> object:
    """Converts an entry of version 0.3, which listed the hidden layers one by one. Raises SettingError."""
    if not isinstance(entries, Mapping):
        return entries
    entries = dict(entries)
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
