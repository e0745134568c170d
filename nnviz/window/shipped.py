"""The networks that come with the program: their titles and errors, without loading them."""

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
_LARGEST_JSON = 5_000_000  # bytes; larger files are not read, because JSON can only be read as a whole


@dataclass(frozen=True)
class Shipped:
    """A shipped network: its file, its title, and its test error as a share, None if unknown."""

    path: Path
    title: str
    test_error: float | None = None

    @property
    def label(self) -> str:
        """The text of its menu entry."""
        return self.title if self.test_error is None else f"{self.title} · {text.percent(self.test_error)} test error"


def shipped_files() -> list[Path]:
    """The files of all shipped networks, in alphabetical order."""
    return sorted(path for path in FOLDER.glob("*") if path.suffix.lower() in _ENDINGS)


def shipped_networks() -> list[Shipped]:
    """All shipped networks with what their files say of them; the title is else the file's name."""
    return [_described(path) for path in shipped_files()]


def _described(path: Path) -> Shipped:
    try:
        provenance = Provenance.from_dict(_entries(path))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        provenance = Provenance()  # opening the file will say what is wrong
    return Shipped(path, provenance.title or path.stem, provenance.test_error)


def _entries(path: Path) -> object:
    if path.suffix.lower() == ".npz":
        with (
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):  # reads only the arrays that are asked for
            document = json.loads(str(arrays["header"][()]))
    else:
        document = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= _LARGEST_JSON else {}
    return document.get("provenance") if isinstance(document, dict) else None
