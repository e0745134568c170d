"""A run as one file for another library: an ``.npz`` of numbers and texts, read without pickle.

The text ``header`` is JSON: the run, and the rows of its tables without their bytes. A member named after a table holds
the concatenated bytes of its rows; the members ``epochs`` and ``estimates`` hold numbers. The latter is absent from a
run without estimates and from files of nnviz up to 0.30, which ignores it. The file is untrusted: everything in it is
checked, and becomes a new run with a new number.
"""

from __future__ import annotations

import io
import json
import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.errors import EngineError, FileFormatError, bad_file, invalid_file
from engine.basics.npz import DAMAGE, Npz
from engine.basics.regular_files import open_regular
from engine.basics.validation import Array, whole_number
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.storage.checks import longest_description
from engine.storage.files import write_whole
from engine.training.history import MOST_CHANGES
from nnviz import __version__
from nnviz.library.errors import LibraryError
from nnviz.library.estimates import estimate_rows
from nnviz.library.library import Library
from nnviz.library.records import STATUSES, experiment_json, search_text_of, user_text_of
from nnviz.library.row_checks import MOST, REMEDY, check_row, date, duration, finite, most_bytes, most_rows, text
from nnviz.library.schema import ESTIMATE_COLUMNS, ESTIMATES, FIGURES, PARTS_OF_RUN
from nnviz.library.states import with_data

VERSION = 1
_FORMAT = "nnviz run"
_MOST_BYTES = 4 * 10**9  # of a file, and of what is unpacked of it
_MOST_HEADER = 20_000_000  # characters
_LONGEST = {"name": 200, "note": 100_000, "data": 200, "version": 40}
_NUMBERS: dict[str, Callable[[str, object], float]] = {
    **dict.fromkeys(("left_at", "epochs", "seconds"), duration),
    "created": date,
    **dict.fromkeys(FIGURES, finite),
}
_OPTIONAL = ("left_at", *FIGURES)
_EPOCH_COLUMNS = PARTS_OF_RUN["epochs"]
_WITH_BYTES = tuple(table for table in PARTS_OF_RUN if table != "epochs")
_ROWS_AT_ONCE = 500  # rows between two reports of the progress
_Parts = dict[str, list[dict[str, Any]]]  # rows by table


def without_paths(experiment: Experiment) -> Experiment:
    """Returns the experiment without folders of the user's files: the data's path keeps its name only."""
    settings = {name: value for name, value in experiment.data_settings.items() if name != "own"}
    return replace(experiment, data=Path(experiment.data).name or experiment.data, data_settings=settings)


def _without_places_in(payload: Any, made: Experiment) -> Any:
    """Returns the payload of an order without the folders in its data."""
    if not isinstance(payload, dict):
        return payload
    rest, data = {name: value for name, value in payload.items() if name != "data"}, payload.get("data")
    try:
        named = without_paths(with_data(made, data))
    except (EngineError, KeyError, TypeError):  # it names none
        return rest
    return {**rest, "data": {"data": named.data, "data_settings": named.as_dict()["data_settings"]}}


# ---- writing


