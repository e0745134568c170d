"""Full disks, write-protected folders, other versions, damage, other programs: words, and nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nnviz import __version__
from nnviz.library import (
    BusyError,
    DamagedError,
    FullDiskError,
    Library,
    LibraryError,
    NotALibraryError,
    ReadOnlyError,
    Recording,
    ReplacedError,
)
from nnviz.library.place import usual_path
from nnviz.library.schema import PAGE_BYTES, VERSION
from tests.engine.helpers import refused
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, record, recorded

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of 2 MB of its own, mounted with other options whenever it is called."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size=2m,{options}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True)


# ---- disks


def test_on_a_full_disk_the_training_goes_on_and_all_that_was_written_stays(
    small_disk: Callable[[str], Path],
) -> None:
    folder = small_disk("rw")
    told: list[str] = []
    with Library(folder / "library.sqlite") as library:
        first, trained = record(library)
        (folder / "large").write_bytes(bytes(shutil.disk_usage(folder).free - 20_000))
        made = an_experiment().changed(hidden=(2000,))
        with pytest.raises(FullDiskError):
            library.begin(made, note="x" * 1_000_000)
        (folder / "large").unlink()
        run, clock = library.begin(made), Clock()
        trainer = made.trainer(DATA)
        recording = Recording(library, run, trainer, tell=told.append, clock=clock)
        (folder / "large").write_bytes(bytes(shutil.disk_usage(folder).free - 20_000))
        recorded(recording, clock)
        assert isinstance(recording.problem, FullDiskError)
        assert told[0].startswith(
            "The run is not recorded: library.sqlite is on a full disk: it must have room to grow."
        )
        assert "The training goes on." in told[0]
        assert trainer.epoch == 6
        np.testing.assert_array_equal(library.network(first).parameters, trained.network.parameters)
    (folder / "large").unlink()
    with Library(folder / "library.sqlite") as again:
        assert again.database.rows("PRAGMA integrity_check") == [("ok",)]
        np.testing.assert_array_equal(again.network(first).parameters, trained.network.parameters)


def test_a_write_protected_disk_can_be_read(small_disk: Callable[[str], Path]) -> None:
    folder = small_disk("rw")
    with Library(folder / "library.sqlite") as library:
        run, trained = record(library)
    small_disk("remount,ro")
    with Library(folder / "library.sqlite") as library:
        assert library.why_read_only == "its file is write-protected"
        assert library.notice == "The library is open for reading only, because its file is write-protected."
        np.testing.assert_array_equal(library.network(run).parameters, trained.network.parameters)
        with refused(ReadOnlyError, "library.sqlite", "its file is write-protected"):
            library.begin(an_experiment())
        with pytest.raises(ReadOnlyError):
            library.delete([run])
    with pytest.raises(LibraryError, match=r"out of reach \(Read-only file system\)"):
        Library(folder / "other.sqlite")
    small_disk("remount,rw")


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
    for number in range(20):
        record(library, an_experiment(epochs=2), name=sys.argv[2])
"""


