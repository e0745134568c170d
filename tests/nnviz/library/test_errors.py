"""Full disks, write-protected folders, other versions, other programs: words, and nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nnviz import __version__
from nnviz.library import (
    BusyError,
    FullDiskError,
    Library,
    LibraryError,
    NotALibraryError,
    ReadOnlyError,
    Recording,
)
from nnviz.library.schema import VERSION
from tests.engine.helpers import refused
from tests.nnviz.library.disks import MountedDisk, mounted
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, record, recorded

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[MountedDisk]:
    """A small one of its own."""
    with mounted(tmp_path / "disk") as made:
        yield made


# ---- disks


def test_on_a_full_disk_the_training_goes_on_and_all_that_was_written_stays(disk: MountedDisk) -> None:
    folder = disk.folder
    reported: list[str] = []
    with Library(folder / "library.sqlite") as library:
        first, trained = record(library)
        disk.fill(but=20_000)
        made = an_experiment().changed(hidden=(2000,))
        with pytest.raises(FullDiskError):
            library.begin(made, note="x" * 1_000_000)
        disk.make_room()
        run, clock = library.begin(made), Clock()
        trainer = made.trainer(DATA)
        recording = Recording(library, run, trainer, report=reported.append, clock=clock)
        disk.fill(but=20_000)
        recorded(recording, clock)
        assert isinstance(recording.problem, FullDiskError)
        assert reported[0].startswith("The run is not recorded: library.sqlite: the disk is full.")
        assert "Training continues." in reported[0]
        assert trainer.epoch == 6
        np.testing.assert_array_equal(library.network(first).parameters, trained.network.parameters)
    disk.make_room()
    with Library(folder / "library.sqlite") as again:
        assert again.database.rows("PRAGMA integrity_check") == [("ok",)]
        np.testing.assert_array_equal(again.network(first).parameters, trained.network.parameters)


def six_runs(folder: Path) -> Path:
    """A library of six runs of some size, closed."""
    with Library(folder / "library.sqlite") as library:
        for number in range(6):
            record(library, an_experiment(epochs=3, seed=number + 1).changed(hidden=(2000,)))
    return library.path


def test_on_a_full_disk_runs_can_be_read_and_deleted(disk: MountedDisk) -> None:
    path = six_runs(disk.folder)
    disk.fill()
    with Library(path) as library, Library(path) as other:
        assert len(library.runs()) == len(other.runs()) == 6, "several connections read it"
        parameters = other.network(2).parameters
        with pytest.raises(FullDiskError):
            library.begin(an_experiment(), note="x" * 1_000_000)
    before = path.stat().st_size
    with Library(path) as library:
        library.delete([1, 2])
        library.restore([2])
        library.purge()
        assert path.stat().st_size < before
        assert [run.id for run in library.runs()] == [6, 5, 4, 3, 2]
    disk.make_room()
    with Library(path) as library:
        assert library.notice is None
        assert library.database.journal == "wal", "as it was before"
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        np.testing.assert_array_equal(library.network(2).parameters, parameters)
        record(library)


def test_on_a_disk_that_is_filled_while_it_is_open_runs_can_be_deleted(disk: MountedDisk) -> None:
    path = six_runs(disk.folder)
    with Library(path) as library:
        assert len(library.runs()) == 6
        disk.fill()
        library.delete([1, 2])
        library.purge()
        assert [run.id for run in library.runs()] == [6, 5, 4, 3]


def test_on_a_full_disk_runs_can_be_thinned(disk: MountedDisk) -> None:
    path = six_runs(disk.folder)
    disk.fill()
    before = path.stat().st_size
    with Library(path) as library:
        library.quota.budget = 1_000_000
        assert library.quota.thin(library.quota.plan()).snapshots > 0
        assert path.stat().st_size < before
        assert len(library.runs()) == 6


def test_a_write_protected_disk_can_be_read(disk: MountedDisk) -> None:
    folder = disk.folder
    with Library(folder / "library.sqlite") as library:
        run, trained = record(library)
    disk.mount("remount,ro")
    with Library(folder / "library.sqlite") as library:
        assert library.why_read_only == "its file is write-protected"
        assert library.notice == "The library is read-only, because its file is write-protected."
        np.testing.assert_array_equal(library.network(run).parameters, trained.network.parameters)
        with refused(ReadOnlyError, "library.sqlite", "its file is write-protected"):
            library.begin(an_experiment())
        with pytest.raises(ReadOnlyError):
            library.delete([run])
    with pytest.raises(LibraryError, match=r"cannot be accessed \(Read-only file system\)"):
        Library(folder / "other.sqlite")
    disk.mount("remount,rw")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is write-protected for root")
def test_a_write_protected_folder_can_be_read(path: Path) -> None:
    with Library(path) as library:
        run, _ = record(library)
    path.parent.chmod(0o500)
    try:
        with Library(path) as library:
            assert library.why_read_only == "its folder is write-protected"
            assert library.run(run).epochs == 6
    finally:
        path.parent.chmod(0o700)


# ---- other programs

WRITER = """
import sys
from nnviz.library import Library
from tests.nnviz.library.helpers import an_experiment, record
with Library(sys.argv[1], seconds=60) as library:
    print("ready", flush=True)
    for number in range(4):
        record(library, an_experiment(epochs=2), name=sys.argv[2])
