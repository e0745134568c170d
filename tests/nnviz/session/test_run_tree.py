"""How the library's runs are listed where some of them differ in their seed only."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnviz.library import Library, RunGroup, RunRecord
from nnviz.session.run_list import RunRow, read_listing, with_open_groups
from nnviz.session.run_names import run_name, subject_of, title_in_group
from nnviz.session.run_text import NEWEST, figure_of
from nnviz.session.seeds import median_of, middle_of, note_of
from tests.nnviz.cards.runs.seed_helpers import group_of, reported_group
from tests.nnviz.library.helpers import an_experiment
from tests.nnviz.library.test_sweeps import OLD


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def single(library: Library, error: float | None, **reported: int) -> int:
    run = library.begin(an_experiment(), "MNIST", name=f"by itself {error}", **reported)
    with library.database.writing():
        library.database.update_run(run, {"status": "finished", "test_error": error})
    return run


def records_of(library: Library, group: RunGroup) -> list[RunRecord]:
    return list(library.records(library.runs_of_group(group)).values())


def order(library: Library, sort: str, search: str = "") -> list[int | RunGroup]:
    return [row.chosen for row in read_listing(library, search, sort).rows]


# ---- rows


@pytest.mark.parametrize("has_groups", [False, True])
def test_rows_of_other_data_are_sorted_apart_below_a_title(library: Library, has_groups: bool) -> None:
    made, runs = an_experiment(), []
    for title, error in (("moons", 0.2), ("digits", 0.3), ("moons", 0.1)):
        runs.append(library.begin(made.changed(fingerprint=title), title, name=f"{error}"))
        with library.database.writing():
            library.database.update_run(runs[-1], {"status": "finished", "test_error": error})
    expected = [(runs[1], "digits"), (runs[2], "moons"), (runs[0], "")]
    newest = [(runs[2], "moons"), (runs[0], ""), (runs[1], "digits")]
    if has_groups:
        group = reported_group(library, [0.1, 0.2], made.changed(fingerprint="MNIST"))
        expected.insert(1, (group, "MNIST"))
        newest.insert(0, (group, "MNIST"))
    assert [(row.chosen, row.section) for row in read_listing(library, "", "test_error").rows] == expected
    assert [(row.chosen, row.section) for row in read_listing(library, "", NEWEST).rows] == newest, (
        "the latest data first"
    )
    again = library.begin(made.changed(fingerprint="more noise"), "moons")
    last = read_listing(library, "", "test_error").rows[-1]
    assert (last.chosen, last.section) == (again, "moons (other data)")
    library.delete([again])
    for sort in (NEWEST, "test_error", "epochs"):
        assert not any(row.section for row in read_listing(library, "moons", sort).rows), "there is only one data set"


def test_data_without_the_figure_come_last(library: Library) -> None:
    """Also where some of the runs diverged, which counts as an infinite figure."""
    made = an_experiment()
    for title, status, error in (("autos", "diverged", None), ("autos", "finished", None), ("xor", "finished", 0.1)):
        run = library.begin(made.changed(fingerprint=title), title, name=f"{title} {status}")
        with library.database.writing():
            library.database.update_run(run, {"status": status, "test_error": error})
    assert [row.section for row in read_listing(library, "", "test_error").rows if row.section] == ["xor", "autos"]


def test_a_group_is_one_row_where_its_newest_run_is(library: Library) -> None:
    old = single(library, 0.1)
    group = reported_group(library, [0.3, 0.1, 0.2])
    runs = tuple(library.runs_of_group(group))
    new = single(library, 0.4)
    found = read_listing(library, "", NEWEST)
    assert found.rows == [RunRow(new, 0), RunRow(runs[0], 0, group, runs), RunRow(old, 0)]
    assert found.count == 5
    assert found.records.keys() == {old, new, *runs}, "what all of them tell is read"


def test_opened_its_runs_stand_below_it(library: Library) -> None:
    group = reported_group(library, [0.3, 0.1])
    first, second = library.runs_of_group(group)
    rows = with_open_groups(read_listing(library, "", NEWEST).rows, {group})
    assert [(row.chosen, row.depth, row.is_open, row.is_member) for row in rows] == [
        (group, 0, True, False),
        (first, 1, False, True),
        (second, 1, False, True),
    ]
    assert rows[1].siblings == (first, second)


def test_the_median_decides_where_a_group_stands(library: Library) -> None:
    better, worse = single(library, 0.15), single(library, 0.25)
    group = reported_group(library, [0.9, 0.2, 0.01])
    unmeasured = single(library, None)
    assert order(library, "test_error") == [better, group, worse, unmeasured]


def test_one_that_diverged_is_the_worst_and_none_measured_the_last(library: Library) -> None:
    middle = single(library, 0.25)
    most_diverged, one_diverged = reported_group(library, [0.1, None, None]), reported_group(library, [0.2, 0.1, None])
    empty = group_of(library, [library.begin(an_experiment()), library.begin(an_experiment())], an_experiment())
    assert order(library, "test_error") == [one_diverged, middle, most_diverged, empty]


def test_of_the_room_most_comes_first(library: Library) -> None:
    groups = [reported_group(library, [0.1, 0.2]) for _ in range(2)]
    with library.database.writing():
        for group, size in zip(groups, (10, 20), strict=True):
            for run in library.runs_of_group(group):
                library.database.update_run(run, {"nbytes": size})
    assert order(library, "nbytes") == [groups[1], groups[0]]


def test_a_group_is_found_if_one_of_its_runs_is(library: Library) -> None:
    single(library, 0.1)
    group = reported_group(library, [0.3, 0.1, 0.2])
    runs = library.runs_of_group(group)
    library.annotate(runs[1], note="odd one")
    (row,) = read_listing(library, "odd", NEWEST).rows
    assert (row.chosen, row.runs) == (group, tuple(runs))


def test_a_branch_of_one_of_its_runs_stands_below_the_group(library: Library) -> None:
    group = reported_group(library, [0.3, 0.1])
    _, second = library.runs_of_group(group)
    branch = single(library, 0.2, parent=second, left_at=1)
    assert [(row.chosen, row.depth) for row in read_listing(library, "", NEWEST).rows] == [(group, 0), (branch, 1)]


def test_what_is_deleted_is_no_more_of_it(library: Library) -> None:
    group = reported_group(library, [0.3, 0.1, 0.2])
    first, *others = library.runs_of_group(group)
    library.delete([first])
    (row,) = read_listing(library, "", NEWEST).rows
    assert (row.run, row.runs) == (others[0], tuple(others))
    library.delete(others)
    assert not read_listing(library, "", NEWEST).rows


def test_a_lone_run_of_a_plan_is_listed_as_a_run(library: Library) -> None:
    group = reported_group(library, [0.3])
    rows = with_open_groups(read_listing(library, "", NEWEST).rows, {group})
    assert [(row.chosen, row.is_open) for row in rows] == [(group, False)]


# ---- equal runs one after the other


def ended(library: Library, status: str = "finished", data: str = "MNIST", name: str = "", **changes: float) -> int:
    """A run that was trained by itself."""
    run = library.begin(an_experiment().changed(fingerprint=data, **changes), data, name=name)
    with library.database.writing():
        library.database.update_run(run, {"status": status, "test_error": 0.2})
    return run


def test_equal_runs_one_after_the_other_are_one_row(library: Library) -> None:
    runs = [ended(library, seed=seed) for seed in (1, 2, 2)]
    other = ended(library, learning_rate=0.5)
    again = ended(library, seed=4)
    rows = read_listing(library, "", NEWEST).rows
    assert [(row.chosen, tuple(row.runs)) for row in rows] == [
        (again, ()),
        (other, ()),
        (RunGroup(0, runs[0]), tuple(runs)),
    ]
    assert library.runs_of_group(RunGroup(0, runs[0])) == runs
    opened = with_open_groups(rows, {RunGroup(0, runs[0])})
    assert [row.run for row in opened if row.is_member] == runs


@pytest.mark.parametrize("reported", [{"name": "mine"}, {"status": "paused"}, {"learning_rate": 0.5}])
def test_a_run_with_something_of_its_own_stands_alone(library: Library, reported: dict[str, Any]) -> None:
    """A name, other settings, or that its training can be continued."""
    runs = [ended(library), ended(library, **reported), ended(library)]
    assert order(library, NEWEST) == runs[::-1]


def test_runs_of_other_data_do_not_part_equal_runs_but_runs_of_a_plan_do(library: Library) -> None:
    one, other, two = ended(library), ended(library, data="moons"), ended(library)
    assert order(library, NEWEST) == [RunGroup(0, one), other]
    library.delete([two])
    group = reported_group(library, [0.1, 0.2], an_experiment().changed(fingerprint="MNIST"))
    after = ended(library)
    assert order(library, NEWEST) == [after, group, one, other]


def test_equal_runs_stay_the_same_row_when_some_of_them_are_deleted_or_come_back(library: Library) -> None:
    before = ended(library, learning_rate=0.5)
    one, two, three = (ended(library, seed=seed) for seed in (1, 2, 3))
    group = RunGroup(0, one)
    for gone, left in ([one], [two, three]), ([two], [one, three]), ([three], [one, two]):
        library.delete(gone)
        rows = read_listing(library, "", NEWEST).rows
        assert [(row.chosen, list(row.runs)) for row in rows] == [(group, left), (before, [])]
        assert library.runs_of_group(group) == left
        library.restore(gone)
    four = ended(library, seed=4)
    library.delete([one, two])
    assert order(library, NEWEST) == [group, before]
    assert library.runs_of_group(group) == [three, four]
    library.delete([before])
    assert order(library, NEWEST) == [group]


def test_a_run_that_was_deleted_parts_no_equal_runs_and_is_the_first_of_none_before_it(library: Library) -> None:
    one, odd, two = ended(library), ended(library, learning_rate=0.5), ended(library, seed=2)
    three = ended(library, learning_rate=0.5)
    library.delete([odd])
    assert order(library, NEWEST) == [three, RunGroup(0, one)]
    four = ended(library, learning_rate=0.5, seed=2)
    assert order(library, NEWEST) == [RunGroup(0, three), RunGroup(0, one)]
    assert library.runs_of_group(RunGroup(0, one)) == [one, two]
    assert library.runs_of_group(RunGroup(0, three)) == [three, four]


def test_equal_runs_are_found_whatever_the_order_of_their_settings_in_the_library(library: Library) -> None:
    one, two, other = ended(library, seed=1), ended(library, seed=2), ended(library, learning_rate=0.5)
    for run, seed in (one, 3), (two, 3), (other, 4):
        entries = json.loads(library.experiments([run])[run]) | {"data_settings": {"seed": seed}}
        entries["training"] = dict(reversed(entries["training"].items()))
        if run == two:
            entries = dict(reversed(entries.items()))
        with library.database.writing():
            library.database.update_run(run, {"experiment": json.dumps(entries)})
    assert order(library, NEWEST) == [other, RunGroup(0, one)]


def test_settings_of_equal_runs_are_read_once_until_they_change(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = ended(library), ended(library, seed=2)
    asked: list[str] = []
    rows = library.database.rows
    monkeypatch.setattr(
        library.database, "rows", lambda query, *reported: (asked.append(query), rows(query, *reported))[1]
    )
    assert library.equal_runs() == dict.fromkeys([one, two], RunGroup(0, one))
    del asked[:]
    assert library.runs_of_group(RunGroup(0, one)) == [one, two]
    assert [query for query in asked if "experiment" in query] == []
    made = library.experiments([two])[two].replace('"learning_rate":', '"learning_rate":1')
    with library.database.writing():
        library.database.update_run(two, {"experiment": made, "updated": 3.0})
    assert library.equal_runs() == {}


def test_a_branch_stands_below_the_row_of_equal_runs_that_it_left(library: Library) -> None:
    one, two = ended(library), ended(library, seed=2)
    branch = library.begin(an_experiment(), "MNIST", one, 2.0)
    assert [(row.chosen, row.depth) for row in read_listing(library, "", NEWEST).rows] == [
        (RunGroup(0, one), 0),
        (branch, 1),
    ]
    library.delete([two])
    assert order(library, NEWEST) == [one, branch]


def test_what_most_runs_of_a_data_set_have_need_not_be_said(library: Library) -> None:
    for rate in (0.1, 0.1, 0.1, 0.2):
        ended(library, learning_rate=rate, seed=round(10 * rate))
    ended(library, data="moons")
    found = read_listing(library, "", NEWEST)
    titles = {
        row.run: str(run_name(subject_of([found.records[row.run]]), found.common.get(("MNIST", "MNIST"))))
        for row in found.rows
    }
    assert titles[4] == "#4 · rate 0.2 · seed 2"
    assert ("moons", "moons") not in found.common, "a run alone has nothing to be compared with"


def test_a_library_of_the_first_version_that_can_only_be_read_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no table of plans."""
    path = tmp_path / "old.sqlite"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    monkeypatch.setattr("os.access", lambda *_: False)
    with Library(path) as library:
        assert not library.database.has_sweeps
        for sort in (NEWEST, "test_error"):
            assert sorted(run for row in read_listing(library, "", sort).rows for run in row.all_runs) == [1, 2]


