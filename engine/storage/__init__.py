"""Networks in files, one module per format, listed in ``FORMATS``.

``save_network`` chooses the format by the ending of the name, ``load_network`` by the content of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt

from engine.network.network import Network
from engine.storage import checkpoint, network_json
from engine.storage.checkpoint import (
    checkpoint_bytes,
    is_checkpoint,
    load_checkpoint,
    load_provenance,
    read_checkpoint,
    save_checkpoint,
)
from engine.storage.network_format import NetworkFormat
from engine.storage.numpy_script import export_script
from engine.storage.onnx_file import export_onnx

__all__ = [
    "FORMATS",
    "NetworkFormat",
    "checkpoint_bytes",
    "export_onnx",
    "export_script",
    "format_by_name",
    "is_checkpoint",
    "is_network_file",
    "load_checkpoint",
    "load_network",
    "load_provenance",
    "read_checkpoint",
    "save_checkpoint",
    "save_network",
]


# In the order of file dialogs. The first one is that of every name and content that no other format has.
FORMATS: tuple[NetworkFormat, ...] = (network_json.FORMAT, checkpoint.FORMAT)


def format_by_name(path: str | Path) -> NetworkFormat:
    """Returns the format whose ending the name of a file has; JSON for any other name."""
    return next((each for each in FORMATS if each.names(path)), FORMATS[0])


def save_network(network: Network, path: str | Path) -> None:
    """Writes the format of the name's ending: a checkpoint for ``.npz``, the ancestor's JSON for a name of no format.

    The file is written completely or not at all.

    Raises:
        DataError: a weight or bias is not finite.
        OSError: the file cannot be written.
    """
    format_by_name(path).save(network, path)


def is_network_file(path: str | Path) -> bool:
    """Whether a file is a network and no data, by its name or the names in it: JSON or a checkpoint."""
    return any(each.is_network(path) for each in FORMATS)


def load_network(path: str | Path, dtype: npt.DTypeLike | None = None) -> Network:
    """Returns the network in a file of one of the formats: a checkpoint, or JSON of this program or of the ancestor.

    Args:
        dtype: float32 or float64; by default as the file says, or float32 if it does not say.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: the file is not a network, or contains a number out of the range of ``dtype``.
        OSError: the file cannot be read.
    """
    known = (each for each in FORMATS if each.recognises is not None and each.recognises(path))
    return next(known, FORMATS[0]).load(path, dtype)
