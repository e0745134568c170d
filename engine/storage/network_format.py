"""The description of a format of network files: ending, names, and functions that read and write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy.typing as npt

from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.network.network import Network


@dataclass(frozen=True)
class NetworkFormat:
    """A format of network files: one that can be opened again, or an export, which only other programs open.

    Attributes:
        ending: the ending of the names of files, in lower case, with its only dot: ".npz".
        title: the name of the format in file dialogs and menus.
        help_name: the word for the format in the help of the command line: ".npz is compact".
        save: writes a network, completely or not at all.
        recognises: whether the content of a file begins as the format does; ``load`` says what is wrong with the rest.
            None for the format as which every file is read that no other one recognises.
        load: returns the network in a file, as float32 or float64; as the file says for None. None for an export.
        holds_network: whether the content of a file is a network, for an ending that data have too. None if the ending
            alone says so.
        check: raises what ``save`` would raise for a network of these layers, before it is trained. None if all that
            can be trained can be saved.
        note: returns a sentence for the user who has just exported a network; empty for none.
        action: the end of the object name of an export's menu entry: "Onnx" for ``actionExportOnnx``.
        shortcut: the keys of that entry, as Qt writes them: "Ctrl+Shift+O".
    """

    ending: str
    title: str
    help_name: str
    save: Callable[[Network, str | Path], None]
    recognises: Callable[[str | Path], bool] | None
    load: Callable[[str | Path, npt.DTypeLike | None], Network] | None = None
    holds_network: Callable[[str | Path], bool] | None = None
    check: Callable[[Network], None] | None = None
    note: Callable[[Network], str] = lambda network: ""
    action: str = ""
    shortcut: str = ""

    @property
    def is_export(self) -> bool:
        """Whether its files cannot be opened again."""
        return self.load is None

    @property
    def file_filter(self) -> str:
        """The entry in file dialogs: "JSON (*.json)"."""
        return f"{self.title} (*{self.ending})"

    def names(self, path: str | Path) -> bool:
        """Whether the name of a file has the ending."""
        return Path(path).suffix.lower() == self.ending

    def is_network(self, path: str | Path) -> bool:
        """Whether a file is a network in the format and no data, by ``holds_network`` or else by its name."""
        return self.names(path) if self.holds_network is None else self.holds_network(path)


def begins_with(path: str | Path, start: bytes) -> bool:
    """Whether a file begins so. Raises OSError if it cannot be read, FileFormatError if it is too large."""
    with open_regular(path, LARGEST_FILE) as file:
        return file.read(len(start)) == start
