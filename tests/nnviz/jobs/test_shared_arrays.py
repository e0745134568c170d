"""Arrays that another process sees: the same numbers, for as long as anybody has them, and no file left open."""

from __future__ import annotations

import gc
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import load_data
from nnviz.jobs import data_process, shared_arrays
from nnviz.jobs.data_process import DataProcess
from nnviz.jobs.shared_arrays import can_see, empty, number_of, seen

LARGE = (1000, 300)  # of float32: more than a million bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such memory")


def parts_of(value: object) -> list[memoryview]:
    """The arrays that lie beside its pickle."""
    buffers: list[pickle.PickleBuffer] = []
    pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return [buffer.raw() for buffer in buffers]


def test_a_large_array_is_seen_by_its_number() -> None:
    array = empty(LARGE, np.float32)
    array[:] = np.arange(300)
    [part] = parts_of(array)
    number = number_of(part)
    assert number is not None
    assert can_see(os.getpid())
    there = seen(os.getpid(), number, part.nbytes).view(np.float32).reshape(LARGE)
    np.testing.assert_array_equal(there, array)
    there[:] = 0
    assert array[0, 299] == 299


def test_what_is_written_later_and_the_end_of_the_array_change_nothing_that_was_read() -> None:
    array = empty(LARGE, np.float32)
    array[:] = 7
    [part] = parts_of(array)
    there = seen(os.getpid(), number_of(part) or 0, part.nbytes).view(np.float32)
    del array, part
    gc.collect()
    assert (there == 7).all()


@pytest.mark.parametrize("part", ["small", "rows", "usual", "copy"])
def test_others_are_not(part: str) -> None:
    array = empty(LARGE, np.float32)
    array[:] = 1
    others = {"small": empty((10, 3), np.int64), "rows": array[:500], "usual": np.zeros(LARGE), "copy": array.copy()}
    assert [number_of(each) for each in parts_of(others[part])] == [None]


def test_the_memory_goes_with_the_last_array() -> None:
    before = len(os.listdir("/proc/self/fd"))
    array = empty(LARGE, np.float32)
    view = array[3:]
    del array
    assert len(os.listdir("/proc/self/fd")) > before
    del view
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("is_missing", [True, False])
def test_without_such_memory_it_is_usual_memory(monkeypatch: pytest.MonkeyPatch, is_missing: bool) -> None:
    def refuse(name: str) -> int:
        raise OSError("not here")

    if is_missing:
        monkeypatch.delattr(os, "memfd_create")
    else:
        monkeypatch.setattr(os, "memfd_create", refuse)
    array = empty(LARGE, np.float32)
    assert array.shape == LARGE
    assert [number_of(part) for part in parts_of(array)] == [None]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two inputs of 200,000 rows, of which the training part takes more than a million bytes."""
    file = tmp_path / "table.csv"
    file.write_text("a,b,y\n" + "".join(f"{row % 977},{row % 13},{row % 7}.5\n" for row in range(200_000)))
    return file


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_process_hands_data_over_in_either_way(
    process: DataProcess, table: Path, is_seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []
    monkeypatch.setattr(data_process, "can_see", lambda pid: is_seen)
    monkeypatch.setattr(data_process, "seen", lambda *at: used.append(1) or shared_arrays.seen(*at))
    read, here = process.load(str(table), {}, lambda *at: None), load_data(str(table))
    process.end()
    assert bool(used) == is_seen
    assert read.fingerprint == here.fingerprint
    np.testing.assert_array_equal(read.train.inputs, here.train.inputs)
    assert read.train.inputs.flags.writeable


def test_settings_that_change_and_change_back_leave_earlier_data_as_they_were(
    process: DataProcess, table: Path
) -> None:
    first = process.load(str(table), {}, lambda *at: None)
    before = first.train.inputs.copy()
    process.load(str(table), {"target": "a"}, lambda *at: None)
    again = process.load(str(table), {}, lambda *at: None)
    np.testing.assert_array_equal(first.train.inputs, before)
    np.testing.assert_array_equal(again.train.inputs, before)


def seeing_fails(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """From now on, whoever looks at an array of the process gets that error."""

    def fail(*at: object) -> None:
        raise error

    monkeypatch.setattr(data_process, "seen", fail)


def test_memory_that_is_gone_is_told_as_a_process_that_has_ended(
    process: DataProcess, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing_fails(monkeypatch, FileNotFoundError(2, "No such file"))
    with pytest.raises(Exception, match="has ended by itself"):
        process.load(str(table), {}, lambda *at: None)


def test_an_array_that_cannot_be_seen_after_all_is_sent(
    process: DataProcess, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be too many open files, say."""
    seeing_fails(monkeypatch, OSError(24, "Too many open files"))
    read = process.load(str(table), {}, lambda *at: None)
    np.testing.assert_array_equal(read.train.inputs, load_data(str(table)).train.inputs)


def test_nobody_sees_the_arrays_of_a_process_that_is_not_there() -> None:
    assert not can_see(2**22 + 1)
