"""What is kept of runs, and how it is found again."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.datasets import Dataset
from engine.datasets.dataset import regression_split
from engine.training.history import History
from nnviz import __version__
from nnviz.library import Library, UnknownRunError, library_path
from nnviz.library.location import default_library_path, is_on_network
from tests.engine.helpers import prices, refused
from tests.nnviz.library.helpers import DATA, an_experiment, in_epoch, of_prices, record


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


# ---- the file


def test_the_library_is_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNVIZ_LIBRARY", str(tmp_path / "a" / "mine.sqlite"))
    with Library() as library:
        assert library.path == tmp_path / "a" / "mine.sqlite" == library_path()
    monkeypatch.setenv("NNVIZ_LIBRARY", " ")
    assert library_path() == default_library_path()
    assert default_library_path().is_relative_to(Path.home())


def test_its_owner_alone_can_read_it(library: Library) -> None:
    record(library)
    files = list(library.path.parent.iterdir())
    assert {each.name for each in files} == {f"library.sqlite{end}" for end in ("", "-wal", "-shm")}
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert stat.S_IMODE(library.path.parent.stat().st_mode) == 0o700


def test_it_is_one_file_when_it_is_closed() -> None:
    with Library() as library:
        record(library)
    assert [each.name for each in library.path.parent.iterdir()] == ["library.sqlite"]


def test_a_network_disk_gets_no_log_in_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.library.database.is_on_network", lambda path: True)
    with Library() as library:
        assert library.database.journal == "truncate"
        run, trainer = record(library)
    with Library() as again:
        np.testing.assert_array_equal(again.network(run).parameters, trainer.network.parameters)


def test_what_is_mounted_tells_whether_a_disk_is_another_computers(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nserver:/home {tmp_path}/home\\040dir nfs4 rw 0 0\n/dev/b {tmp_path} xfs rw\n"
    )
    assert is_on_network(tmp_path / "home dir" / "user" / "library.sqlite", mounts)
    assert not is_on_network(tmp_path / "library.sqlite", mounts)
    assert not is_on_network(tmp_path / "library.sqlite", tmp_path / "missing")


# ---- a run


def test_a_run_tells_what_it_was(library: Library) -> None:
    made = an_experiment()
    run, _ = record(library, made, name="a try", note="with Adam")
    reported = library.run(run)
    assert reported.experiment == made
    assert (reported.status, reported.epochs, reported.batches, reported.data) == ("finished", 6, 6, "clouds")
    assert (reported.name, reported.note, reported.starred, reported.parent) == ("a try", "with Adam", False, None)
    assert (reported.fingerprint, reported.version) == (DATA.fingerprint, __version__)
    assert reported.created <= reported.updated
    assert reported.seconds > 0
    assert reported.nbytes > 0


def test_curves_and_confusion_matrices_come_back_exactly(library: Library) -> None:
    seen = History()
    made = an_experiment(validation_share=0.2)
    run, _ = record(library, made, history=seen)
    kept = library.history(run)
    assert kept == seen
    for epoch in range(7):
        for part in ("train", "test", "validation"):
            np.testing.assert_array_equal(kept.confusion(epoch, part), seen.confusion(epoch, part))
    reported = library.run(run).figures
    assert {name: reported[name] for name in seen.figures(6)} == seen.figures(6)
    assert library.run(run).test_error == seen.figures(6)["test_error"]


def test_what_early_stopping_restored_is_reported(library: Library) -> None:
    seen = History()
    made = an_experiment(validation_share=0.3, patience=2, epochs=60, learning_rate=0.3)
    run, trainer = record(library, made, history=seen)
    assert seen.best is not None
    reported = library.run(run)
    assert reported.best is not None
    assert (reported.best.epoch, reported.best.early) == (seen.best.epoch, seen.best.early)
    assert reported.test_error == seen.figures(seen.best.epoch)["test_error"]
    network = library.network(run)
    np.testing.assert_array_equal(network.parameters, trainer.network.parameters)
    assert network.provenance["epochs"] == seen.best.epoch
    kept = library.history(run)
    assert kept == replace(seen, best=kept.best)


def test_the_last_network_is_exact_and_knows_its_past(library: Library) -> None:
    run, trainer = record(library, name="a try")
    network = library.network(run)
    np.testing.assert_array_equal(network.parameters, trainer.network.parameters)
    assert network.parameters.dtype == np.float32
    assert network.description == DATA.description
    assert (network.shape, network.loss) == (trainer.network.shape, trainer.network.loss)
    assert (network.provenance["epochs"], network.provenance["title"]) == (6, "a try")
    assert network.provenance["test_error"] == library.run(run).test_error


def test_the_network_of_another_epoch_is_that_of_the_moment_nearest(library: Library) -> None:
    run, _ = record(library, an_experiment(epochs=20))
    wanted = min(library.snapshot_epochs(run), key=lambda epoch: abs(epoch - 10.2))
    trainer = an_experiment(epochs=20).trainer(DATA)
    events = trainer.run()
    while trainer.epoch - 1 + trainer.batch / 6 < wanted - 1e-9:
        next(events)
    network = library.network(run, 10.2)
    np.testing.assert_allclose(network.parameters, trainer.network.parameters, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(library.snapshot(run, 10.2), network.parameters)
    assert library.snapshot(run, wanted).dtype == np.float32
    assert network.provenance["epochs"] == int(wanted)


def test_a_run_that_was_only_begun_has_no_network(library: Library) -> None:
    run = library.begin(an_experiment())
    assert library.snapshot_epochs(run) == []
    assert library.state(run) is None
    with refused(UnknownRunError, "run", "has no snapshots"):
        library.network(run)
    with refused(UnknownRunError, "", "There is no run 77"):
        library.run(77)


def test_names_and_scaling_of_the_data_come_back(library: Library) -> None:
    named = replace(DATA, class_names=("<b>a</b>", "b", "c"), columns=("p", "q", "r", "s"))
    run, _ = record(library, an_experiment(named), named)
    for network in (library.network(run), library.network(run, library.snapshot_epochs(run)[1])):
        assert network.description is not None
        assert network.description.as_dict() == named.description.as_dict()


def test_numbers_to_predict_have_their_figures(library: Library) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    data = Dataset("numbers", regression_split("train", x, x @ [[1.0], [2.0], [3.0]], 3, 1))
    made = an_experiment(data).for_task(data)
    seen = History()
    run, _ = record(library, made, data, history=seen)
    assert library.history(run) == seen
    assert library.run(run).figures["train_rmse"] == seen.rmse.train.values[-1]
    assert library.run(run).test_error is None


# ---- lists


def test_the_newest_come_first_whatever_the_clock_says(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (3e9, 1e9, 2e9):
        monkeypatch.setattr("time.time", lambda now=now: now)
        library.begin(an_experiment())
    assert [each.id for each in library.runs()] == [3, 2, 1]
    assert [each.id for each in library.runs(ascending=True)] == [1, 2, 3]


def test_runs_are_found_by_their_settings_and_by_what_was_said(library: Library) -> None:
    first = library.begin(an_experiment(), "clouds", name="Übung")
    second = library.begin(an_experiment(learning_rate=0.25, optimizer="sgd"), "clouds", note="much FASTER")
    assert [each.id for each in library.runs("adam")] == [first]
    assert [each.id for each in library.runs("übung clouds")] == [first]
    assert [each.id for each in library.runs("learning rate 0.25")] == [second]
    assert [each.id for each in library.runs("faster sgd")] == [second]
    assert len(library.runs("4-5-3")) == 2
    assert len(library.runs("100% _")) == 0
    library.annotate(second, note="slow")
    assert len(library.runs("faster")) == 0
    assert len(library.runs("slow")) == 1


def test_runs_are_sorted_by_any_figure_and_those_without_come_last(library: Library) -> None:
    good, _ = record(library, an_experiment(epochs=40))
    none = library.begin(an_experiment())
    bad, _ = record(library, an_experiment(epochs=1, learning_rate=1e-6))
    assert [each.id for each in library.runs(sort="test_error", ascending=True)] == [good, bad, none]
    assert [each.id for each in library.runs(sort="test_error")] == [bad, good, none]
    assert [each.id for each in library.runs(sort="epochs")] == [good, bad, none]
    with pytest.raises(SettingError, match="must be a figure of a run"):
        library.runs(sort="id; DROP TABLE runs")


def test_runs_of_other_data_are_sorted_by_a_figure_apart(library: Library) -> None:
    """By the title of their data, then the figure; data without that figure come last."""
    reported = [
        ("moons", "a", 0.2),
        ("digits", "b", 0.3),
        ("moons", "a", 0.1),
        ("Clouds", "c", 0.25),
        ("moons", "d", 0.01),
    ]
    runs = []
    for title, fingerprint, error in reported:
        runs.append(library.begin(an_experiment().changed(fingerprint=fingerprint), title))
        with library.database.writing():
            library.database.update_run(runs[-1], {"status": "finished", "test_error": error})
    other, cars = (
        library.begin(an_experiment().changed(fingerprint="a"), "moons"),
        library.begin(an_experiment(), "cars"),
    )
    clouds, digits, moons, other_moons = runs[3], runs[1], [runs[2], runs[0]], runs[4]
    expected = [clouds, digits, *moons, other, other_moons, cars]
    assert library.runs(sort="test_error", ascending=True).ids == expected
    assert library.runs(sort="test_error").ids == [clouds, digits, *moons[::-1], other, other_moons, cars]
    assert library.runs(sort="epochs").ids == sorted([*runs, other, cars], reverse=True), "epochs are the same for all"


def test_a_run_says_what_its_rmse_is_counted_in(library: Library) -> None:
    run, _ = record(library, of_prices(), prices())
    assert library.run(run).target == "price (€)"
    other, _ = record(library)
    assert library.run(other).target == ""
    with library.database.writing():
        library.database.update_run(run, {"description": b"damaged"})
    assert library.run(run).target == ""


def test_a_list_reads_what_is_looked_at(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made = an_experiment()
    with library.database.writing():
        for number in range(500):
            library.begin(made, note=f"number {number}")
    runs = library.runs()
    read: list[int] = []
    rows = library.database.rows
    monkeypatch.setattr(library.database, "rows", lambda query, ids: read.extend(ids) or rows(query, ids))
    assert len(runs) == 500
    assert not read
    assert runs[0].note == "number 499"
    assert runs[-1].note == "number 0"
    assert [each.note for each in runs[3:5]] == ["number 496", "number 495"]
    assert len(read) == 100
    assert [each.id for each in runs] == list(range(500, 0, -1))
    assert sorted(read) == list(range(1, 501)), "each once"


def test_a_list_leaves_out_what_was_deleted_meanwhile(library: Library) -> None:
    ids = [library.begin(an_experiment()) for _ in range(3)]
    runs = library.runs()
    library.delete(ids[1:2])
    library.purge()
    assert [each.id for each in runs] == [3, 1]


def test_stars_names_and_notes(library: Library) -> None:
    run, other = library.begin(an_experiment()), library.begin(an_experiment())
    library.annotate(run, name="mine", starred=True)
    library.annotate(run, note="a note")
    reported = library.run(run)
    assert (reported.name, reported.note, reported.starred) == ("mine", "a note", True)
    assert [each.id for each in library.runs(starred=True)] == [run]
    assert library.run(other).note == ""
    with refused(UnknownRunError, "", "There is no run 9"):
        library.annotate(9, name="x")


def test_branches_know_their_parent(library: Library) -> None:
    parent, _ = record(library, until=in_epoch(3, 2))
    child = library.begin(an_experiment(), parent=parent, left_at=2.5)
    assert (library.run(child).parent, library.run(child).left_at) == (parent, 2.5)
    assert [each.id for each in library.children(parent)] == [child]
    library.delete([parent])
    library.purge()
    assert (library.run(child).parent, library.run(child).left_at) == (None, 2.5)


# ---- deleting


def test_a_branch_of_a_run_that_is_gone_for_good_is_kept_too(library: Library) -> None:
    run = library.begin(an_experiment())
    library.delete([run])
    assert not library.has(run)
    assert library.run(library.begin(an_experiment(), parent=run, left_at=1.0)).parent == run
    library.purge()
    assert library.run(library.begin(an_experiment(), parent=run, left_at=1.0)).parent is None


def test_deleting_can_be_undone_until_the_end(library: Library) -> None:
    run, trainer = record(library)
    library.delete([run])
    assert len(library.runs()) == 0
    library.restore([run])
    np.testing.assert_array_equal(library.network(run).parameters, trainer.network.parameters)
    library.delete([run])
    library.purge()
    with pytest.raises(UnknownRunError):
        library.restore([run])
    assert library.begin(an_experiment()) > run, "a number is never used again"


def test_all_or_none_is_deleted(library: Library) -> None:
    run = library.begin(an_experiment())
    with pytest.raises(UnknownRunError):
        library.delete([run, 99])
    assert len(library.runs()) == 1


def test_closing_makes_a_deletion_final_and_nobody_elses() -> None:
    with Library() as one, Library() as other:
        ids = [one.begin(an_experiment()) for _ in range(2)]
        one.delete(ids[:1])
        other.delete(ids[1:])
        one.close()
        assert other.database.number("SELECT count(*) FROM runs") == 1
        other.restore(ids[1:])
    with Library() as again:
        assert [each.id for each in again.runs()] == ids[1:]


def test_a_deletion_that_was_never_made_final_is_so_a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with Library() as library:
        run = library.begin(an_experiment())
        library.delete([run])
        library.database.close()  # as a killed program does
        library._undoes.release()
        with Library() as soon:
            assert soon.database.number("SELECT count(*) FROM runs") == 1
        monkeypatch.setattr("time.time", lambda: 0.0)  # a clock that was set back counts, too
        with Library() as later:
            assert later.database.number("SELECT count(*) FROM runs") == 0
        library._undoable.clear()


def test_what_is_deleted_for_good_is_in_no_file_any_more() -> None:
    with Library() as library:
        kept = library.begin(an_experiment(), note="stays-here")
        run, trainer = record(library, note="top-secret-note")
        content = trainer.network.parameters[:5].tobytes()
        library.delete([run])
        library.purge()
        bytes_now = b"".join(each.read_bytes() for each in library.path.parent.iterdir())
        assert b"top-secret-note" not in bytes_now
        assert content not in bytes_now
        assert b"stays-here" in bytes_now
        assert library.run(kept).note == "stays-here"


def test_the_file_shrinks_again() -> None:
    with Library() as library:
        wide = an_experiment().changed(hidden=(700, 50))
        before = library.database.nbytes
        for _ in range(3):
            record(library, wide)
        grown = library.database.nbytes
        assert grown > before + 1_000_000
        library.empty()
        assert library.database.nbytes < before + 100_000
        assert library.path.stat().st_size < before + 100_000


def test_a_deletion_that_can_be_undone_is_not_made_final_by_another_program(library: Library) -> None:
    """However long the window has been open."""
    run, _ = record(library)
    library.delete([run])
    library.database.write("UPDATE runs SET deleted = deleted - 100000")
    with Library(library.path):
        library.restore([run])
    assert library.has(run)
