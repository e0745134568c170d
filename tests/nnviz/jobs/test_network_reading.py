"""What the window reads is what the command line reads."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from engine.basics.errors import FileFormatError
from engine.network.network import Network
from engine.storage import save_network
from nnviz.jobs.network_reading import read_network


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.json")
    with pytest.raises(OSError, match="this is a pipe"):
        read_network(tmp_path / "net.json", None)


def test_a_zip_behind_something_else_is_no_checkpoint(tmp_path: Path) -> None:
    save_network(Network([2, 3, 2]), tmp_path / "net.npz")
    assert read_network(tmp_path / "net.npz", None).network.shape == [2, 3, 2]
    hidden = b'{"shape": [' + (tmp_path / "net.npz").read_bytes()
    (tmp_path / "net.npz").write_bytes(hidden)
    assert zipfile.is_zipfile(tmp_path / "net.npz")
    with pytest.raises(FileFormatError, match="neither JSON nor a checkpoint"):
        read_network(tmp_path / "net.npz", None)
