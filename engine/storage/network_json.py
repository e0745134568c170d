"""The JSON format of 2015: keys ``shape``, ``weights`` (n_out × n_in lists) and ``biases`` (n_out × 1 lists).

Further keys, which the library of 2015 ignores, were added later: ``activations``, ``loss``, ``dtype``, ``provenance``,
and ``description``, which says what inputs and outputs mean and how raw numbers are scaled; weights and biases are
those for scaled inputs. If they are missing, the network is one of 2015: sigmoid, quadratic loss, nothing scaled.
Numbers have all digits of float64; they are read as float32 by default.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.errors import (
    ANOTHER_FILE,
    EngineError,
    FileFormatError,
    SettingError,
    bad_file,
    counted,
    invalid_file,
    shown,
)
from engine.basics.regular_files import read_regular
from engine.basics.validation import Array, available_memory, check_shape, gigabytes
from engine.network.network import Network, check_dtype, first_non_finite_layer
from engine.storage.checks import check_finite, checked_provenance, description_json, provenance_json, set_description
from engine.storage.files import write_whole
from engine.storage.network_format import NetworkFormat

MOST_BYTES = 10**9
_OBJECTS_PER_BYTE = 16  # bytes of Python objects that a byte of JSON may become
_KEYS = ("shape", "weights", "biases")
_TABLES = (".csv", ".tsv")
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
_WIDER = 'Give dtype="float64" as well where it is loaded, or open another file.'


def save_network(network: Network, path: str | Path) -> None:
    """Writes the file completely or not at all.

    Numbers are written with all their digits, so that predictions stay the same.

    Raises:
        DataError: a weight or bias is not finite, or JSON cannot hold the provenance.
        OSError: the file cannot be written.
    """
    check_finite(network)
    entries = {
        "shape": _json(list(network.shape)),
        "weights": _json_of_layers(network.weights),
        "biases": _json_of_layers(network.biases),
        "activations": _json(list(network.activations)),
        "loss": _json(network.loss),
        "dtype": _json(str(network.parameters.dtype)),
        "provenance": provenance_json(network),
        "description": description_json(network),
    }
    content = ",".join(f'"{key}":{text}' for key, text in entries.items() if text)
    write_whole(path, f"{{{content}}}".encode())


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _json_of_layers(layers: list[Array]) -> str:
    """Converts row by row, because one call for millions of numbers would block all other threads."""
    rows = (",".join(_json(row.tolist()) for row in layer) for layer in layers)
    return f"[{','.join(f'[{layer}]' for layer in rows)}]"


def load_network(path: str | Path, dtype: npt.DTypeLike | None = None) -> Network:
    """Returns the network in a file of this program or of the ancestor.

    Args:
        dtype: float32 or float64; by default as the file says, or float32 if it does not say.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: not a network, truncated, a missing key, ragged rows, or something that is no finite number of
            that ``dtype``.
        OSError: the file cannot be read.
    """
    path = Path(path)
    number_type = None if dtype is None else check_dtype(dtype)
    document = _document(path)
    try:
        shape = check_shape(document["shape"])
        # Checked before the network is made, so that a wrong shape in a file allocates no memory.
        weights = _layers(path, document, "weights", list(zip(shape[1:], shape[:-1], strict=True)))
        biases = _layers(path, document, "biases", [(size, 1) for size in shape[1:]])
        network = _empty_network(shape, document, number_type)
    except FileFormatError:
        raise
    except EngineError as error:
        raise invalid_file(path, "network", error) from None
    with np.errstate(over="ignore"):
        for view, numbers in zip((*network.weights, *network.biases), (*weights, *biases), strict=True):
            view[...] = numbers
    bad = first_non_finite_layer(network)
    if bad is not None:
        raise bad_file(path, f"layer {bad} contains a number out of the range of {network.parameters.dtype}", _WIDER)
    return network


def _document(path: Path) -> dict[str, Any]:
    content = read_regular(path, MOST_BYTES)
    if len(content) * _OBJECTS_PER_BYTE > (available_memory() or math.inf):
        problem = f"reading {gigabytes(len(content))} of JSON may take {_OBJECTS_PER_BYTE} times as much memory"
        raise bad_file(path, f"{problem}, more than is available", "Save it as .npz, which needs far less.")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as failure:
        raise _not_json(path, content, failure) from None
    if not isinstance(document, dict):
        raise bad_file(path, f"not a network (JSON with a {type(document).__name__} at the top)")
    missing = [key for key in _KEYS if key not in document]
    if missing:
        found = ", ".join(list(document)[:6]) or "none"
        raise bad_file(path, f"not a network: the key “{missing[0]}” is missing (its keys: {found})")
    return document


def _not_json(path: Path, content: bytes, failure: Exception) -> FileFormatError:
    text = content.decode("utf-8", "replace").strip()
    if not text:
        return bad_file(path, "the file is empty")
    if (other := _other_file(path)) is not None:
        return other
    if isinstance(failure, UnicodeDecodeError):
        return bad_file(path, "neither JSON nor a checkpoint (.npz)")
    ended_early = isinstance(failure, json.JSONDecodeError) and failure.pos >= len(failure.doc.rstrip())
    if text[0] in "{[" and (ended_early or text[-1] != {"{": "}", "[": "]"}[text[0]]):
        return bad_file(path, f"the JSON is cut off after {len(content):,} bytes")
    return bad_file(path, f"not valid JSON ({failure})")


def _other_file(path: Path) -> FileFormatError | None:
    """Returns the error of a file that is a table or an image by its name; else None."""
    ending = path.suffix.lower()
    if ending in _TABLES:
        return bad_file(path, "a table, not a network", "Use File → Open data, or --data on the command line.")
    if ending in _IMAGES:
        return bad_file(path, "an image, not a network", "Open a saved network, .json or .npz.")
    return None


def _empty_network(shape: Sequence[int], document: dict[str, Any], number_type: np.dtype[Any] | None) -> Network:
    """Returns a network with the file's shape and functions, and parameters still to be filled. Raises EngineError."""
    provenance = checked_provenance(document.get("provenance", {}))
    dtype = document.get("dtype", "float32")
    if dtype not in ("float32", "float64"):
        raise SettingError("dtype", dtype, "must be float32 or float64", ANOTHER_FILE)
    activations = document.get("activations", ["sigmoid"] * (len(shape) - 1))
    if not isinstance(activations, list):
        raise SettingError("activations", activations, "must be a list of names, one for each layer", ANOTHER_FILE)
    network = Network(
        shape,
        activations,
        loss=document.get("loss", "quadratic"),
        initializer="zeros",
        dtype=dtype if number_type is None else number_type,
    )
    network.provenance = provenance
    set_description(network, document.get("description"))
    return network


