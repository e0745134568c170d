"""Networks in files, one module per format. To add a format, add a module here.

``save_network`` chooses the format by the ending of the name, ``load_network`` by the content of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt

from engine.network.network import Network
from engine.storage.checkpoint import (
    checkpoint_bytes,
    holds_checkpoint,
    is_checkpoint,
    load_checkpoint,
    load_provenance,
    read_checkpoint,
    save_checkpoint,
)
from engine.storage.network_json import load_network as load_json
from engine.storage.network_json import save_network as save_json
from engine.storage.numpy_script import export_script
from engine.storage.onnx_file import export_onnx

__all__ = [
    "checkpoint_bytes",
    "export_onnx",
    "export_script",
    "is_checkpoint",
    "is_network_file",
    "load_checkpoint",
    "load_network",
    "load_provenance",
    "read_checkpoint",
    "save_checkpoint",
    "save_network",
]


def save_network(network: Network, path: str | Path) -> None:
    """Writes a checkpoint if the name ends in ``.npz``, otherwise the ancestor's JSON; completely or not at all.

    Raises:
        DataError: a weight or bias is not finite.
        OSError: the file cannot be written.
    """
    save = save_checkpoint if Path(path).suffix.lower() == ".npz" else save_json
    save(network, path)


def is_network_file(path: str | Path) -> bool:
    """Whether a file is a network and no data, by its name or the names in it: JSON or a checkpoint."""
    return Path(path).suffix.lower() == ".json" or holds_checkpoint(path)


def load_network(path: str | Path, dtype: npt.DTypeLike | None = None) -> Network:
    """Returns the network in a checkpoint, or in a JSON file of this program or of the ancestor.

    Args:
        dtype: float32 or float64; by default as the file says, or float32 if it does not say.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: the file is not a network, or contains a number out of the range of ``dtype``.
        OSError: the file cannot be read.
    """
    return load_checkpoint(path, dtype)[0] if is_checkpoint(path) else load_json(path, dtype)
