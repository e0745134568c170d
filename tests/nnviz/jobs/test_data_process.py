"""The process that reads data: the same result as here, progress, an end at once, and never outliving its owner."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import load_data, source_of, table_spans
from engine.errors import EngineError, FileFormatError
from nnviz.jobs import data_helpers, data_process
from nnviz.jobs.data_helpers import Helpers, SharedSpans
from nnviz.jobs.data_process import DataProcess, EndedError, reader_for
from nnviz.jobs.data_reader import DataReader


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
def process() -> Iterator[DataProcess]:
    """One that is ended with the test."""
    made = DataProcess()
    yield made
    made.end()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """30,000 rows, in which y is the sum of a and b."""
    numbers = np.random.default_rng(0).normal(size=(30_000, 2)).round(4)
    file = tmp_path / "table.csv"
    np.savetxt(file, np.column_stack([numbers, numbers.sum(axis=1)]), "%.4f", ",", header="a,b,y", comments="")
    return file


def test_it_reads_the_same_as_anybody(process: DataProcess, table: Path) -> None:
    told: list[tuple[int, int]] = []
    read = process.load(str(table), {"test_share": 0.3}, lambda *at: told.append(at))
    here = load_data(str(table), {"test_share": 0.3})
    assert read.fingerprint == here.fingerprint
    np.testing.assert_array_equal(read.train.inputs, here.train.inputs)
    np.testing.assert_array_equal(read.scaling.mean, here.scaling.mean)  # type: ignore[union-attr]
    assert told[-1] == (table.stat().st_size,) * 2


def test_a_file_that_was_looked_at_is_not_read_again(process: DataProcess, table: Path) -> None:
    told: list[int] = []
    preview = process.preview(str(table), {}, ignored, True)
    assert preview.outcome is not None
    assert (preview.outcome.rows, preview.outcome.targets) == (30_000, ("y",))
    other = process.preview(str(table), {"target": "a"}, lambda *at: told.append(1), True)
    assert other.outcome is not None
    assert other.outcome.targets == ("a",)
    read = process.load(str(table), other.settings, lambda *at: told.append(1))
    assert read.targets == ("a",)
    assert not told, "the table was there"


def test_a_file_that_has_changed_is_read_again(process: DataProcess, table: Path) -> None:
    assert len(process.load(str(table), {}, ignored).train) == 24_000
    table.write_text("a,b,y\n" + "1,2,3\n2,3,5\n4,5,9\n1,1,2\n3,3,6\n" * 2)
    assert len(process.load(str(table), {}, ignored).train) == 8


def test_errors_come_as_they_are_and_it_goes_on(process: DataProcess, table: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(FileFormatError, match=r"empty\.csv is empty"):
        process.load(str(empty), {}, ignored)
    assert len(process.load(str(table), {}, ignored).train) == 24_000


def test_an_end_is_at_once_and_whoever_waits_is_told(process: DataProcess, table: Path) -> None:
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


def test_one_that_dies_is_told_in_words(process: DataProcess, table: Path) -> None:
    process.preview(str(table), {}, ignored, False)
    assert process.pid is not None
    os.kill(process.pid, 9)
    with pytest.raises(EngineError, match=r"has ended by itself \(exit code -9"):
        process.load(str(table), {}, ignored)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="needs priorities as Unix has them")
def test_it_gives_way_to_the_window(process: DataProcess) -> None:
    """By its own priority, and where Linux shares the time among sessions by that of its session."""
    priority, of_group = process.call(_priorities, "/proc/self/autogroup")
    assert priority > os.nice(0)
    assert of_group is None or not of_group.endswith(" nice 0")


def _priorities(group: str) -> tuple[int, str | None]:
    try:
        return os.nice(0), Path(group).read_text().strip()
    except OSError:
        return os.nice(0), None


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


def test_further_processes_read_parts_of_a_large_table_and_end(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are ready once its head was looked at, and give what anybody would read."""
    monkeypatch.setattr(table_spans, "LEAST", 100_000)
    monkeypatch.setattr(table_spans, "_PART", 50_000)
    monkeypatch.setattr(Helpers, "most", staticmethod(lambda: 2))
    started: list[DataProcess] = []
    monkeypatch.setattr(data_helpers, "DataProcess", lambda: started.append(DataProcess()) or started[-1])
    reader = DataReader(Helpers())
    reader.preview(str(table), {}, ignored, False)
    assert [process.pid is not None for process in started] == [True, True]
    read = reader.load(str(table), {}, ignored)
    assert read.fingerprint == load_data(str(table)).fingerprint
    assert len(started) == 2
    for process in started:
        assert process.pid is not None
        wait_until_gone(process.pid)


def test_parts_are_shared_from_both_ends() -> None:
    """Whoever asks takes the first parts, a process the others; each is read once."""
    spans = [(start, start + 10) for start in range(0, 60, 10)]
    shared = SharedSpans(_doubled, spans, [DataProcess()])  # type: ignore[arg-type]  # any function will do
    taken = [shared.take(), shared.take()]
    others = list(shared.results())
    assert shared.take() is None
    shared.close()
    assert taken == spans[:2]
    assert others == [(span, _doubled(span)) for span in spans[2:]]
    assert shared.done == 40


def _doubled(span: tuple[int, int]) -> tuple[int, int]:
    return 2 * span[0], 2 * span[1]


def test_a_helper_that_dies_costs_time_only(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_spans, "LEAST", 100_000)
    monkeypatch.setattr(table_spans, "_PART", 50_000)
    monkeypatch.setattr(Helpers, "most", staticmethod(lambda: 1))

    def broken(self: DataProcess, function: object, value: object) -> None:
        raise EngineError("data", "unread", "must be read", "Try again.")

    monkeypatch.setattr(DataProcess, "call", broken)
    read = DataReader(Helpers()).load(str(table), {}, ignored)
    assert read.fingerprint == load_data(str(table)).fingerprint


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
