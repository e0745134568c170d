"""Checks of the rows of a run that come from an untrusted file or from a damaged library."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.basics.errors import SettingError
from engine.basics.validation import number_within, parameter_count, whole_number
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.storage import read_checkpoint
from engine.storage.checks import longest_description
from engine.storage.packed_snapshots import PackedSnapshot
from engine.training.history import PARTS
from engine.training.settings import TrainingSettings
from nnviz.library.curves import unpack_matrices
from nnviz.library.states import LEAP

REMEDY = "Export the run again, or choose another file."
MOST = 1e12  # epochs, or seconds
_LAST_DATE = 253_370_000_000.0  # seconds since 1970: in the year 9998, which is in every time zone's calendar
# Vectors of parameters in a state: those of an optimizer, the best ones, and as many again. Bytes of the rest of it:
# settings, names of layers, the order of ten million examples.
_VECTORS_OF_STATE, _REST_OF_STATE = 10, 64_000_000
_INDEX = np.dtype("<i4")
_PARAMETERS = (np.dtype("<f4"), np.dtype("<f8"))


def check_row(table: str, row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    """Returns the columns of a row of that table after it has checked their types and ranges.

    Args:
        row: the columns, without the bytes.
        made: the experiment of the run.

    Raises EngineError, ValueError, TypeError or KeyError for invalid rows.
    """
    return _CHECKS[table](row, content, made)


def most_rows(table: str) -> int:
    """Returns the largest number of rows of a table for one run: several times as many as a recording keeps."""
    return {"moments": 10_000, "states": 100, "confusions": 20_000, "estimates": 1000}.get(table, 100_000)


def most_bytes(table: str, made: Experiment) -> int:
    """Returns the largest size of a row's bytes in a run of that experiment, besides its other columns."""
    parameters, neurons = parameter_count(made.shape), sum(made.shape)
    if table == "moments":
        return 4 * (parameters + neurons)
    if table == "confusions":
        return len(PARTS) * _classes(made) ** 2 * 8 + 100
    return _VECTORS_OF_STATE * 8 * parameters + _REST_OF_STATE  # a state, or an order that has one


def _classes(made: Experiment) -> int:
    """Returns the largest possible number of classes in a confusion matrix of the run."""
    return max(made.outputs, 2)


def read_description(content: bytes | None, made: Experiment) -> Description | None:
    """Returns the meaning of the run's inputs and outputs from its packed JSON; None for none.

    Raises EngineError, ValueError, TypeError or RecursionError if it does not fit the run.
    """
    if content is None:
        return None
    try:
        checked = zlib.decompressobj().decompress(content, 4 * longest_description(made.shape))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    description = Description.from_dict(json.loads(checked))
    description.check_fits(made.inputs, made.outputs)
    return description


def text(name: str, value: object, most: int) -> str:
    """Returns the text if its length is within the limit. Raises SettingError."""
    if not isinstance(value, str) or len(value) > most:
        raise SettingError(name, value, f"must be a text of at most {most:,} characters", REMEDY)
    return value.encode("utf-8", "replace").decode()


def finite(name: str, value: object) -> float:
    """Returns the number if it is finite. Raises SettingError."""
    return number_within(name, value, -math.inf, math.inf, "1")


def date(name: str, value: object) -> float:
    """Returns the seconds since 1970 if a calendar has that date. Raises SettingError."""
    return number_within(name, value, 0, _LAST_DATE, "0", "seconds since 1970")


def duration(name: str, value: object) -> float:
    """Returns the epochs or seconds if a run can have that many. Raises SettingError."""
    return number_within(name, value, 0, MOST, "1")


def _confusion(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    unpack_matrices(content, _classes(made))
    return {"epoch": duration("epoch", row["epoch"]), "nbytes": len(content), "content": content}


def _moment(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    PackedSnapshot(row["bits"], content).parameters(made.shape)
    epoch = duration("epoch", row["epoch"])
    return {
        "epoch": epoch,
        "nbytes": len(content),
        "bits": row["bits"],
        "checksum": zlib.crc32(content),
        "content": content,
    }


def _state(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    _check_state(content, made)
    counts = {name: whole_number(name, row[name], 0, "1", 10**12) for name in ("epoch", "batch", "orders", "is_last")}
    numbers = {name: duration(name, row[name]) for name in ("at", "before")}
    machine = text("machine", row["machine"], 1000)
    json.loads(machine)
    return {**counts, **numbers, "machine": machine, "nbytes": len(content), "content": content}


def _check_state(content: bytes, made: Experiment) -> None:
    network, training = read_checkpoint(content, "its state", made.shape)
    if training is None or network.loss != made.loss:
        raise ValueError("a state of another network")


def _order(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    payload = text("payload", row["payload"], 1_000_000)
    counts = {name: whole_number(name, row[name], 0, "1", 10**12) for name in ("number", "epoch", "batch")}
    at, kind = duration("at", row["at"]), text("kind", row["kind"], 100)
    _check_payload(kind, json.loads(payload), content, made)
    return {**counts, "at": at, "kind": kind, "payload": payload, "content": content or None}


def _check_payload(kind: str, payload: object, content: bytes, made: Experiment) -> None:
    """Raises an error unless an order of that kind is valid for the run. Other kinds are not checked."""
    if not isinstance(payload, Mapping):
        raise TypeError("an order without values")
    if kind == "settings":
        TrainingSettings.from_dict(payload)
    elif kind == "edit":
        _check_edit(whole_number("count", payload.get("count"), 0, "1"), content, parameter_count(made.shape))
    elif kind == LEAP:
        duration("before", payload.get("before"))
        duration("since", payload.get("since", 0))
        if not isinstance(payload.get("machine"), Mapping):
            raise TypeError("a state without its machine")
        _check_state(content, made)


def _check_edit(count: int, content: bytes, parameters: int) -> None:
    kinds = [kind for kind in _PARAMETERS if len(content) == count * (_INDEX.itemsize + kind.itemsize)]
    if not kinds:
        raise ValueError(f"{len(content):,} bytes for {count:,} parameters")
    places = np.frombuffer(content, _INDEX, count)
    if count and not 0 <= places.min() <= places.max() < parameters:
        raise ValueError("parameters that the network does not have")
    if not np.isfinite(np.frombuffer(content, kinds[0], count, count * _INDEX.itemsize)).all():
        raise ValueError("parameters that are not finite")


def _epoch(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    checked = {name: duration(name, row[name]) for name in ("epoch", "seconds")}
    return {name: None if value is None else finite(name, value) for name, value in row.items()} | checked


def _estimate(row: dict[str, Any], content: bytes, made: Experiment) -> dict[str, Any]:
    checked = {name: None if value is None else finite(name, value) for name, value in row.items()}
    return checked | {"epoch": number_within("epoch", row["epoch"], 0, 1, "0.5")}


_CHECKS = {
    "epochs": _epoch,
    "confusions": _confusion,
    "moments": _moment,
    "states": _state,
    "orders": _order,
    "estimates": _estimate,
}
