"""Networks on disk, one file per format. A new format: one new file here.

``save`` goes by the ending of the name, ``load`` by what is in the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt

from engine.network import Network
from engine.storage.checkpoint import load_checkpoint, save_checkpoint
from engine.storage.network_json import load_network as load_json
from engine.storage.network_json import save_network as save_json
from engine.storage.numpy_script import export_script
from engine.storage.onnx_file import export_onnx

__all__ = ["export_onnx", "export_script", "load_checkpoint", "load_network", "save_checkpoint", "save_network"]

_START_OF_A_ZIP = b"PK\x03\x04"


def save_network(network: Network, path: str | Path) -> None:
    """Writes a checkpoint where the name ends in ``.npz``, else the ancestor's JSON; whole or not at all.

    Raises:
        DataError: a weight or bias is not finite.
        OSError: the place cannot be written.
    """
    save = save_checkpoint if Path(path).suffix.lower() == ".npz" else save_json
    save(network, path)


def load_network(path: str | Path, dtype: npt.DTypeLike | None = None) -> Network:
    """The network in a checkpoint, or in a JSON file of ours or of the ancestor.

    Args:
        dtype: float32 or float64; left out, what the file says, and float32 where it does not.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: the file is not a network, or holds a number that ``dtype`` cannot.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        is_zip = file.read(len(_START_OF_A_ZIP)) == _START_OF_A_ZIP
    return load_checkpoint(path, dtype)[0] if is_zip else load_json(path, dtype)
