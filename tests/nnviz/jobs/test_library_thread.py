"""The library's lane: one thread, one connection, and no file where there was none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from nnviz.jobs.library_thread import LibraryThread
from nnviz.library import Library, UnknownRunError, UnreadableRunError
from tests.nnviz.library.helpers import an_experiment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def lane(path: Path, qtbot: QtBot) -> Iterator[LibraryThread]:
    lane = LibraryThread(lambda: path)
    yield lane
    assert lane.close(5000)


def never(error: Exception) -> None:
    raise AssertionError("it failed") from error


def test_while_it_is_open_nobody_puts_the_log_away(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    looked: list[object] = []
    lane.open()
    lane.run(lambda library: None, looked.append, never)  # comes after it
    qtbot.waitUntil(lambda: len(looked) == 1)
    assert not path.exists(), "to open it makes none"
    Library(path).close()
    lane.open()
    lane.run(lambda library: None, looked.append, never)
    qtbot.waitUntil(lambda: len(looked) == 2)
    with Library(path) as library:
        library.begin(an_experiment())
    assert path.with_name(f"{path.name}-wal").exists()


def test_a_run_that_cannot_be_read_makes_no_deletion_final(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    with Library(path) as library:
        gone, bad = library.begin(an_experiment()), library.begin(an_experiment())
        library.database.write("UPDATE runs SET experiment = '{\"data\": 3}' WHERE id = ?", (bad,))
    failed: list[Exception] = []
    found: list[object] = []
    lane.run(lambda library: library.delete([gone]), found.append, never)
    lane.run(lambda library: library.run(bad).experiment, found.append, failed.append)
    lane.run(lambda library: library.restore([gone]) or library.run(gone).id, found.append, never)
    qtbot.waitUntil(lambda: found == [None, gone])
    assert isinstance(failed[0], UnreadableRunError)


def test_looking_makes_no_file(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    found: list[object] = []
    lane.run(lambda library: len(library.runs()), found.append, never, without="nothing")
    qtbot.waitUntil(lambda: bool(found))
    assert found == ["nothing"]
    assert not path.exists()


def test_who_writes_makes_one(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    found: list[int] = []
    lane.run(lambda library: library.begin(an_experiment()), found.append, never, without="nothing", makes=True)
    qtbot.waitUntil(lambda: bool(found))
    with Library(path) as library:
        assert library.runs().ids == found


def test_all_work_is_done_in_one_other_thread_by_one_connection(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    Library(path).close()
    found: list[tuple[int, Library]] = []
    for _ in range(3):
        lane.run(lambda library: (threading.get_ident(), library), found.append, never)
    qtbot.waitUntil(lambda: len(found) == 3)
    assert len(set(found)) == 1
    assert found[0][0] != threading.get_ident()


def test_an_error_is_handed_over_and_the_next_work_is_done(lane: LibraryThread, path: Path, qtbot: QtBot) -> None:
    Library(path).close()
    errors: list[Exception] = []
    found: list[int] = []
    lane.run(lambda library: library.run(7), lambda _: None, errors.append)
    lane.run(lambda library: len(library.runs()), found.append, never)
    qtbot.waitUntil(lambda: bool(found))
    assert [type(error) for error in errors] == [UnknownRunError]


def test_closing_makes_deletions_final(path: Path, qtbot: QtBot) -> None:
    with Library(path) as library:
        run = library.begin(an_experiment())
    lane = LibraryThread(lambda: path)
    done: list[object] = []
    lane.run(lambda library: library.delete([run]), done.append, never)
    qtbot.waitUntil(lambda: bool(done))
    with Library(path) as library:
        assert library.run(run).id == run, "until then it could be brought back"
    lane.close(0)
    assert lane.close(5000)
    with Library(path) as library, pytest.raises(UnknownRunError):
        library.run(run)
