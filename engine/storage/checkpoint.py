"""Checkpoints: a compact ``.npz`` with the parameters and, if wanted, the state of the training to resume it exactly.

This is numpy's format, a zip of arrays, read without pickle, so that files from strangers are safe. The array
``header`` contains JSON: version of the format, shape, activations, loss and so on; ``parameters`` contains each
layer's weights, neuron by neuron, and its biases, and ``training/...`` a
:class:`~engine.training.events.TrainingState`. The text ``description``, where it is there, is the JSON of the
network's :class:`~engine.datasets.description.Description`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.errors import ANOTHER_FILE, EngineError, FileFormatError, SettingError, bad_file, invalid_file
from engine.basics.npz import DAMAGE, Npz
from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.basics.validation import Array, check_available, check_shape, parameter_count, whole_number
from engine.network.network import Network, check_dtype, first_non_finite_layer, from_neuron_by_neuron, neuron_by_neuron
from engine.storage.checks import (
    check_finite,
    checked_provenance,
    description_json,
    longest_description,
    provenance_json,
    set_description,
)
from engine.storage.files import write_whole
from engine.storage.network_format import NetworkFormat, begins_with
from engine.training.events import TrainingState

VERSION = 1
_FORMAT = "nnviz checkpoint"
_START_OF_A_ZIP = b"PK\x03\x04"
_TRAINING = "training/"
_DESCRIPTION = "description"
_TIMES_AS_OBJECTS = 6  # a byte of text, 4 for each character, may become this many bytes of Python objects
_MOST_HEADER = 10_000_000  # characters
_MOST_UNPACKED_ORDER = 16  # times as large as the file; an order of examples shrinks to a third
_ORDER = "order"  # order of the examples: the only vector of a run without the layout of the parameters


def save_checkpoint(
    network: Network, path: str | Path, state: TrainingState | None = None, half_precision: bool = False
) -> None:
    """Writes a checkpoint, completely or not at all.

    Args:
        state: state of the network's run, taken together with its parameters.
        half_precision: store parameters as float16: half the size, three digits. Not together with a state.

    Raises:
        DataError: a weight or bias is not finite, or JSON cannot hold the provenance.
        SettingError: ``half_precision`` is set together with a state, or a weight is too large for it.
        OSError: the file cannot be written.
    """
    write_whole(path, checkpoint_bytes(network, state, half_precision))


def checkpoint_bytes(
    network: Network, state: TrainingState | None = None, half_precision: bool = False, compressed: bool = True
) -> bytes:
    """Returns what :func:`save_checkpoint` writes. Raises the same DataError and SettingError.

    Args:
        compressed: packed as small as possible. Without it the content is larger and made several times as fast.
    """
    check_finite(network)
    header: dict[str, Any] = {
        "format": _FORMAT,
        "version": VERSION,
        "shape": list(network.shape),
        "activations": list(network.activations),
        "loss": network.loss,
        "dtype": str(network.parameters.dtype),
        "provenance": json.loads(provenance_json(network)),
    }
    parameters = neuron_by_neuron(network.parameters, network.shape)
    arrays: dict[str, Any] = {"parameters": _half(parameters, state) if half_precision else parameters}
    if description := description_json(network):
        arrays[_DESCRIPTION] = np.array(description)
    if state is not None:
        header["settings"], header["progress"] = state.settings, state.progress
        for name, vector in state.vectors.items():
            arrays[_TRAINING + name] = vector if name == _ORDER else neuron_by_neuron(vector, network.shape)
    content, save = io.BytesIO(), np.savez_compressed if compressed else np.savez
    save(content, header=np.array(json.dumps(header, separators=(",", ":"), allow_nan=False)), **arrays)
    return content.getvalue()


def _half(parameters: Array, state: TrainingState | None) -> Array:
    if state is not None:
        raise SettingError(
            "half_precision",
            True,
            "must be False if a training state is saved, because it would not resume exactly",
            "Save it in full precision, or save the network alone.",
        )
    if np.abs(parameters).max() > np.finfo(np.float16).max:
        raise SettingError(
            "half_precision", True, "must be False for weights above 65504", "Save it in full precision."
        )
    return parameters.astype(np.float16)


def is_checkpoint(path: str | Path) -> bool:
    """Whether a file starts as a checkpoint does. Raises OSError if it cannot be read, FileFormatError if too large."""
    return begins_with(path, _START_OF_A_ZIP)


def holds_checkpoint(path: str | Path) -> bool:
    """Whether a file has the arrays of a checkpoint, by their names alone; False for one that cannot be read."""
    try:
        with open_regular(path, LARGEST_FILE) as file, zipfile.ZipFile(file) as members:
            return {"header.npy", "parameters.npy"} <= set(members.namelist())
    except (EngineError, *DAMAGE):
        return False


def load_checkpoint(path: str | Path, dtype: npt.DTypeLike | None = None) -> tuple[Network, TrainingState | None]:
    """Returns the network in a checkpoint and the state of its training, if it was saved.

    Args:
        dtype: float32 or float64; by default that of the saved network, without which training cannot be resumed
            exactly.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: no checkpoint, damaged, of a newer version, or with numbers that are not finite.
        OSError: the file cannot be read.
    """
    path = Path(path)
    number_type = None if dtype is None else check_dtype(dtype)
    with _arrays(path) as arrays:
        return _network_and_state(path, arrays, number_type)


def read_checkpoint(
    content: bytes, name: str, wanted: Sequence[int] | None = None
) -> tuple[Network, TrainingState | None]:
    """Returns what :func:`load_checkpoint` returns, of a checkpoint that is no file; ``name`` stands in the errors.

    Args:
        wanted: the shape that the network must have; another one is refused before it is unpacked. None for any.

    Raises FileFormatError.
    """
    path = Path(name)
    with _refused_in_words(path):
        return _network_and_state(path, Npz(io.BytesIO(content)), None, wanted)


def _network_and_state(
    path: Path, arrays: Npz, number_type: np.dtype[Any] | None, wanted: Sequence[int] | None = None
) -> tuple[Network, TrainingState | None]:
    header = _header(path, arrays)
    if wanted is not None and tuple(check_shape(header["shape"])) != tuple(wanted):
        raise bad_file(path, f"the network's layers are not {', '.join(map(str, wanted))[:60]}")
    network = _network(path, header, arrays, number_type)
    return network, _state(header, arrays, network.shape)


def load_provenance(path: str | Path) -> dict[str, Any]:
    """Returns the provenance of the network in a checkpoint, quickly: reads nothing else of the file.

    Raises:
        FileFormatError: no checkpoint, damaged or of a newer version.
        OSError: the file cannot be read.
    """
    path = Path(path)
    with _arrays(path) as arrays:
        return checked_provenance(_header(path, arrays)["provenance"])


@contextmanager
def _arrays(path: Path) -> Iterator[Npz]:
    """Yields the arrays of a checkpoint; turns errors about what they hold into FileFormatError."""
    with open_regular(path, LARGEST_FILE) as file, _refused_in_words(path):
        yield Npz(file)


@contextmanager
def _refused_in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FileFormatError:
        raise
    except EngineError as error:
        raise invalid_file(path, "network", error) from None
    except DAMAGE as error:
        raise bad_file(path, f"damaged, or not a checkpoint ({error})") from None


def _header(path: Path, arrays: Npz) -> dict[str, Any]:
    header = json.loads(arrays.text("header", _MOST_HEADER))
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise bad_file(path, "not a checkpoint of a network")
    if whole_number("version", header["version"], 1, "1") > VERSION:
        problem = f"its version {header['version']} is newer than {VERSION}, which this release reads"
        raise bad_file(path, problem, "Open it with a newer release of nnviz.")
    return header


def _network(path: Path, header: dict[str, Any], arrays: Npz, number_type: np.dtype[Any] | None) -> Network:
    shape = check_shape(header["shape"])
    claim = arrays.claims["parameters"]
    if claim.count != parameter_count(shape):
        raise bad_file(path, f"it has {claim.count:,} parameters, but its shape needs {parameter_count(shape):,}")
    if claim.dtype.kind != "f":
        raise bad_file(path, f"its parameters are of type {claim.dtype}, not floats")
    of_file = check_dtype(header["dtype"])
    kind = of_file if number_type is None else number_type
    network = Network(shape, header["activations"], header["loss"], "zeros", dtype=kind)
    with np.errstate(over="ignore"):
        network.parameters[...] = from_neuron_by_neuron(arrays.numbers("parameters"), shape)
    network.provenance = checked_provenance(header["provenance"])
    if _DESCRIPTION in arrays.claims:
        set_description(network, _described(arrays, shape))
    bad = first_non_finite_layer(network)
    if bad is not None:
        raise bad_file(path, f"layer {bad} contains NaN or infinity in {kind}")
    return network


def _described(arrays: Npz, shape: Sequence[int]) -> Any:
    needed = arrays.claims[_DESCRIPTION].nbytes * _TIMES_AS_OBJECTS
    check_available(needed, "description", "reading it", ANOTHER_FILE)
    return json.loads(arrays.text(_DESCRIPTION, longest_description(shape)))


def _state(header: dict[str, Any], arrays: Npz, shape: list[int]) -> TrainingState | None:
    if "progress" not in header:
        return None
    for name in ("settings", "progress"):
        if not isinstance(header[name], dict):
            raise SettingError(name, header[name], "must be an object", ANOTHER_FILE)
    _check_sizes_of_training(arrays, shape)
    vectors = {}
    for key in arrays.claims:
        if key.startswith(_TRAINING):
            name, numbers = key.removeprefix(_TRAINING), arrays.numbers(key)
            vectors[name] = numbers if name == _ORDER else from_neuron_by_neuron(numbers, shape)
    return TrainingState(header["settings"], header["progress"], vectors)


def _check_sizes_of_training(arrays: Npz, shape: list[int]) -> None:
    """Raises ValueError or SettingError for vectors that are larger than they can be, before any is unpacked."""
    claims = {name: claim for name, claim in arrays.claims.items() if name.startswith(_TRAINING)}
    for name, claim in claims.items():
        if name == _TRAINING + _ORDER:
            fits = claim.nbytes <= _MOST_UNPACKED_ORDER * arrays.packed_bytes
        else:
            fits = claim.count == parameter_count(shape)
        if not fits:
            raise ValueError(f"{claim.count:,} numbers for {parameter_count(shape):,} parameters in {name[:40]!r}")
    needed = sum(claim.nbytes for claim in claims.values())
    check_available(needed, "training", "reading its state", ANOTHER_FILE)


FORMAT = NetworkFormat(
    ending=".npz",
    title="Compact checkpoint",
    help_name="compact",
    save=save_checkpoint,
    recognises=is_checkpoint,
    load=lambda path, dtype: load_checkpoint(path, dtype)[0],
    holds_network=holds_checkpoint,
)
