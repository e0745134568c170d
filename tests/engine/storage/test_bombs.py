"""Small files that claim or unpack to much: they are refused in words, and take little memory."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.network.network import Network
from engine.storage import checks, load_checkpoint, load_network, load_provenance, save_checkpoint, save_network
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import ENDINGS, class_data, network_for

MB = 2**20


@contextmanager
def little_memory(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.fixture
def members(tmp_path: Path) -> dict[str, bytes]:
    """Those of a checkpoint with a training."""
    data = class_data()
    trainer = Trainer(network_for(data), data, TrainingSettings(batch_size=10, epochs=2, optimizer="adam"))
    for _, _event in zip(range(3), trainer.run(), strict=False):
        pass
    save_checkpoint(trainer.network, tmp_path / "whole.npz", trainer.state())
    with zipfile.ZipFile(tmp_path / "whole.npz") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def array(claim: str, content: bytes = b"", kind: str = "<f4", version: int = 1) -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {claim}, }}".ljust(117) + "\n"
    length = len(header).to_bytes(2 * version, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + header.encode() + content


def text(content: str) -> bytes:
    written = io.BytesIO()
    np.save(written, np.array(content))
    return written.getvalue()


def zipped(path: Path, members: dict[str, bytes], **how: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


COUNT = 3 * MB
ZEROS = bytes(4 * COUNT)
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "parameters": ("parameters.npy", lambda: array(f"({COUNT},)", ZEROS)),
    "parameters that claim less": ("parameters.npy", lambda: array("(3,)", ZEROS)),
    "parameters that claim 10^30": ("parameters.npy", lambda: array(f"({10**30},)")),
    "parameters that claim 10^17": ("parameters.npy", lambda: array(f"({10**17},)")),
    "header": ("header.npy", lambda: array("()", bytes(64 * MB), f"<U{16 * MB}")),
    "header of the format": ("header.npy", lambda: b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little") + ZEROS),
    "order": ("training/order.npy", lambda: array(f"({COUNT},)", ZEROS, "<u4")),
    "optimizer": ("training/optimizer.mean.npy", lambda: array(f"({COUNT},)", ZEROS)),
    "optimizer that claims 10^30": ("training/optimizer.mean.npy", lambda: array(f"({10**30},)")),
    "a member more": ("more.npy", lambda: ZEROS),
}


@pytest.mark.parametrize(("name", "make"), BOMBS.values(), ids=BOMBS)
def test_no_more_is_unpacked_than_the_network_needs(
    tmp_path: Path, members: dict[str, bytes], name: str, make: Callable[[], bytes]
) -> None:
    path = zipped(tmp_path / "bomb.npz", members | {name: make()})
    with little_memory(10 * MB), pytest.raises(FileFormatError, match=r"^bomb\.npz: "):
        load_checkpoint(path)


def test_a_member_longer_than_the_directory_says_is_read_no_further(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "bomb.npz", members | {"parameters.npy": array(f"({COUNT},)", ZEROS)})
    content = path.read_bytes()
    true, less = (len(array("(1,)")) + size for size in (len(ZEROS), 12))
    path.write_bytes(content.replace(true.to_bytes(4, "little"), less.to_bytes(4, "little")))
    with little_memory(10 * MB), pytest.raises(FileFormatError):
        load_checkpoint(path)


def test_a_directory_of_a_million_members_is_not_read(tmp_path: Path, members: dict[str, bytes]) -> None:
    """As large a directory of fewer members, with long names: of its 4 MB the first one is read."""
    path = zipped(tmp_path / "bomb.npz", members | {f"{number:01000}.npy": b"" for number in range(4000)})
    with little_memory(8 * MB), pytest.raises(FileFormatError, match="damaged"):
        load_checkpoint(path)


def test_members_of_one_name_are_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "net.npz", members)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("parameters.npy", members["parameters.npy"])
    with pytest.raises(FileFormatError, match="same name"):
        load_checkpoint(path)


@pytest.mark.parametrize("kind", [">f4", "<f8", "<f2"])
@pytest.mark.parametrize("version", [1, 2])
def test_numbers_of_other_kinds_are_read(tmp_path: Path, kind: str, version: int) -> None:
    network = Network([2, 3, 2], initializer="zeros")
    save_network(network, tmp_path / "net.npz")
    with zipfile.ZipFile(tmp_path / "net.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    numbers = np.arange(17, dtype=kind)
    zipped(tmp_path / "net.npz", members | {"parameters.npy": array("(17,)", numbers.tobytes(), kind, version)})
    assert sorted(load_network(tmp_path / "net.npz").parameters.tolist()) == list(range(17))


def test_zeros_of_a_network_of_that_size_are_read(tmp_path: Path) -> None:
    """They shrink to a thousandth, and are no bomb."""
    network = Network([1000, 1000], initializer="zeros")
    save_network(network, tmp_path / "net.npz")
    with little_memory(5 * network.parameters.nbytes):
        assert not load_network(tmp_path / "net.npz").parameters.any()


# ---- what JSON holds


def deep(levels: int) -> Any:
    nested: Any = []
    for _ in range(levels - 2):
        nested = [nested]
    return {"deep": nested}


@pytest.mark.parametrize("name", [f"net{ending}" for ending in ENDINGS])
def test_a_past_that_is_nested_deep_is_refused_when_it_is_read_and_saved(tmp_path: Path, name: str) -> None:
    network, path = Network([1, 1]), tmp_path / name
    for levels in (100, 101, 900):
        network.provenance = deep(levels)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checks, "_check_depth", lambda document: None)
            save_network(network, path)
        if levels == 100:
            save_network(load_network(path), path)
            continue
        with pytest.raises(FileFormatError, match="nested more than 100 deep"):
            load_network(path)
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            save_network(network, path)


def test_a_past_that_is_too_long_is_refused_when_it_is_saved(tmp_path: Path) -> None:
    network = Network([1, 1])
    network.provenance = {"note": "x" * 7_000_000}
    for ending in ENDINGS:
        with pytest.raises(ValueError, match="at most 7,000,000"):
            save_network(network, tmp_path / f"net{ending}")
    assert not list(tmp_path.iterdir())


def test_a_network_of_more_layers_than_can_be_is_refused(tmp_path: Path) -> None:
    layers = 100_001
    document = {"shape": [1] * layers, "weights": [[[1]]] * (layers - 1), "biases": [[[1]]] * (layers - 1)}
    (tmp_path / "net.json").write_text(json.dumps(document))
    with pytest.raises(FileFormatError, match="at most 100,000 layers"):
        load_network(tmp_path / "net.json")


# ---- what is no file


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
@pytest.mark.parametrize("read", [load_network, load_checkpoint, load_provenance])
def test_a_pipe_is_refused_at_once(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "net.npz")
    with pytest.raises(OSError, match="this is a pipe"):
        read(tmp_path / "net.npz")


@pytest.mark.parametrize("read", [load_network, load_checkpoint, load_provenance])
def test_a_file_of_a_terabyte_is_refused_unread(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with open(tmp_path / "net.json", "wb") as huge:
        huge.truncate(2**40)
    with pytest.raises(FileFormatError, match=r"at most .* are allowed"):
        read(tmp_path / "net.json")