"""


def test_three_programs_write_at_once_and_nothing_is_lost(path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    with Library(path, seconds=60) as library:
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        for _ in range(4):
            record(library, an_experiment(epochs=2), name="c")
    for writer in writers:
        _, reported = writer.communicate(timeout=120)
        assert writer.returncode == 0, reported
    with Library(path) as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        runs = list(library.runs())
        assert sorted(run.name for run in runs) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
        assert all(run.status == "finished" and library.state(run.id).at == 2 for run in runs)


def test_a_library_that_another_program_holds_is_reported(path: Path) -> None:
    with Library(path) as library, Library(path, seconds=0) as other, library.database.writing():
        library.begin(an_experiment())
        with refused(BusyError, "library.sqlite", "in use by another program"):
            other.begin(an_experiment())
        assert len(other.runs()) == 0, "reading does not wait"


# Opens and closes the file as another program that uses SQLite: the last one to close it would delete the log.
LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(*connection.execute("SELECT count(*) FROM runs").fetchone())
connection.close()
"""


def look_from_another_process(path: Path) -> int:
    done = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_second_connection_of_this_process_takes_no_locks_away(tmp_path: Path) -> None:
    """Else another program that closes the library would think that it is the last, and delete its log."""
    path = tmp_path / "library.sqlite"
    with Library(path) as first:
        record(first)
        for _ in range(2):
            Library(path).close()
            assert look_from_another_process(path) == len(first.runs())
            assert path.with_name("library.sqlite-wal").exists()
            record(first)
        assert look_from_another_process(path) == 3
    with Library(path) as again:
        assert len(again.runs()) == 3
        assert again.notice is None


# ---- other versions


def of_version(path: Path, version: int, **reported: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        for entry in reported.items():
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", entry)
        connection.commit()


def test_a_newer_library_is_read_where_it_can_be(path: Path) -> None:
    with Library(path) as library:
        run, _ = record(library)
    of_version(path, VERSION + 3, nnviz="7.1", readable_by=str(VERSION))
    content = path.read_bytes()
    with Library(path) as library:
        assert "nnviz 7.1 wrote it" in library.notice
        assert library.run(run).epochs == 6
        with pytest.raises(ReadOnlyError, match=rf"nnviz 7.1 wrote it .*nnviz {__version__}.* writes {VERSION}"):
            library.annotate(run, note="x")
    assert path.read_bytes() == content


@pytest.mark.parametrize("readable_by", [str(VERSION + 1), "x"])
def test_a_library_that_is_too_new_is_refused_with_both_versions(path: Path, readable_by: str) -> None:
    with Library(path) as library:
        record(library)
    of_version(path, VERSION + 1, nnviz="7.1", readable_by=readable_by)
    content = path.read_bytes()
    with refused(NotALibraryError, "library.sqlite", "written by nnviz 7.1") as _:
        Library(path)
    with pytest.raises(NotALibraryError, match=f"for nnviz {__version__}.*Install nnviz 7.1 or newer"):
        Library(path)
    assert path.read_bytes() == content


# ---- what is no library


def test_a_file_of_another_kind_is_left_as_it_is(path: Path) -> None:
    path.write_text("my diary\n" * 100)
    with refused(NotALibraryError, "library.sqlite", "a file of another kind"):
        Library(path)
    assert path.read_text() == "my diary\n" * 100
    assert [each.name for each in path.parent.iterdir()] == ["library.sqlite"]


@pytest.mark.parametrize("application", [0, 77])
def test_another_programs_sqlite_file_is_left_as_it_is(path: Path, application: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (id INTEGER, mine TEXT)")
        connection.execute(f"PRAGMA application_id = {application}")
    content = path.read_bytes()
    with refused(NotALibraryError, "library.sqlite", "an SQLite file of another program"):
        Library(path)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["library.sqlite"]


def test_a_folder_or_a_pipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be accessed"):
        Library(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LibraryError, match="this is a pipe"):
        Library(tmp_path / "pipe")
