"""How a sweep is listed: as one row with its best figure, which opens into its trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.sweeps.plan import GRID, SWEEP, Plan
from engine.sweeps.search_space import parse_dimension
from nnviz.library import Library, RunGroup
from nnviz.library.sweeps import SweepLibrary
from nnviz.session.run_list import RunRow, SweepKey, read_listing, with_open_groups
from nnviz.session.run_text import NEWEST
from nnviz.session.seeds import median_of
from nnviz.session.sweep_titles import format_sweep, sweep_row, trial_title
from tests.nnviz.library.helpers import an_experiment

RATES = (0.05, 0.1, 0.2)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def reported_sweep(library: Library, errors: Sequence[Sequence[float | None]], name: str = "") -> int:
    """A sweep of learning rates, of which each run only tells its errors: test and, twice that, validation error."""
    seeds = tuple(range(1, 1 + len(errors[0])))
    vary = (parse_dimension("learning-rate=0.05,0.1,0.2"),)
    plan = Plan(SWEEP, (an_experiment(),), seeds, vary, sampler=GRID)
    sweep = SweepLibrary(library).begin(plan, "MNIST", name)
    with library.database.writing():
        SweepLibrary(library).add_trials(sweep, [{"learning_rate": rate} for rate in RATES[: len(errors)]])
    for trial, of_trial in enumerate(errors):
        for seed, error in zip(seeds, of_trial, strict=True):
            run = library.begin(plan.experiment(trial, {"learning_rate": RATES[trial]}, seed), "MNIST")
            reported = {"status": "diverged"} if error is None else {"status": "finished", "test_error": error}
            found = {} if error is None else {"validation_error": 2 * error}
            with library.database.writing():
                library.database.update_run(run, {**reported, **found, "sweep": sweep, "trial": trial, "seconds": 2.0})
    return sweep


def single(library: Library, error: float | None) -> int:
    run = library.begin(an_experiment(), "MNIST", name=f"by itself {error}")
    with library.database.writing():
        library.database.update_run(run, {"status": "finished", "test_error": error})
    return run


def keys(library: Library, sort: str = NEWEST, opened: Sequence[object] = (), search: str = "") -> list[object]:
    return [row.key for row in read_listing(library, search, sort, opened).rows]


def test_a_sweep_is_one_row_where_its_newest_run_is(library: Library) -> None:
    old = single(library, 0.1)
    sweep = reported_sweep(library, [[0.3], [0.2]])
    new = single(library, 0.4)
    found = read_listing(library, "", NEWEST)
    assert [row.key for row in found.rows] == [new, SweepKey(sweep), old]
    assert found.count == 4
    row = found.rows[1]
    assert (row.is_sweep, row.is_open, row.chosen, row.all_runs) == (True, False, None, ())
    assert sorted(row.runs) == [old + 1, old + 2]
    assert row.holds(old + 1)
    assert not row.holds(None)
    assert row.of is not None
    assert (row.of.id, row.of.varied) == (sweep, ("learning_rate",))
    assert found.records.keys() == {old, new}, "what thousands of runs tell is not read"


def test_opened_its_trials_stand_below_it_and_their_seeds_below_these(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3, 0.1], [0.2, 0.2]])
    first, second = RunGroup(sweep, 0), RunGroup(sweep, 1)
    rows = with_open_groups(read_listing(library, "", NEWEST, {SweepKey(sweep)}).rows, {SweepKey(sweep), first})
    reported = [(row.key, row.depth, row.is_open, row.is_member, row.is_branch) for row in rows]
    one, other = library.runs_of_group(first)
    assert reported == [
        (SweepKey(sweep), 0, True, False, False),
        (second, 1, False, False, False),
        (first, 1, True, False, False),
        (one, 2, False, True, False),
        (other, 2, False, True, False),
    ]
    assert rows[1].of == rows[0].of, "by which it is called after what varies"


def test_a_trial_is_called_after_what_varies(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3], [0.2]])
    runs = SweepLibrary(library).runs(sweep)
    library.annotate(runs[0], name="mine")
    records = library.records(runs)
    titles = [trial_title(records[run], ("learning_rate", "hidden")) for run in runs]
    assert titles == ["mine", "0.1 · 5"]
    other = records[runs[1]]
    assert trial_title(other, ("learning_rate", "hidden"), is_whole=True) == "learning rate 0.1 · hidden layers 5"
    assert trial_title(other, ("optimizer", "initializer")) == "Adam · He"
    for unknown in ((), ("no such setting",)):
        assert trial_title(other, unknown) == "4-5-3 · Adam 0.1"


def test_a_sweep_is_called_after_what_varies(library: Library) -> None:
    reported_sweep(library, [[0.3]], "mine")
    of = read_listing(library, "", NEWEST).rows[0].of
    assert of is not None
    assert (format_sweep(of), sweep_row(of)) == ("mine · learning rate", "mine · rate")
    many = of._replace(varied=("learning_rate", "hidden", "batch_size", "dropout"))
    assert sweep_row(many) == "mine · rate, hidden, batch size, …"
    assert sweep_row(of._replace(name="", varied=())) == f"sweep {of.id}"
    assert sweep_row(of._replace(status="stopped")) == "mine, stopped · rate"
    assert "\n" not in sweep_row(of._replace(varied=("bad\nname" * 100,)))
    assert len(sweep_row(of._replace(varied=("bad\nname" * 100,)))) < 100


@pytest.mark.parametrize(
    ("sort", "best"),
    [
        (NEWEST, ("validation_error", 0.5)),
        ("test_error", ("test_error", 0.25)),
        ("seconds", ("seconds", 12.0)),
        ("epochs", ("epochs", 3.0)),
        ("test_rmse", None),
    ],
)
def test_its_figure_is_that_of_the_best_trial(sort: str, best: tuple[str, float] | None, library: Library) -> None:
    """Not of the luckiest seed, nor of a run that was stopped; without another choice the validation error.

    The best of many by the test error would look better than it is; who sorts by that asked for it.
    """
    sweep = reported_sweep(library, [[0.3, 0.9], [0.2, 0.3], [0.05, None]])
    lucky = SweepLibrary(library).runs(sweep)[0]
    with library.database.writing():
        library.database.update_run(lucky, {"status": "pruned", "test_error": 0.001, "epochs": 3.0})
        library.database.write("UPDATE runs SET epochs = 2 WHERE id != ?", (lucky,))
    assert read_listing(library, "", sort).rows[0].best == best


def test_a_trial_shows_what_it_is_ranked_by(library: Library) -> None:
    """A run that was stopped early is the worst one, one that a person stopped counts not; alone each shows its own."""
    sweep = reported_sweep(library, [[0.3, 0.1, 0.2], [0.4, 0.5, 0.6]])
    runs = SweepLibrary(library).runs(sweep)
    with library.database.writing():
        library.database.update_run(runs[1], {"status": "pruned"})
        library.database.update_run(runs[3], {"status": "stopped"})
    records = [library.run(run) for run in runs]
    assert [median_of(records[start : start + 3], "test_error") for start in (0, 3)] == [0.3, 0.55]
    assert median_of(records[:2], "test_error") == math.inf
    assert median_of(records[1:2], "test_error") == 0.1
    assert [library.values("test_error")[run] for run in runs[:3]] == [0.3, math.inf, 0.2]


def test_plans_of_seeds_do_not_keep_a_sweep_from_its_figure(library: Library) -> None:
    """They have other figures than numbers that are predicted."""
    seeds = reported_sweep(library, [[0.3]])
    sweep = reported_sweep(library, [[0.2]])
    with library.database.writing():
        library.database.write("UPDATE sweeps SET kind = 'seeds' WHERE id = ?", (seeds,))
        reported = {"validation_error": None, "test_error": None, "validation_rmse": 1.5}
        library.database.update_run(SweepLibrary(library).runs(sweep)[0], reported)
    assert read_listing(library, "", NEWEST).rows[0].best == ("validation_rmse", 1.5)


def test_a_trial_that_lacks_seeds_is_not_the_best(library: Library) -> None:
    sweep = reported_sweep(library, [[0.01, 0.9], [0.2, 0.3]])
    with library.database.writing():
        library.database.update_run(SweepLibrary(library).runs(sweep)[1], {"status": "stopped"})
    assert read_listing(library, "", "test_error").rows[0].best == ("test_error", 0.25)


def test_its_best_decides_where_it_stands_open_or_closed(library: Library) -> None:
    better, worse = single(library, 0.15), single(library, 0.25)
    sweep = reported_sweep(library, [[0.9], [0.2], [0.3]])
    empty = reported_sweep(library, [[None]])
    unknown = single(library, None)
    assert keys(library, "test_error") == [better, SweepKey(sweep), worse, unknown, SweepKey(empty)]
    trials = [RunGroup(sweep, trial) for trial in (1, 2, 0)]
    opened = keys(library, "test_error", [SweepKey(sweep)])
    assert opened == [better, SweepKey(sweep), *trials, worse, unknown, SweepKey(empty)]


def test_those_alike_stay_in_their_order_when_one_is_opened(library: Library) -> None:
    """The newest first, whatever they are."""
    first = reported_sweep(library, [[0.2]])
    run = single(library, 0.2)
    second = reported_sweep(library, [[0.2]])
    for sort in (NEWEST, "test_error", "test_rmse"):
        assert keys(library, sort) == [SweepKey(second), run, SweepKey(first)]
        assert keys(library, sort, [SweepKey(first)]) == [SweepKey(second), run, SweepKey(first), RunGroup(first, 0)]


def test_a_search_finds_it_by_its_runs_and_lists_only_those(library: Library) -> None:
    single(library, 0.1)
    sweep = reported_sweep(library, [[0.3], [0.2], [0.1]])
    runs = SweepLibrary(library).runs(sweep)
    library.annotate(runs[1], note="odd one")
    (row,) = read_listing(library, "odd", NEWEST).rows
    assert (row.key, list(row.runs)) == (SweepKey(sweep), [runs[1]])
    assert keys(library, NEWEST, [SweepKey(sweep)], "odd") == [SweepKey(sweep), RunGroup(sweep, 1)]


def test_its_figure_is_of_those_that_were_searched_for(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3], [0.2]])
    between = single(library, 0.25)
    library.annotate(between, note="odd one")
    library.annotate(SweepLibrary(library).runs(sweep)[0], note="odd one")
    for opened in ((), [SweepKey(sweep)]):
        rows = read_listing(library, "odd", "test_error", opened).rows
        assert [row.key for row in rows[:2]] == [between, SweepKey(sweep)]
        assert rows[1].best == ("test_error", 0.3)


def test_a_branch_of_a_trial_stands_below_the_sweep_or_the_trial(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3], [0.2]])
    runs = SweepLibrary(library).runs(sweep)
    branch = library.begin(an_experiment(), "MNIST", parent=runs[0], left_at=1)

    def depths(opened: Sequence[object]) -> list[tuple[object, int]]:
        return [(row.key, row.depth) for row in read_listing(library, "", NEWEST, opened).rows]

    assert depths(()) == [(SweepKey(sweep), 0), (branch, 1)]
    opened = depths([SweepKey(sweep)])
    assert opened == [(SweepKey(sweep), 0), (RunGroup(sweep, 1), 1), (RunGroup(sweep, 0), 1), (branch, 2)]


def test_what_is_deleted_is_no_more_of_it(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3], [0.2]])
    best, other = SweepLibrary(library).runs(sweep)[1], SweepLibrary(library).runs(sweep)[0]
    library.delete([best])
    (row,) = read_listing(library, "", "test_error").rows
    assert (list(row.runs), row.best) == ([other], ("test_error", 0.3))
    library.delete([other])
    assert not read_listing(library, "", NEWEST).rows


def test_runs_without_a_trial_stay_in_their_sweep(library: Library) -> None:
    """As a damaged file may have them."""
    sweep = reported_sweep(library, [[0.3], [0.2]])
    with library.database.writing():
        library.database.write("UPDATE runs SET trial = NULL")
    assert keys(library) == [SweepKey(sweep)]
    assert keys(library, NEWEST, [SweepKey(sweep)])[0] == SweepKey(sweep)


def test_a_damaged_plan_says_less(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3], [0.2]])
    with library.database.writing():
        library.database.write("UPDATE sweeps SET plan = 'nothing'")
    (row,) = read_listing(library, "", NEWEST).rows
    assert (row.key, row.of and row.of.varied) == (SweepKey(sweep), ())


def test_seeds_and_races_are_no_sweeps(library: Library) -> None:
    sweep = reported_sweep(library, [[0.3, 0.2]])
    with library.database.writing():
        library.database.write("UPDATE sweeps SET kind = 'seeds'")
    (row,) = read_listing(library, "", NEWEST).rows
    assert row == RunRow(row.run, 0, RunGroup(sweep, 0), row.runs)
