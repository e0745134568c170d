"""The process that reads data: the same result as here, progress, an end at once, and never outliving its owner."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.basics.errors import EngineError, FileFormatError, ProcessError
from engine.datasets import load_data, source_of
from nnviz.jobs import data_process
from nnviz.jobs.data_process import DataProcess, EndedError, reader_for
from nnviz.jobs.data_reader import DataReader
from tests.nnviz.file_handles import few_handles


def ignored(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


def is_alive(pid: int) -> bool:
    """Whether such a process is there; one that has ended and was not taken leave of does not count."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status


def wait_until_gone(pid: int) -> None:
    """At most ten seconds."""
    end = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} still runs"
        time.sleep(0.01)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """10,000 rows, in which y is the sum of a and b."""
    numbers = np.random.default_rng(0).normal(size=(10_000, 2)).round(4)
    file = tmp_path / "table.csv"
    np.savetxt(file, np.column_stack([numbers, numbers.sum(axis=1)]), "%.4f", ",", header="a,b,y", comments="")
    return file


def test_a_process_that_cannot_be_started_says_why(process: DataProcess, table: Path) -> None:
    with few_handles(2), pytest.raises(ProcessError, match="reads the data could not be started: Too many open files"):
        process.load(str(table), {}, ignored)


def test_it_reads_the_same_as_anybody_once_and_goes_on_after_an_error(
    process: DataProcess, table: Path, tmp_path: Path
) -> None:
    reported: list[int] = []
    preview = process.preview(str(table), {}, ignored, True)
    assert preview.outcome is not None
    assert (preview.outcome.rows, preview.outcome.targets) == (10_000, ("y",))
    other = process.preview(str(table), {"target": "a"}, lambda *at: reported.append(1), True)
    assert other.outcome is not None
    assert other.outcome.targets == ("a",)
    read = process.load(str(table), other.settings, lambda *at: reported.append(1))
    assert read.targets == ("a",)
    assert not reported, "the table was there"

    places: list[tuple[int, int]] = []
    with table.open("a") as file:
        file.write("1,2,3\n")  # a file that has changed is read again
    read = process.load(str(table), {"test_share": 0.3}, lambda *at: places.append(at))
    here = load_data(str(table), {"test_share": 0.3})
    assert len(read.train) + len(read.test or ()) == 10_001
    assert read.fingerprint == here.fingerprint
    np.testing.assert_array_equal(read.train.inputs, here.train.inputs)
    assert read.train.inputs.flags.writeable
    np.testing.assert_array_equal(read.scaling.mean, here.scaling.mean)  # type: ignore[union-attr]
    assert places[-1] == (table.stat().st_size,) * 2

    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(FileFormatError, match=r"empty\.csv: the file is empty"):
        process.load(str(empty), {}, ignored)
    assert len(process.load(str(table), {}, ignored).train) == 8_001


def test_it_gives_way_to_the_window_and_if_it_dies_that_is_reported_in_words(process: DataProcess, table: Path) -> None:
    """By its own priority, and where Linux shares the time among sessions by that of its session."""
    process.preview(str(table), {}, ignored, False)
    assert process.pid is not None
    if hasattr(os, "nice"):  # priorities as Unix has them
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.nice(0)
    with suppress(OSError):  # where Linux has no such groups
        assert not Path(f"/proc/{process.pid}/autogroup").read_text().strip().endswith(" nice 0")
    os.kill(process.pid, 9)
    with pytest.raises(EngineError, match=r"exited unexpectedly \(exit code -9"):
        process.load(str(table), {}, ignored)


def test_a_folder_is_previewed_with_what_older_versions_may_have_noted_of_any_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "shapes.data" / name).mkdir(parents=True)
        for shade in (0, 90, 200):
            Image.new("L", (28, 28), shade).save(tmp_path / "shapes.data" / name / f"{shade}.png")
    preview = DataReader().preview(str(tmp_path / "shapes.data"), {"missing": "drop", "side": 14}, ignored, True)
    assert preview.error is None
    assert preview.settings == {"side": 14}
    assert preview.outcome is not None


def test_an_end_is_at_once_and_whoever_waits_is_reported(process: DataProcess, table: Path) -> None:
    outcome: list[object] = []
    has_begun, may_go_on = threading.Event(), threading.Event()

    def tell(done: int, total: int) -> None:
        has_begun.set()
        may_go_on.wait(10)

    def load() -> None:
        try:
            outcome.append(process.load(str(table), {}, tell))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    assert has_begun.wait(20)
    pid = process.pid
    assert pid is not None
    process.end()
    wait_until_gone(pid)
    may_go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(outcome[0], EndedError)
    with pytest.raises(EndedError):
        process.load(str(table), {}, ignored)


def test_it_ends_with_its_owner(table: Path) -> None:
    """Also if that is killed."""
    code = (
        "import sys, time; from nnviz.jobs.data_process import DataProcess; reader = DataProcess();"
        "reader.preview(sys.argv[1], {}, lambda *at: None, False); print(reader.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(table)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert is_alive(pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    wait_until_gone(pid)


def test_only_large_files_and_folders_get_a_process(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(reader_for(source_of(str(table))), DataReader)
    assert isinstance(reader_for(source_of("spirals")), DataReader)
    assert isinstance(reader_for(source_of(str(tmp_path))), DataProcess)
    monkeypatch.setattr(data_process, "_SMALL", 1000)
    assert isinstance(reader_for(source_of(str(table))), DataProcess)
    monkeypatch.setattr(sys, "executable", "")
    assert isinstance(reader_for(source_of(str(table))), DataReader)
