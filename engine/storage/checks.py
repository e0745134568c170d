"""Checks before a network is written, and the JSON of its provenance, shared by all formats."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from engine.errors import ANOTHER_FILE, DataError, SettingError, Verbatim
from engine.network import Network, first_non_finite_layer


def check_finite(network: Network) -> None:
    """Raises DataError if a weight or bias is not finite, because the file would be useless."""
    bad = first_non_finite_layer(network)
    if bad is not None:
        raise DataError(
            "network",
            Verbatim(f"without finite weights in layer {bad}"),
            "must have finite weights and biases to be saved",
            "Reset it, or train it with a lower learning rate.",
        )


def provenance_json(network: Network) -> str:
    """Returns the network's provenance as JSON. Raises DataError if JSON cannot hold it."""
    try:
        if not isinstance(network.provenance, dict):
            raise TypeError(f"a {type(network.provenance).__name__}, no dictionary")
        return json.dumps(network.provenance, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(
            "provenance",
            Verbatim(f"not what a file can hold ({error})"),
            "must be a dictionary of texts, finite numbers, True, False, None, lists and dictionaries with text keys",
            "Turn the rest into text, or leave it out.",
        ) from None


def checked_provenance(provenance: object) -> dict[str, Any]:
    """Returns the provenance in a file, with NaN and infinity, which are not JSON, replaced by None.

    Raises SettingError if it is not an object.
    """
    if not isinstance(provenance, dict):
        raise SettingError("provenance", provenance, "must be an object", ANOTHER_FILE)
    clean: dict[str, Any] = json.loads(json.dumps(provenance), parse_constant=lambda _: None)
    return clean


def check_can_be_exported(network: Network, activations: Collection[str], how: str) -> None:
    """Raises DataError if a number is not finite, SettingError if an activation is not among the given ones."""
    check_finite(network)
    for name in network.activations:
        if name not in activations:
            raise SettingError(
                "activations", name, f"must be one that can be exported {how}", f"Use {', '.join(activations)}."
            )
