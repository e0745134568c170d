"""Checks of the rows of a run that come from a file of unknown origin, or from a damaged library."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any

from engine.datasets.description import Description
from engine.errors import SettingError
from engine.experiment import Experiment
from engine.moments import Moment
from engine.storage import read_checkpoint
from engine.storage.checks import longest_description
from engine.validation import number_within, whole_number
from nnviz.library.curves import unpack_matrices

_REMEDY = "Export the run again, or choose another file."


def checked_row(table: str, row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    """The columns of a row of that table, all of the kind and range that they must have.

    Args:
        row: its columns, without its bytes.
        made: the experiment of the run.

    Raises EngineError, ValueError, TypeError or KeyError for what no run has.
    """
    return _CHECKS[table](row, content, made)


def read_description(content: bytes | None, made: Experiment) -> Description | None:
    """What inputs and outputs of the run mean, from its packed JSON; None for none.

    Raises EngineError, ValueError, TypeError or RecursionError for what does not fit the run.
    """
    if content is None:
        return None
    try:
        told = zlib.decompressobj().decompress(content, 4 * longest_description(made.shape))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    description = Description.from_dict(json.loads(told))
    description.check_fits(made.inputs, made.outputs)
    return description


def text(name: str, value: object, most: int) -> str:
    """The text, if it is one of at most so many characters. Raises SettingError."""
    if not isinstance(value, str) or len(value) > most:
        raise SettingError(name, value, f"must be a text of at most {most:,} characters", _REMEDY)
    return value.encode("utf-8", "replace").decode()


def finite(name: str, value: object) -> float:
    """The number, if it is a finite one. Raises SettingError."""
    return number_within(name, value, -math.inf, math.inf, "1")


def _confusion(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    unpack_matrices(content)
    return {"epoch": finite("epoch", row["epoch"]), "nbytes": len(content), "content": content}


def _moment(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    Moment(row["bits"], content).parameters(made.shape)
    epoch = finite("epoch", row["epoch"])
    return {
        "epoch": epoch,
        "nbytes": len(content),
        "bits": row["bits"],
        "checksum": zlib.crc32(content),
        "content": content,
    }


def _state(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    network, training = read_checkpoint(content, "its state")
    if training is None or (tuple(network.shape), network.loss) != (made.shape, made.loss):
        raise ValueError("a state of another network")
    counts = {name: whole_number(name, row[name], 0, "1", 10**12) for name in ("epoch", "batch", "orders", "is_last")}
    numbers = {name: finite(name, row[name]) for name in ("at", "before")}
    machine = text("machine", row["machine"], 1000)
    json.loads(machine)
    return {**counts, **numbers, "machine": machine, "nbytes": len(content), "content": content}


def _order(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    payload = text("payload", row["payload"], 1_000_000)
    json.loads(payload)
    counts = {name: whole_number(name, row[name], 0, "1", 10**12) for name in ("number", "epoch", "batch")}
    told = {"at": finite("at", row["at"]), "kind": text("kind", row["kind"], 100), "payload": payload}
    return {**counts, **told, "content": content or None}


def _epoch(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    return {name: None if value is None else finite(name, value) for name, value in row.items()}


_CHECKS = {"epochs": _epoch, "confusions": _confusion, "moments": _moment, "states": _state, "orders": _order}