def test_three_programs_write_at_once_and_nothing_is_lost(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    for writer in writers:
        _, told = writer.communicate(timeout=120)
        assert writer.returncode == 0, told
    with Library(path) as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        runs = list(library.runs())
        assert sorted(run.name for run in runs) == ["a"] * 20 + ["b"] * 20 + ["c"] * 20
        assert all(run.status == "finished" and library.state(run.id).at == 2 for run in runs)


def test_a_library_that_another_program_holds_is_told(path: Path) -> None:
    with Library(path) as library, Library(path, seconds=0) as other, library.database.writing():
        library.begin(an_experiment())
        with refused(BusyError, "library.sqlite", "in use by another program"):
            other.begin(an_experiment())
        assert len(other.runs()) == 0, "reading does not wait"


# ---- other versions


def of_version(path: Path, version: int, **told: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        for entry in told.items():
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
        with pytest.raises(ReadOnlyError, match=rf"nnviz 7.1 wrote it .*nnviz {__version__} knows {VERSION}"):
            library.annotate(run, note="x")
    assert path.read_bytes() == content


@pytest.mark.parametrize("readable_by", [str(VERSION + 1), "x"])
def test_a_library_that_is_too_new_is_refused_with_both_versions(path: Path, readable_by: str) -> None:
    with Library(path) as library:
        record(library)
    of_version(path, VERSION + 1, nnviz="7.1", readable_by=readable_by)
    content = path.read_bytes()
    with refused(NotALibraryError, "library.sqlite", "which nnviz 7.1 wrote") as _:
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
    with refused(NotALibraryError, "library.sqlite", "an SQLite file of something else"):
        Library(path)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["library.sqlite"]


def test_a_folder_or_a_pipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="out of reach"):
        Library(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LibraryError, match="a pipe is there"):
        Library(tmp_path / "pipe")


# ---- damage


def filled(path: Path, runs: int = 30) -> dict[int, bytes]:
    """A library of several runs; what the last parameters of each are."""
    with Library(path) as library:
        kept = [record(library, an_experiment(seed=number + 1), note=f"run {number}") for number in range(runs)]
        return {run: trainer.network.parameters.tobytes() for run, trainer in kept}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, bytes]]:
    """A library of 30 runs, to be copied, and what the last parameters of each are."""
    path = tmp_path_factory.mktemp("whole") / "library.sqlite"
    return path, filled(path)


def damage(path: Path, *pages: int) -> None:
    with open(path, "r+b") as file:
        for page in pages:
            file.seek(page * PAGE_BYTES)
            file.write(os.urandom(PAGE_BYTES))


def read_all(library: Library) -> None:
    for run in library.runs():
        library.network(run.id), library.history(run.id), library.orders(run.id)
        for at in library.moments(run.id):
            library.moment(run.id, at), library.state(run.id, at)


def opened_after_damage(path: Path) -> Library:
    """Opens it; where the damage is only met later, it is repaired the next time."""
    library = Library(path)
    if library.notice is not None:
        return library
    with pytest.raises(DamagedError, match="damaged"):
        read_all(library)
    library.close()
    return Library(path)


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.85])
def test_of_a_damaged_library_the_rest_is_saved(path: Path, whole: tuple[Path, dict[int, bytes]], share: float) -> None:
    kept = whole[1]
    shutil.copy(whole[0], path)
    pages = path.stat().st_size // PAGE_BYTES
    damage(path, *range(int(share * pages), int(share * pages) + 3))
    before = path.read_bytes()
    library = opened_after_damage(path)
    aside = path.with_name("library.damaged1.sqlite")
    assert aside.read_bytes() == before
    saved = len(library.runs())
    assert library.notice.startswith(f"The library was damaged. {saved} runs could be read and saved")
    assert aside.name in library.notice
    assert saved >= 15
    assert all(run.note == f"run {run.id - 1}" for run in library.runs())
    states = {run.id: library.state(run.id) for run in library.runs()}
    whole = [run for run, state in states.items() if state is not None and state.at == 6]
    assert len(whole) >= saved - 12
    for run in whole:
        assert library.network(run).parameters.tobytes() == kept[run]
    assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
    assert library.begin(an_experiment()) > max(run.id for run in library.runs()[1:])
    library.close()
    with Library(path) as again:
        assert again.notice is None


