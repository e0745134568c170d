"""How much the library takes, and what goes first where that is too much."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import SettingError
from nnviz.library import Library, Recording
from nnviz.library.locks import lock_of_run
from nnviz.library.quota import BUDGET, SNAPSHOT_BUDGET
from tests.nnviz.library.helpers import DATA, an_experiment, record

MakeLibrary = Callable[[int], Library]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Libraries of one, two and three large runs, to be copied."""
    folder = tmp_path_factory.mktemp("large")
    paths = [folder / f"{count}.sqlite" for count in (1, 2, 3)]
    for before, path in zip([None, *paths], paths, strict=False):
        if before is not None:
            shutil.copy(before, path)
        with Library(path) as library:
            record(library, an_experiment(epochs=40).changed(hidden=(2000,)))
    return paths


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


@pytest.fixture
def with_large_runs(large: list[Path]) -> Iterator[MakeLibrary]:
    """The test's library, with a given number of large runs."""
    with ExitStack() as stack:

        def make(count: int) -> Library:
            path = Path(os.environ["NNVIZ_LIBRARY"])
            path.parent.mkdir()
            shutil.copy(large[count - 1], path)
            return stack.enter_context(Library())

        yield make


def test_the_budget_is_kept(library: Library) -> None:
    assert (library.quota.budget, library.quota.snapshot_budget) == (BUDGET, SNAPSHOT_BUDGET)
    library.quota.budget, library.quota.snapshot_budget = 5_000_000, 2_000_000
    with Library() as again:
        assert (again.quota.budget, again.quota.snapshot_budget) == (5_000_000, 2_000_000)
    for wrong in (0, -1, float("inf"), "much"):
        with pytest.raises(SettingError, match="budget"):
            library.quota.budget = wrong  # type: ignore[assignment]