def write_run(library: Library, run: int, path: str | Path, with_paths: bool = False) -> None:
    """Writes a run to a file atomically.

    User-drawn points are included; rows of files never are.

    Args:
        with_paths: whether paths of the data are included.

    Raises UnknownRunError or another LibraryError, OSError.
    """
    record, database = library.run(run), library.database
    made = record.experiment if with_paths else without_paths(record.experiment)
    columns = ("status", "name", "note", "data", "version", "batches", "best", "changes", *_NUMBERS)
    row = database.row(f"SELECT {', '.join(columns)}, description FROM runs WHERE id = ?", (run,)) or ()
    entries = dict(zip((*columns, "description"), row, strict=True))
    description = entries.pop("description")
    parts = {table: _rows_of(library, run, table) for table in PARTS_OF_RUN}
    if not with_paths:
        for order in parts["orders"]:
            order["payload"] = json.dumps(_without_places_in(json.loads(order["payload"]), made))
    entries |= {"best": json.loads(entries["best"] or "null"), "changes": json.loads(entries["changes"])}
    header: dict[str, Any] = {"format": _FORMAT, "version": VERSION, "nnviz": __version__, "run": entries}
    header["experiment"] = json.loads(experiment_json(made))
    header["description"] = None if description is None else json.loads(zlib.decompress(description))
    header["parts"] = {
        table: [_without_bytes(row) for row in rows] for table, rows in parts.items() if table != "epochs"
    }
    arrays = {table: _joined(rows) for table, rows in parts.items() if table != "epochs"}
    arrays["epochs"] = np.array([list(row.values()) for row in parts["epochs"]], np.float64).ravel()
    estimates = estimate_rows(database, run)
    if estimates:
        arrays["estimates"] = np.array(estimates, np.float64).ravel()
    content = io.BytesIO()
    np.savez_compressed(content, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
    write_whole(path, content.getvalue())


def _rows_of(library: Library, run: int, table: str) -> list[dict[str, Any]]:
    columns = PARTS_OF_RUN[table]
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE run = ? ORDER BY {columns[0]}"
    return [dict(zip(columns, row, strict=True)) for row in library.database.rows(query, (run,))]


def _without_bytes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "content"} | {"bytes": len(row["content"] or b"")}


def _joined(rows: list[dict[str, Any]]) -> Array:
    return np.frombuffer(b"".join(row["content"] or b"" for row in rows), np.uint8)


# ---- reading


def read_run(library: Library, path: str | Path, report: Callable[[str], None] = lambda words: None) -> int:
    """Adds the run in a file to the library; returns its new number.

    Args:
        report: called regularly with the progress; an exception that it raises cancels the import without a trace.

    Raises:
        FileFormatError: the file is no run, or it is damaged, too large or of a newer version.
        LibraryError, OSError: the library cannot be written to, or the file cannot be read.
    """
    path = Path(path)
    with open_regular(path, _MOST_BYTES) as file, _refused_in_words(path):
        arrays = Npz(file)
        run, parts = _read(path, arrays, report)
        count = sum(map(len, parts.values()))
        with library.database.writing():
            number = library.database.insert("runs", run)
            if parts["estimates"]:
                library.database.write(ESTIMATES)
            for done, (table, row) in enumerate(_with_content(arrays, parts)):
                if done % _ROWS_AT_ONCE == 0:
                    report(f"{done / count:.0%} written")
                library.database.insert(table, {"run": number, **row}, "INSERT OR REPLACE")
            library.database.count_bytes(number)
    return number


