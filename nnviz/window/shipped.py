"""The networks that come with the program: what a menu tells of them, without loading them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.assets_folder import ASSETS
from engine.provenance import Provenance
from nnviz.look import text

FOLDER = ASSETS / "networks"
_ENDINGS = (".npz", ".json")
_LARGEST_JSON = 5_000_000  # bytes; a JSON file tells nothing before it is read whole


@dataclass(frozen=True)
class Shipped:
    """A network in the folder: its file, what it is called, and how often it errs, as a share, where that is known."""

    path: Path
    title: str
    test_error: float | None = None

    @property
    def label(self) -> str:
        """For a menu."""
        return self.title if self.test_error is None else f"{self.title} · {text.percent(self.test_error)} test error"


def shipped_files() -> list[Path]:
    """In alphabetical order."""
    return sorted(path for path in FOLDER.glob("*") if path.suffix.lower() in _ENDINGS)


def shipped_networks() -> list[Shipped]:
    """What their files say of them; of one that says nothing, the name of the file."""
    return [_described(path) for path in shipped_files()]


def _described(path: Path) -> Shipped:
    try:
        past = Provenance.from_dict(_entries(path))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        past = Provenance()  # opening it will say what is wrong
    return Shipped(path, past.title or path.stem, past.test_error)


def _entries(path: Path) -> object:
    if path.suffix.lower() == ".npz":
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # reads only what is asked for
            document = json.loads(str(arrays["header"][()]))
    else:
        document = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= _LARGEST_JSON else {}
    return document.get("provenance") if isinstance(document, dict) else None
