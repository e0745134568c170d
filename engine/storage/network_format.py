"""The description of a format of network files: ending, names, and functions that read and write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy.typing as npt

from engine.network.network import Network


@dataclass(frozen=True)
class NetworkFormat:
    """A format of network files.

    Attributes:
        ending: the ending of the names of files, in lower case, with its only dot: ".npz".
        title: the name of the format in file dialogs.
        help_name: the word for the format in the help of the command line: ".npz is compact".
        load: returns the network in a file, as float32 or float64; as the file says for None.
        save: writes a network, completely or not at all.
        recognises: whether the content of a file begins as the format does; ``load`` says what is wrong with the rest.
            None for the format as which every file is read that no other one recognises.
        holds_network: whether the content of a file is a network, for an ending that data have too. None if the ending
            alone says so.
    """

    ending: str
    title: str
    help_name: str
    load: Callable[[str | Path, npt.DTypeLike | None], Network]
    save: Callable[[Network, str | Path], None]
    recognises: Callable[[str | Path], bool] | None
    holds_network: Callable[[str | Path], bool] | None = None

    def names(self, path: str | Path) -> bool:
        """Whether the name of a file has the ending."""
        return Path(path).suffix.lower() == self.ending

    def is_network(self, path: str | Path) -> bool:
        """Whether a file is a network in the format and no data, by ``holds_network`` or else by its name."""
        return self.names(path) if self.holds_network is None else self.holds_network(path)
