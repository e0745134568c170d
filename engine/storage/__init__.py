"""Networks in files, one module per format, listed in ``FORMATS``.

``save_network`` chooses the format by the ending of the name, ``load_network`` by the content of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt

from engine.basics.errors import FileFormatError, SettingError, bad_file
from engine.network.network import Network
from engine.storage import checkpoint, network_json, numpy_script, onnx_file
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
    "EXPORTS",
    "FORMATS",
    "SAVED_FORMATS",
    "NetworkFormat",
    "check_is_no_export",
    "checkpoint_bytes",
    "export_format",
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


# In the order of file dialogs and menus. The first one is that of every name and content that no other format has.
FORMATS: tuple[NetworkFormat, ...] = (network_json.FORMAT, checkpoint.FORMAT, onnx_file.FORMAT, numpy_script.FORMAT)
SAVED_FORMATS = tuple(each for each in FORMATS if not each.is_export)
EXPORTS = tuple(each for each in FORMATS if each.is_export)


def format_by_name(path: str | Path) -> NetworkFormat:
    """Returns the format whose ending the name of a file has; JSON for any other name, as in 2015."""
    return next((each for each in FORMATS if each.names(path)), FORMATS[0])


def export_format(path: str | Path) -> NetworkFormat:
    """Returns the export whose ending the name of a file has. Raises SettingError for any other name."""
    chosen = format_by_name(path)
    if not chosen.is_export:
        endings = " or ".join(each.ending for each in EXPORTS)
        raise SettingError.from_problem(str(path), f"its name must end in {endings}", "Choose another name.")
    return chosen


def save_network(network: Network, path: str | Path) -> None:
    """Writes a file that can be opened again: a checkpoint for ``.npz``, the ancestor's JSON for a name of no format.

    The file is written completely or not at all.

    Raises:
        SettingError: the name has the ending of an export, for which there is ``export_format(path).save``.
        DataError: a weight or bias is not finite.
        OSError: the file cannot be written.
    """
    chosen = format_by_name(path)
    if chosen.is_export:
        problem = f"{chosen.ending} is an export ({chosen.title}), which cannot be opened again"
        raise SettingError.from_problem("", problem, f"Save the network as {_endings()}, or export it.")
    chosen.save(network, path)


def is_network_file(path: str | Path) -> bool:
    """Whether a file is a network and no data, by its name or the names in it; an export also is, which opens not."""
    return any(each.is_network(path) for each in FORMATS)


def load_network(path: str | Path, dtype: npt.DTypeLike | None = None) -> Network:
    """Returns the network in a file of one of the formats: a checkpoint, or JSON of this program or of the ancestor.

    Args:
        dtype: float32 or float64; by default as the file says, or float32 if it does not say.

    Raises:
        SettingError: ``dtype`` is neither.
        FileFormatError: the file is not a network, an export, or contains a number out of the range of ``dtype``.
        OSError: the file cannot be read.
    """
    found = _format_by_content(path)
    if found.load is None:
        raise _export_error(found, path)
    return found.load(path, dtype)


def check_is_no_export(path: str | Path) -> None:
    """Raises FileFormatError for an export, which cannot be opened again, and OSError."""
    found = _format_by_content(path)
    if found.is_export:
        raise _export_error(found, path)


def _format_by_content(path: str | Path) -> NetworkFormat:
    known = (each for each in FORMATS if each.recognises is not None and each.recognises(path))
    return next(known, FORMATS[0])


def _export_error(found: NetworkFormat, path: str | Path) -> FileFormatError:
    problem = f"an export ({found.title}), which cannot be opened again"
    return bad_file(Path(path), problem, f"Open the network from which it was exported ({_endings()}), or its run.")


def _endings() -> str:
    return " or ".join(each.ending for each in SAVED_FORMATS)