def test_what_fits_loses_nothing(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    plan = library.quota.plan()
    assert (plan.losses, plan.nbytes, plan.is_enough) == ((), 0, True)


def test_the_oldest_without_a_star_lose_moments_first(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(3)
    starred, second, third = 1, 2, 3
    library.annotate(starred, starred=True)
    whole = library.quota.nbytes
    plan = library.quota.plan(whole - 100_000)
    assert plan.runs == [second]
    assert plan.is_enough
    assert library.quota.plan(whole * 2 // 3).runs[:2] == [second, third]
    everything = library.quota.plan(1_000_000)
    assert list(dict.fromkeys(everything.runs)) == [second, third, starred]


def test_results_and_last_states_stay(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(2)
    runs = [1, 2]
    kept = {run: (library.network(run).parameters, library.history(run), library.run(run)) for run in runs}
    before = {run: library.snapshot_epochs(run) for run in runs}
    whole = library.quota.nbytes
    plan = library.quota.plan(1_000_000)
    library.quota.thin(plan)
    assert library.quota.nbytes <= whole - plan.nbytes * 0.9
    assert library.path.stat().st_size < whole - plan.nbytes * 0.9
    for run in runs:
        parameters, history, record_before = kept[run]
        np.testing.assert_array_equal(library.network(run).parameters, parameters)
        assert library.history(run) == history
        assert library.run(run).figures == record_before.figures
        assert library.run(run).is_thinned
        assert library.run(run).nbytes < record_before.nbytes
        moments = library.snapshot_epochs(run)
        assert moments[0] == 0
        assert moments[-1] == 40
        assert len(moments) < len(before[run])
        assert set(moments) <= set(before[run])
        assert library.state(run).at == 40
        assert library.state(run, 1).at == 0


def test_fewer_moments_are_still_evenly_apart(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    run = 1
    library.quota.thin(library.quota.plan(library.quota.nbytes - 10_000))
    moments = np.array(library.snapshot_epochs(run))
    assert 10 <= len(moments) <= 18
    assert np.diff(moments).max() <= 2 * 40 / 10


def test_a_run_that_is_being_trained_loses_nothing(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    run = 1
    plan = library.quota.plan(1_000_000)
    before = library.snapshot_epochs(run)
    made = an_experiment().changed(hidden=(2000,))
    kept = library.state(run)
    trainer = made.trainer(DATA)
    recording = Recording(library, run, type(trainer).resume(kept.network, DATA, kept.training))
    assert library.quota.plan(1_000_000).losses == ()
    library.quota.thin(plan)
    assert library.snapshot_epochs(run) == before
    recording.close()


def test_a_thinned_run_goes_on(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    run = 1
    library.quota.thin(library.quota.plan(1_000_000))
    kept = library.state(run)
    trainer = an_experiment().changed(hidden=(2000,)).trainer(DATA)
    resumed = type(trainer).resume(kept.network, DATA, kept.training)
    resumed.change(resumed.settings.__class__.from_dict(resumed.settings.as_dict() | {"epochs": 60}))
    recording = Recording(library, run, resumed)
    for event in resumed.run():
        recording.take_event(event)
    assert recording.finish()
    assert library.snapshot_epochs(run)[-1] == 60


def test_with_no_budget_it_tells_all_that_can_go(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(2)
    starred = 1
    library.annotate(starred, starred=True)
    library.begin(an_experiment())  # has nothing that could go
    plan = library.quota.plan(0)
    assert (len(plan.runs), plan.starred, plan.is_enough) == (2, 1, False)
    every = library.database.number("SELECT count(*) FROM moments")
    states = library.database.number("SELECT count(*) FROM states WHERE at > 0 AND at < 40")
    assert states > 0
    assert plan.snapshots == every - 2 * 2 + states, "the first and the last stay"


def test_more_room_is_made_than_is_missing(with_large_runs: MakeLibrary) -> None:
    """Else it would be due again after the next training."""
    library = with_large_runs(2)
    library.quota.budget = library.quota.nbytes - 1000
    library.quota.thin(library.quota.plan())
    assert library.quota.nbytes < library.quota.budget * 0.97


def test_nothing_goes_before_it_was_said(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    run = 1
    before = library.snapshot_epochs(run)
    assert library.quota.enforce() is None, "there is room"
    library.quota.budget = library.quota.nbytes - 1000
    said = library.quota.enforce()
    assert said is not None
    assert said.runs == [run]
    assert library.snapshot_epochs(run) == before
    with Library() as again:
        assert again.quota.enforce() is None
        assert len(again.snapshot_epochs(run)) < len(before)
        again.quota.budget = again.quota.nbytes - 1000
        thinner = again.snapshot_epochs(run)
        assert again.quota.enforce() is not None, "each time it is said before"
        assert again.snapshot_epochs(run) == thinner


def test_what_was_said_is_forgotten_when_there_is_room(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(1)
    run = 1
    before = library.snapshot_epochs(run)
    library.quota.budget = 1_000_000
    assert library.quota.announce() is not None
    library.quota.budget = BUDGET
    assert library.quota.enforce() is None
    library.quota.budget = 1_000_000
    assert library.quota.enforce() is not None
    assert library.snapshot_epochs(run) == before


def test_where_thinning_does_not_help_that_is_said_once(library: Library) -> None:
    for _ in range(3):
        library.begin(an_experiment(), note="x" * 400_000)
    library.quota.budget = 1_000_000
    said = library.quota.enforce()
    assert said is not None
    assert (said.losses, said.is_over, said.is_enough) == ((), True, False)
    assert library.quota.enforce() is None


def test_thinning_tells_how_far_it_is_and_can_be_ended(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(2)
    first, second = 1, 2
    before = library.snapshot_epochs(second)
    plan, reported = library.quota.plan(0), []

    def tell(share: float) -> None:
        reported.append(share)
        if share:
            raise InterruptedError

    library.database.shrink()
    size = library.path.stat().st_size
    with pytest.raises(InterruptedError):
        library.quota.thin(plan, tell)
    assert reported[0] == 0
    assert 0.3 < reported[1] < 0.7
    assert library.run(first).is_thinned
    assert library.snapshot_epochs(second) == before
    assert library.path.stat().st_size < size, "what went is no longer in the file"


@pytest.mark.parametrize("how", ["thinned", "deleted"])
def test_what_was_said_is_forgotten_where_room_was_made_otherwise(with_large_runs: MakeLibrary, how: str) -> None:
    """What goes the next time is something else, and is said first."""
    library = with_large_runs(2)
    first, second = 1, 2
    library.quota.budget = library.quota.nbytes - 1000
    assert library.quota.announce() is not None
    if how == "thinned":
        library.quota.thin(library.quota.plan())
    else:
        library.delete([first])
        library.purge()
    library.quota.budget = library.quota.nbytes - 1000
    before = library.snapshot_epochs(second)
    assert library.quota.enforce() is not None
    assert library.snapshot_epochs(second) == before


def test_thinning_says_what_is_gone_and_not_what_was_to_go(with_large_runs: MakeLibrary) -> None:
    library = with_large_runs(2)
    first, second = 1, 2
    plan = library.quota.plan(0)
    lock = lock_of_run(library.path, first)
    assert lock.acquire()
    gone = library.quota.thin(plan)
    lock.release()
    assert (plan.runs, gone.runs) == ([first, second], [second])