# ---- what they have in common


def test_the_figure_is_the_median(library: Library) -> None:
    records = records_of(library, reported_group(library, [0.031, 0.022, 0.026]))
    assert figure_of(records, "test_error") == ("2.60 %", "test")
    assert figure_of(records, NEWEST) == ("2.60 %", "test")
    assert middle_of(records).test_error == 0.026
    assert figure_of(records, "validation_error")[0] == "—"


def test_of_trials_of_a_sweep_it_is_the_validation_error(library: Library) -> None:
    """The best of many by the test error would look better than it is; who sorts by that asked for it."""
    group = reported_group(library, [0.03, 0.02])
    with library.database.writing():
        library.database.write("UPDATE runs SET validation_error = 0.05")
    assert figure_of(records_of(library, group), NEWEST) == ("2.50 %", "test")
    with library.database.writing():
        library.database.write("UPDATE sweeps SET kind = 'sweep'")
    records = records_of(library, group)
    assert [each.kind for each in records] == ["sweep", "sweep"]
    assert figure_of(records, NEWEST) == ("5.00 %", "ink")
    assert figure_of(records, "test_error") == ("2.50 %", "test")


def test_of_a_run_that_was_stopped_early_the_epoch_is_reported(library: Library) -> None:
    run = single(library, 0.3)
    with library.database.writing():
        library.database.write("UPDATE runs SET epochs = 1, batches = 10, status = 'pruned'")
        library.database.write("INSERT INTO epochs (run, epoch, seconds, test_error) VALUES (?, 1, 1, 0.3)", (run,))
    assert figure_of(list(library.records([run]).values()), "test_error")[0] == "30.00 % at epoch 1"
    with library.database.writing():
        library.database.write("UPDATE runs SET status = 'finished'")
    assert figure_of(list(library.records([run]).values()), "test_error")[0] == "30.00 %"


