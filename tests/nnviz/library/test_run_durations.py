"""What runs of the library took, by which it is reported what others will take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nnviz.library import Library
from nnviz.library.run_durations import recent_durations
from nnviz.library.sweeps import SweepLibrary
from tests.nnviz.library.helpers import DATA, an_experiment, record
from tests.nnviz.sweeps.helpers import a_plan, swept


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def test_runs_of_the_same_data_come_first_the_newest_before_the_others(library: Library) -> None:
    for made in (an_experiment(), an_experiment(hidden=(7,)), an_experiment(fingerprint="others")):
        record(library, made)
    found = recent_durations(library, DATA.fingerprint)
    assert [each.shape for each in found] == [(4, 7, 3), (4, 5, 3), (4, 5, 3)]
    assert [each.fingerprint == DATA.fingerprint for each in found] == [True, True, False]
    assert {(each.batch_size, each.batches) for each in found} == {(10, 6)}
    first = library.run(2)
    assert found[0].seconds == pytest.approx(first.seconds / first.epochs)


def test_runs_that_were_not_trained_or_cannot_be_read_tell_nothing(library: Library) -> None:
    library.begin(an_experiment(), "MNIST")
    run, _ = record(library)
    with library.database.writing():
        library.database.write("UPDATE runs SET experiment = '{' WHERE id = ?", (run,))
    assert recent_durations(library, DATA.fingerprint) == []


def test_sweeps_are_reported_without_their_plans_and_their_runs_with_their_figures(library: Library) -> None:
    conductor = swept(library, a_plan("learning-rate=0.01,0.1", seeds=(1, 2)))
    sweeps = SweepLibrary(library)
    (reported,) = sweeps.summaries("sweep")
    assert (reported.id, reported.status, sweeps.summaries("race")) == (1, "finished", [])
    found = list(sweeps.records(1))
    assert [(each.trial, each.seed) for each in found] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert found[0].figures == dict(conductor.results.trials[0].runs[1].figures)