def test_a_library_that_was_cut_short_is_saved_as_far_as_it_goes(
    path: Path, whole: tuple[Path, dict[int, bytes]]
) -> None:
    shutil.copy(whole[0], path)
    os.truncate(path, path.stat().st_size * 2 // 3 // PAGE_BYTES * PAGE_BYTES)
    library = opened_after_damage(path)
    assert len(library.runs()) >= 1
    library.close()


def test_a_library_whose_tables_are_gone_is_set_aside(path: Path) -> None:
    filled(path, 2)
    content = bytearray(path.read_bytes())
    content[100:PAGE_BYTES] = os.urandom(PAGE_BYTES - 100)
    path.write_bytes(content)
    with Library(path) as library:
        assert library.notice.startswith("The library was damaged. 0 runs could be read")
        assert len(library.runs()) == 0
    assert path.with_name("library.damaged1.sqlite").read_bytes() == content


def test_rubbish_at_the_persons_own_place_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNVIZ_LIBRARY")
    usual_path().parent.mkdir(parents=True)
    usual_path().write_bytes(b"\0" * 100_000)
    with Library() as library:
        assert "0 runs could be read and saved" in library.notice
    assert usual_path().with_name("library.damaged1.sqlite").read_bytes() == b"\0" * 100_000


def test_a_second_damage_writes_over_nothing(path: Path) -> None:
    for number in (1, 2):
        filled(path, 1)
        content = bytearray(path.read_bytes())
        content[100:PAGE_BYTES] = os.urandom(PAGE_BYTES - 100)
        path.write_bytes(content)
        Library(path).close()
        assert path.with_name(f"library.damaged{number}.sqlite").read_bytes() == content


def test_changed_bytes_of_a_moment_or_a_state_are_noticed(path: Path) -> None:
    with Library(path) as library:
        run, _ = record(library)
        for table in ("moments", "states"):
            content = library.database.row(f"SELECT content FROM {table} ORDER BY id DESC")[0]
            changed = bytearray(content)
            changed[len(changed) // 2] ^= 1
            library.database.write(f"UPDATE {table} SET content = ?", (bytes(changed),))
        with refused(DamagedError, "library.sqlite", "damaged"):
            library.state(run)
        library.database.write("DELETE FROM states")
        with refused(DamagedError, "library.sqlite", "its checksum is wrong"):
            library.moment(run, 3)
        assert library.run(run).epochs == 6
    with Library(path) as again:
        assert again.notice.startswith("The library was damaged. 1 run could be read and saved")
        assert again.history(run).completed == 6
        assert again.moments(run) == []


def test_a_run_whose_settings_are_unreadable_spoils_no_list(path: Path) -> None:
    with Library(path) as library:
        good, bad = library.begin(an_experiment()), library.begin(an_experiment())
        library.database.write("UPDATE runs SET experiment = '{\"data\": 3}' WHERE id = ?", (bad,))
        assert [run.id for run in library.runs()] == [bad, good]
        with pytest.raises(DamagedError, match=f"the experiment of run {bad}"):
            library.run(bad).experiment  # noqa: B018
        library.delete([bad])
        library.purge()
        assert [run.id for run in library.runs()] == [good]


def test_what_json_cannot_hold_is_refused_when_it_is_logged(path: Path) -> None:
    made = an_experiment()
    with Library(path) as library:
        recording = Recording(library, library.begin(made), made.trainer(DATA))
        with pytest.raises(TypeError, match="JSON"):
            recording.log("edit", {"what": object()})
        assert recording.finish()


LOOK = """
import sys
from nnviz.library import Library
with Library(sys.argv[1]) as library:
    print(len(library.runs()))
"""


def look_from_another_process(path: Path) -> int:
    done = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_second_connection_of_this_process_takes_no_locks_away(tmp_path: Path) -> None:
    """Else another program that closes the library would think that it is the last, and delete its log."""
    path = tmp_path / "library.sqlite"
    with Library(path) as first:
        record(first)
        for _ in range(3):
            Library(path).close()
            assert look_from_another_process(path) == len(first.runs())
            assert path.with_name("library.sqlite-wal").exists()
            record(first)
        assert look_from_another_process(path) == 4
    with Library(path) as again:
        assert len(again.runs()) == 4
        assert again.notice is None


def test_a_file_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    path, other = tmp_path / "library.sqlite", tmp_path / "other.sqlite"
    Library(other).close()
    with Library(path) as library:
        record(library)
        os.replace(path.with_name("library.sqlite-wal"), tmp_path / "aside-wal")  # as where a damaged one is set aside
        os.replace(other, path)
        with refused(ReplacedError, "library.sqlite", "replaced by another file"):
            library.annotate(1, note="lost")
    with Library(path) as now:
        assert len(now.runs()) == 0