def test_of_an_even_number_it_is_between_the_two_and_the_better_one_stands_for_all(library: Library) -> None:
    records = records_of(library, reported_group(library, [0.04, 0.01, 0.03, 0.02]))
    assert median_of(records, "test_error") == pytest.approx(0.025)
    assert middle_of(records).test_error == 0.02


def test_a_figure_has_its_unit_or_says_that_the_run_diverged(library: Library) -> None:
    run, bad = ended(library), ended(library, "diverged", learning_rate=0.5)
    with library.database.writing():
        library.database.update_run(run, {"epochs": 20, "seconds": 6.3, "nbytes": 12_300_000})
    found = library.records([run, bad])
    reported = [figure_of([found[run]], sort)[0] for sort in (NEWEST, "epochs", "seconds", "nbytes", "test_rmse")]
    assert reported == ["20.00 %", "20 epochs", "6.30 s", "12.3 MB", "—"]
    assert figure_of([found[bad]], NEWEST)[0] == "diverged"


def test_runs_that_diverged_count(library: Library) -> None:
    records = records_of(library, reported_group(library, [0.01, None, 0.03]))
    assert figure_of(records, "test_error")[0] == "3.00 %"
    assert figure_of(records_of(library, reported_group(library, [0.01, None, None])), "test_error")[0] == "diverged"


def test_the_name_is_that_of_most_and_another_one_stands_beside_its_seed(library: Library) -> None:
    group = reported_group(library, [0.1, 0.2, 0.3], name="wider")
    odd = library.runs_of_group(group)[0]
    library.annotate(odd, name="odd", note="look again")
    records = records_of(library, group)
    assert run_name(subject_of(records)) == "wider"
    assert [title_in_group(record, records) for record in records] == ["seed 1 · odd", "seed 2", "seed 3"]
    assert note_of(records) == ""