def _with_content(file: Npz, parts: _Parts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields all rows with their tables. Unpacks one row at a time, because all may need too much memory."""
    for table, rows in parts.items():
        if table not in _WITH_BYTES:
            yield from ((table, row) for row in rows)
            continue
        sizes = [row.pop("bytes") for row in rows]
        for row, content in zip(rows, file.pieces(table, sizes), strict=True):
            yield table, row | {"content": content or None}


@contextmanager
def _refused_in_words(path: Path) -> Iterator[None]:
    """Turns errors about the content of a file into FileFormatError."""
    try:
        yield
    except (FileFormatError, LibraryError):
        raise
    except EngineError as error:
        raise invalid_file(path, "run", error, REMEDY) from None
    except (*DAMAGE, AttributeError, RecursionError) as error:
        raise bad_file(path, f"damaged, or not an exported run ({str(error)[:100]})", REMEDY) from None


def _read(path: Path, file: Npz, report: Callable[[str], None]) -> tuple[dict[str, Any], _Parts]:
    """Returns the checked rows of the run and its tables, without their bytes but with the sizes of these."""
    needed = sum(claim.nbytes for claim in file.claims.values())
    if needed > _MOST_BYTES:
        raise ValueError(f"{needed:,} bytes unpacked")
    header = json.loads(file.text("header", _MOST_HEADER), parse_constant=_no_number)
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise bad_file(path, "not a run that nnviz exported", REMEDY)
    if whole_number("version", header["version"], 1, "1") > VERSION:
        by = f"nnviz {str(header.get('nnviz', ''))[:20]}"
        problem = f"its version {header['version']}, written by {by}, is too new for nnviz {__version__}"
        raise bad_file(path, problem, f"Install {by} or newer.")
    made = Experiment.from_dict(header["experiment"])
    parts: _Parts = {}
    for table in _WITH_BYTES:
        report("reading")
        parts[table] = list(_part(file, header["parts"][table], table, made))
    parts["epochs"] = _epochs(file)
    parts["estimates"] = [check_row("estimates", row, b"", made) for row in _estimates(file)]
    return _checked_run(header, made), parts


def _no_number(text: str) -> float:
    raise ValueError(f"{text} instead of a number")


def _checked_run(header: dict[str, Any], made: Experiment) -> dict[str, Any]:
    entries, now = header["run"], time.time()
    texts = {name: text(name, entries[name], most) for name, most in _LONGEST.items()}
    numbers = {
        name: None if entries[name] is None and name in _OPTIONAL else check(name, entries[name])
        for name, check in _NUMBERS.items()
    }
    status = entries["status"] if entries["status"] in STATUSES else "paused"
    changes = [
        [duration("epoch", at), text("change", words, 10_000)] for at, words in entries["changes"][-MOST_CHANGES:]
    ]
    best = entries["best"]
    if best is not None:
        figures = {name: None if best[name] is None else finite(name, best[name]) for name in ("error", "rmse", "r2")}
        best = {"epoch": duration("epoch", best["epoch"]), "loss": finite("loss", best["loss"]), **figures}
    return {
        **texts,
        **numbers,
        "status": "paused" if status in ("training", "new") else status,
        "batches": whole_number("batches", entries["batches"], 0, "1", 10**9),
        "updated": now,
        "fingerprint": made.fingerprint,
        "best": "" if best is None else json.dumps(best | {"early": bool(entries["best"]["early"])}),
        "changes": json.dumps(changes),
        "said": user_text_of(texts["name"], texts["note"]),
        "words": search_text_of(made, texts["data"]),
        "experiment": experiment_json(made),
        "description": _description(header["description"], made),
    }


def _description(entries: object, made: Experiment) -> bytes | None:
    if entries is None:
        return None
    content = json.dumps(entries)
    if len(content) > longest_description(made.shape):
        raise ValueError(f"{len(content):,} characters of names")
    Description.from_dict(entries).check_fits(made.inputs, made.outputs)
    return zlib.compress(content.encode(), 1)


def _epochs(file: Npz) -> list[dict[str, Any]]:
    rows = _numbers(file, "epochs", _EPOCH_COLUMNS)
    if not all(_is_duration(row["epoch"]) and _is_duration(row["seconds"]) for row in rows):
        raise ValueError("an epoch is out of range")
    return rows


def _is_duration(value: float | None) -> bool:
    return value is not None and 0 <= value <= MOST


def _estimates(file: Npz) -> list[dict[str, Any]]:
    return _numbers(file, "estimates", ESTIMATE_COLUMNS) if "estimates" in file.claims else []


def _numbers(file: Npz, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the rows of a table whose member holds numbers; None for those that are not finite."""
    width, claim = len(columns), file.claims[table]
    if claim.dtype.kind != "f" or claim.count % width or claim.count > width * most_rows(table):
        raise ValueError(f"{claim.count:,} numbers of {table}")
    rows = file.numbers(table).astype(np.float64).reshape(-1, width)
    return [
        {name: float(value) if math.isfinite(value) else None for name, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _part(file: Npz, rows: list[dict[str, Any]], table: str, made: Experiment) -> Iterator[dict[str, Any]]:
    """Returns the checked rows of one table, each with the size of its bytes."""
    if len(rows) > most_rows(table):
        raise ValueError(f"{len(rows):,} rows in {table}")
    if file.claims[table].dtype != np.uint8:
        raise ValueError(f"{table} does not hold bytes")
    sizes, most = [whole_number("bytes", entries["bytes"], 0, "1") for entries in rows], most_bytes(table, made)
    if max(sizes, default=0) > most:
        raise ValueError(f"{max(sizes):,} bytes in a row of {table}")
    for entries, content in zip(rows, file.pieces(table, sizes), strict=True):
        row = {name: entries[name] for name in PARTS_OF_RUN[table] if name != "content"}
        checked = check_row(table, row, content, made)
        del checked["content"]
        yield checked | {"bytes": len(content)}
