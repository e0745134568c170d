"""Damage: what can be read is saved, the damaged file is moved away, and nothing is written over."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from nnviz.library import (
    BusyError,
    DamagedError,
    Library,
    LibraryError,
    ReplacedError,
    UnreadableRunError,
)
from nnviz.library import (
    repair as rescue,
)
from nnviz.library.errors import damage_mark
from nnviz.library.location import default_library_path
from nnviz.library.replay import replay
from nnviz.library.reproduction import reproduction_of
from nnviz.library.schema import PAGE_BYTES
from tests.engine.helpers import refused
from tests.nnviz.library.helpers import DATA, an_experiment, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def filled(path: Path, runs: int) -> dict[int, bytes]:
    """A library of several runs; what the last parameters of each are."""
    with Library(path) as library:
        kept = [record(library, an_experiment(seed=number + 1), note=f"run {number}") for number in range(runs)]
        return {run: trainer.network.parameters.tobytes() for run, trainer in kept}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, bytes]]:
    """A library of 20 runs, to be copied, and what the last parameters of each are."""
    path = tmp_path_factory.mktemp("sound") / "library.sqlite"
    return path, filled(path, 20)


def damage(path: Path, *pages: int) -> None:
    with open(path, "r+b") as file:
        for page in pages:
            file.seek(page * PAGE_BYTES)
            file.write(os.urandom(PAGE_BYTES))


def read_all(library: Library) -> None:
    for run in library.runs():
        library.network(run.id), library.history(run.id), library.orders(run.id)
        for at in library.snapshot_epochs(run.id):
            library.snapshot(run.id, at), library.state(run.id, at)


def opened_after_damage(path: Path) -> Library:
    """Opens it; where the damage is only met later, it is repaired the next time."""
    library = Library(path)
    if library.notice is not None:
        return library
    with pytest.raises(DamagedError, match="damaged"):
        read_all(library)
    library.close()
    return Library(path)


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_of_a_damaged_library_the_rest_is_saved(path: Path, sound: tuple[Path, dict[int, bytes]], share: float) -> None:
    kept = sound[1]
    shutil.copy(sound[0], path)
    pages = path.stat().st_size // PAGE_BYTES
    damage(path, *range(int(share * pages), int(share * pages) + 3))
    before = path.read_bytes()
    library = opened_after_damage(path)
    aside = path.with_name("library.damaged1.sqlite")
    assert aside.read_bytes() == before
    saved = len(library.runs())
    assert library.notice.startswith(f"The library was damaged. nnviz recovered {saved} runs")
    assert aside.name in library.notice
    assert saved >= 10
    assert all(run.note == f"run {run.id - 1}" for run in library.runs())
    states = {run.id: library.state(run.id) for run in library.runs()}
    whole = [run for run, state in states.items() if state is not None and state.at == 6]
    assert len(whole) >= saved - 8
    for run in whole:
        assert library.network(run).parameters.tobytes() == kept[run]
    assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
    assert library.begin(an_experiment()) > max(run.id for run in library.runs()[1:])
    library.close()
    with Library(path) as again:
        assert again.notice is None


def test_a_library_that_was_cut_short_is_saved_as_far_as_it_goes(
    path: Path, sound: tuple[Path, dict[int, bytes]]
) -> None:
    shutil.copy(sound[0], path)
    os.truncate(path, path.stat().st_size * 2 // 3 // PAGE_BYTES * PAGE_BYTES)
    library = opened_after_damage(path)
    assert len(library.runs()) >= 1
    library.close()


def test_a_library_that_was_cut_short_within_its_last_page_is_saved_too(path: Path) -> None:
    """SQLite says only that it cannot read there."""
    filled(path, 3)
    os.truncate(path, path.stat().st_size - PAGE_BYTES // 2)
    with Library(path) as library, suppress(DamagedError):  # nothing may be in that page
        read_all(library)
    with Library(path) as library:
        assert len(library.runs()) == 3


def test_a_log_that_is_only_half_put_into_the_file_is_no_damage(path: Path) -> None:
    """As where the disk is full, another program does it just now, or one was killed meanwhile."""
    log = path.with_name(f"{path.name}-wal")
    with Library(path) as library:
        run, trainer = record(library)
        content = log.read_bytes()
    path.write_bytes(path.read_bytes()[: 2 * PAGE_BYTES])
    log.write_bytes(content)
    with Library(path) as library:
        assert library.notice is None
        assert library.network(run).parameters.tobytes() == trainer.network.parameters.tobytes()


def test_a_library_whose_tables_are_gone_is_moved_away(path: Path) -> None:
    filled(path, 2)
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)
    with Library(path) as library:
        assert library.notice.startswith("The library was damaged. nnviz recovered 0 runs")
        assert len(library.runs()) == 0
    assert path.with_name("library.damaged1.sqlite").read_bytes() == content


@pytest.mark.parametrize("beginning", [bytes(PAGE_BYTES), bytes(100), b"diary\n" * 999], ids=["page", "head", "text"])
def test_a_library_whose_beginning_is_gone_is_rescued(path: Path, beginning: bytes) -> None:
    """At any place: SQLite no longer knows it, but the rest says what it is."""
    kept = filled(path, 2)
    content = beginning + path.read_bytes()[len(beginning) :]
    path.write_bytes(content)
    with Library(path) as library:
        assert library.notice.startswith("The library was damaged. nnviz recovered 2 runs")
        for run, parameters in kept.items():
            assert library.network(run).parameters.tobytes() == parameters
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
    assert path.with_name("library.damaged1.sqlite").read_bytes() == content
    assert {each.name for each in path.parent.iterdir()} == {"library.sqlite", "library.damaged1.sqlite"}
    with Library(path) as again:
        assert again.notice is None


def test_rubbish_at_the_persons_own_place_is_moved_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNVIZ_LIBRARY")
    default_library_path().parent.mkdir(parents=True)
    default_library_path().write_bytes(b"\0" * 100_000)
    with Library() as library:
        assert "recovered 0 runs" in library.notice
    assert default_library_path().with_name("library.damaged1.sqlite").read_bytes() == b"\0" * 100_000


def test_what_another_program_writes_during_a_rescue_is_not_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, and is refused then, so that it is written to the file that took the place."""
    refusals = list[LibraryError]()
    copy = rescue._copy_readable
    with Library(path, seconds=0) as library:
        run, _ = record(library)

        def copy_and_write(*words: Path) -> int:
            saved = copy(*words)
            with pytest.raises(LibraryError) as caught:
                library.annotate(run, note="meanwhile")
            refusals.append(caught.value)
            return saved

        monkeypatch.setattr(rescue, "_copy_readable", copy_and_write)
        damage_mark(path).touch()
        Library(path).close()
        assert isinstance(refusals[0], BusyError)
        with pytest.raises(ReplacedError):
            library.annotate(run, note="later")


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
            library.snapshot(run, 3)
        assert library.run(run).epochs == 6
    with Library(path) as again:
        assert again.notice.startswith("The library was damaged. nnviz recovered 1 run")
        assert again.history(run).completed == 6
        assert again.snapshot_epochs(run) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("moments", "epoch", "x"),
        ("moments", "nbytes", "x"),
        ("states", "at", float("inf")),
        ("states", "orders", float("inf")),
        ("confusions", "content", 2**62),
        ("runs", "batches", float("inf")),
    ],
)
def test_values_that_nnviz_never_wrote_are_damage(path: Path, table: str, column: str, value: object) -> None:
    with Library(path) as library:
        record(library)
        library.database.write(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
        with pytest.raises(DamagedError, match=r"^library\.sqlite: the library is damaged"):
            read_all(library), library.quota.plan(1)
    with Library(path) as again:
        assert again.notice.startswith("The library was damaged.")
        read_all(again), again.quota.plan(1)


def test_a_wrong_order_damages_its_run_and_not_the_library(path: Path) -> None:
    wrong = [
        ("settings", '{"count": 1}'),
        ("edit", '{"count": 1}'),
        ("state", '{"count": 1}'),
        ("edit", "null"),
        ("edit", "x"),
    ]
    with Library(path) as library:
        good, *bad = (record(library)[0] for _ in range(1 + len(wrong)))
        for run, order in zip(bad, wrong, strict=True):
            library.database.write("INSERT INTO orders VALUES (?, 1, 4.5, 5, 3, ?, ?, NULL)", (run, *order))
    for _ in range(2):
        with Library(path) as library:
            assert library.notice is None
            for run in bad:
                with suppress(UnreadableRunError):
                    reproduction_of(library, run)
                with pytest.raises(UnreadableRunError, match=f"order 1 of run {run}: it cannot be read"):
                    list(replay(library, run, 5, DATA))
                assert library.network(run).parameters.size
            assert list(replay(library, good, 5, DATA))
    damage_mark(path).touch()
    with Library(path) as library:
        assert f"recovered {1 + len(wrong)} runs" in library.notice
        for run in bad:
            assert library.orders(run) == [], "what cannot be carried out is not saved"


def test_a_run_whose_settings_are_unreadable_spoils_no_list(path: Path) -> None:
    with Library(path) as library:
        good, bad = library.begin(an_experiment()), library.begin(an_experiment())
        library.database.write("UPDATE runs SET experiment = '{\"data\": 3}' WHERE id = ?", (bad,))
        assert [run.id for run in library.runs()] == [bad, good]
        with pytest.raises(UnreadableRunError, match=f"the experiment of run {bad}"):
            library.run(bad).experiment  # noqa: B018
        library.delete([bad])
        library.purge()
        assert [run.id for run in library.runs()] == [good]


def test_a_file_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    path, other = tmp_path / "library.sqlite", tmp_path / "other.sqlite"
    Library(other).close()
    with Library(path) as library:
        record(library)
        os.replace(path.with_name("library.sqlite-wal"), tmp_path / "aside-wal")  # as where a damaged one is moved away
        os.replace(other, path)
        with refused(ReplacedError, "library.sqlite", "replaced by another file"):
            library.annotate(1, note="lost")
    with Library(path) as now:
        assert len(now.runs()) == 0