def _layers(path: Path, document: dict[str, Any], key: str, expected: Sequence[tuple[int, int]]) -> list[Array]:
    """Returns the numbers under a key, layer by layer, checked against the expected sizes. Raises FileFormatError."""
    layers = document[key]
    if not isinstance(layers, list) or len(layers) != len(expected):
        has = counted(len(layers), "layer") if isinstance(layers, list) else f"a value of type {type(layers).__name__}"
        raise bad_file(path, f"“{key}” holds {has}, but the shape needs a list of {counted(len(expected), 'layer')}")
    return [
        _layer(path, rows, f"{key} of layer {layer}", size)
        for layer, (rows, size) in enumerate(zip(layers, expected, strict=True), start=1)
    ]


def _layer(path: Path, rows: object, place: str, expected: tuple[int, int]) -> Array:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_file(path, f"the {place} are not a list of lists")
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise bad_file(path, f"the {place} have rows of different lengths")
    found = (len(rows), *(lengths or {0}))
    if found != expected:
        needed = f"but the shape needs {expected[0]} × {expected[1]}"
        raise bad_file(path, f"the {place} are {found[0]} × {found[1]}, {needed}")
    return _finite_numbers(path, rows, place)


def _finite_numbers(path: Path, rows: list[Any], place: str) -> Array:
    for row in rows:
        for number in row:
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise bad_file(path, f"the {place} contain {shown(number)}, which is not a number")
    try:
        array = np.array(rows, np.float64)
    except (ValueError, OverflowError):
        raise bad_file(path, f"the {place} contain a number that is out of range") from None
    if not np.isfinite(array).all():
        raise bad_file(path, f"the {place} contain NaN or infinity")
    return array


FORMAT = NetworkFormat(
    ending=".json", title="JSON", help_name="JSON", save=save_network, recognises=None, load=load_network
)
