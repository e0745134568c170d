"""Checks before a network is written, and the JSON of its provenance and description, shared by all formats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.basics.errors import ANOTHER_FILE, DataError, SettingError
from engine.datasets.description import Description
from engine.datasets.stored_texts import MOST_CHARACTERS
from engine.network.network import Network, first_non_finite_layer

_MOST_CHARACTERS, _MOST_NESTED = 7_000_000, 100  # limit of a provenance


def check_finite(network: Network) -> None:
    """Raises DataError if a weight or bias is not finite, because the file would be useless."""
    bad = first_non_finite_layer(network)
    if bad is not None:
        problem = f"layer {bad} has weights or biases that are not finite"
        raise DataError.from_problem("network", problem, "Reset it, or train it with a lower learning rate.")


def provenance_json(network: Network) -> str:
    """Returns the network's provenance as JSON. Raises DataError if JSON cannot hold it."""
    try:
        if not isinstance(network.provenance, dict):
            raise TypeError(f"a {type(network.provenance).__name__}, not a dictionary")
        _check_depth(network.provenance)
        return _checked_length(json.dumps(network.provenance, separators=(",", ":"), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        remedy = "Use texts, finite numbers, True, False, None, and lists and dictionaries of these with text keys."
        raise DataError.from_problem("provenance", f"it cannot be saved ({error})", remedy) from None


def checked_provenance(provenance: object) -> dict[str, Any]:
    """Returns the provenance in a file, with NaN and infinity, which are not JSON, replaced by None.

    Raises SettingError if it is not an object.
    """
    if not isinstance(provenance, dict):
        raise SettingError("provenance", provenance, "must be an object", ANOTHER_FILE)
    try:
        _check_depth(provenance)
        text = _checked_length(json.dumps(provenance, separators=(",", ":")))
    except ValueError as error:
        raise SettingError.from_problem("provenance", str(error), ANOTHER_FILE) from None
    clean: dict[str, Any] = json.loads(text, parse_constant=lambda _: None)
    return clean


def description_json(network: Network) -> str:
    """Returns the network's description as JSON; empty if it has none."""
    about = network.saved_description
    return "" if about is None else json.dumps(about.as_dict(), separators=(",", ":"))


def longest_description(shape: Sequence[int]) -> int:
    """Characters of JSON that the description of a network of that shape may take."""
    return 13 * MOST_CHARACTERS + 150 * (shape[0] + shape[-1])  # a sign may be escaped by 12 characters


def set_description(network: Network, entries: object) -> None:
    """Sets the network's description from a file; None for none.

    Raises DataError if it is invalid or does not fit the network, which would make its predictions wrong.
    """
    network.description = None if entries is None else Description.from_dict(entries)


def _check_depth(document: object) -> None:
    """Raises ValueError for lists and objects nested so deep that json or another reader may fail on them."""
    level: list[Any] = [document]
    for _ in range(_MOST_NESTED):
        holders = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for holder in holders for each in holder if isinstance(each, (dict, list))]
        if not level:
            return
    raise ValueError(f"nested more than {_MOST_NESTED} deep")


def _checked_length(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters long, at most {_MOST_CHARACTERS:,} are allowed")
    return text
