"""The networks included with the program: titles and errors, without loading them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import FileFormatError
from engine.provenance import Provenance
from engine.storage import SAVED_FORMATS, load_provenance
from nnviz.formatting import text

FOLDER = ASSETS / "networks"


@dataclass(frozen=True)
class BundledNetwork:
    """An included network: its file, its title, and its test error as a share, None if unknown."""

    path: Path
    title: str
    test_error: float | None = None

    @property
    def label(self) -> str:
        """The text of its menu entry."""
        return self.title if self.test_error is None else f"{self.title} · {text.percent(self.test_error)} test error"


def bundled_files() -> list[Path]:
    """Returns the files of all included networks in alphabetical order."""
    return sorted(path for path in FOLDER.glob("*") if any(each.names(path) for each in SAVED_FORMATS))


def bundled_networks() -> list[BundledNetwork]:
    """Returns all included networks with title and test error of their checkpoints; else with the file's name as title.

    Files of other formats are not read: JSON can only be read as a whole, which may take long.
    """
    networks = []
    for path in bundled_files():
        provenance = Provenance()
        if path.suffix.lower() == ".npz":
            with suppress(OSError, FileFormatError):  # opening the file will say what is wrong
                provenance = Provenance.from_dict(load_provenance(path))
        networks.append(BundledNetwork(path, provenance.title or path.stem, provenance.test_error))
    return networks
