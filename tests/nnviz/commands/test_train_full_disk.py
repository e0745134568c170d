"""``train --checkpoint`` while the disk is full: the training goes on, and what can be saved is saved."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import pytest

from engine.storage import load_checkpoint, load_network
from nnviz.commands import cli

pytestmark = pytest.mark.usefixtures("small_data_here")

SMALL = ("train", "--shape", "784,8,10", "--batch-size", "50", "--save", "net.json", "--checkpoint", "run.npz")
FULL = "nnviz: run.npz could not be written: No space left on device. Training continues"


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the writes of these numbers fail, from 1."""
    flush, writes = os.fsync, [0]

    def set_full(*numbers: int) -> None:
        def write(handle: int) -> None:
            writes[0] += 1
            if writes[0] in numbers:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            flush(handle)

        monkeypatch.setattr(os, "fsync", write)

    return set_full


def test_a_full_disk_ends_no_training(fill_disk: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    fill_disk(2, 3)
    assert cli.main([*SMALL, "--epochs", "4"]) == 0
    reported = capsys.readouterr()
    assert reported.err.count(FULL) == 1, "once, until it works again"
    assert reported.err.count("nnviz: run.npz was written and is up to date.") == 1
    assert "epoch 4 of 4" in reported.out
    state = load_checkpoint("run.npz")[1]
    assert state is not None
    assert state.progress["epoch"] == 4
    assert load_network("net.json").shape == [784, 8, 10]
    assert sorted(os.listdir()) == ["net.json", "run.npz"]


def test_a_checkpoint_that_is_of_before_is_reported_by_the_exit_code(
    fill_disk: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    fill_disk(2, 3)
    assert cli.main([*SMALL, "--epochs", "3"]) == 1
    reported = capsys.readouterr()
    assert FULL in reported.err
    assert reported.err.endswith(
        "run.npz: the last write failed, so the file holds an earlier state of the training, or none\n"
    )
    assert "saved to net.json" in reported.out
    assert load_network("net.json").provenance["epochs"] == 3
    state = load_checkpoint("run.npz")[1]
    assert state is not None
    assert state.progress["epoch"] == 1
