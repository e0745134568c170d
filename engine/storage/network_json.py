"""The ancestor's JSON: keys ``shape``, ``weights`` (n_out × n_in lists) and ``biases`` (n_out × 1 lists).

What was added since stands under further keys, which the ancestor ignores: ``activations``, ``loss``, ``dtype``,
``provenance``. Where they are absent the network is the ancestor's: sigmoid, quadratic cost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError, FileFormatError, Verbatim
from engine.network import Network
from engine.storage.files import write_whole
from engine.validation import Array, check_shape

_KEYS = ("shape", "weights", "biases")
_WHOLE_FILE = "Open another file, or save the network again from where it came from."


def save_network(network: Network, path: str | Path) -> None:
    """Writes the file whole or not at all. Raises OSError where the place cannot be written.

    Numbers are written with every digit they have, so that the same predictions come out again.
    """
    document = {
        "shape": list(network.shape),
        "weights": [w.tolist() for w in network.weights],
        "biases": [b.tolist() for b in network.biases],
        "activations": list(network.activations),
        "loss": network.loss,
        "dtype": str(network.parameters.dtype),
        "provenance": network.provenance,
    }
    write_whole(path, json.dumps(document, separators=(",", ":"), allow_nan=False).encode())


def load_network(path: str | Path) -> Network:
    """The network in a file of ours or of the ancestor.

    Raises:
        FileFormatError: not a network, cut short, a missing key, ragged rows, or something that is no finite number.
        OSError: the file cannot be read.
    """
    path = Path(path)
    document = _document(path)
    try:
        network = _empty_network(document)
    except EngineError as error:
        raise _error(path, f"a network whose {error.parameter} is {error.value}", error.rule, error.remedy) from None
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        w[...] = _layer(path, document, "weights", layer, w.shape)
        b[...] = _layer(path, document, "biases", layer, b.shape)
    return network


def _document(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as failure:
        raise _not_json(path, content, failure) from None
    if not isinstance(document, dict):
        kind = type(document).__name__
        raise _error(
            path,
            f"JSON, but no network (a {kind} at the top)",
            "must be an object with the keys of a network",
        )
    missing = [key for key in _KEYS if key not in document]
    if missing:
        found = ", ".join(list(document)[:6]) or "none"
        raise _error(path, f"without “{missing[0]}” (its keys: {found})", f"must have the keys {', '.join(_KEYS)}")
    return document


def _not_json(path: Path, content: bytes, failure: Exception) -> FileFormatError:
    looks_cut = content.lstrip()[:1] in (b"{", b"[") and not content.rstrip().endswith((b"}", b"]"))
    if looks_cut:
        return _error(path, f"cut short after {len(content):,} bytes", "must be whole JSON, from { to }")
    return _error(path, f"not a network ({failure})"[:200], "must be JSON with the keys shape, weights and biases")


def _empty_network(document: dict[str, Any]) -> Network:
    """A network of the file's shape and kind, whose parameters are still to be filled."""
    shape = check_shape(document["shape"])
    activations = document.get("activations")
    network = Network(
        shape,
        list(activations) if isinstance(activations, list) else activations,
        loss=document.get("loss", "quadratic"),
        initializer="zeros",
        dtype=str(document.get("dtype", "float32")),
    )
    provenance = document.get("provenance", {})
    network.provenance = provenance if isinstance(provenance, dict) else {}
    return network


def _layer(path: Path, document: dict[str, Any], key: str, layer: int, expected: Sequence[int]) -> Array:
    """The numbers of one layer, checked against the shape. Raises FileFormatError."""
    layers = document[key]
    count = len(document["shape"]) - 1
    if not isinstance(layers, list) or len(layers) != count:
        has = len(layers) if isinstance(layers, list) else type(layers).__name__
        raise _error(path, f"with {has} layers of {key}", f"must have {count}, as its shape says")
    rows, place = layers[layer], f"{key} of layer {layer + 1}"
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows} if isinstance(rows, list) else set()
    if len(lengths) > 1:
        raise _error(path, f"ragged in the {place}", "must have rows of equal length")
    if not isinstance(rows, list) or (len(rows), *lengths) != tuple(expected):
        has = f"{len(rows)} × {', '.join(map(str, lengths))}" if isinstance(rows, list) else type(rows).__name__
        raise _error(path, f"{has} in the {place}", f"must be {expected[0]} × {expected[1]} there, as its shape says")
    return _finite_numbers(path, rows, place)


def _finite_numbers(path: Path, rows: list[Any], place: str) -> Array:
    for row in rows:
        for number in row:
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise _error(path, f"holding {number!r} in the {place}", "must hold numbers only")
    try:
        array = np.array(rows, np.float64)
    except (ValueError, OverflowError):
        raise _error(path, f"holding a number out of range in the {place}", "must hold finite numbers") from None
    if not np.isfinite(array).all():
        raise _error(path, f"holding NaN or infinity in the {place}", "must hold finite numbers only")
    return array


def _error(path: Path, value: str, rule: str, remedy: str = _WHOLE_FILE) -> FileFormatError:
    return FileFormatError(path.name, Verbatim(value), rule, remedy)
