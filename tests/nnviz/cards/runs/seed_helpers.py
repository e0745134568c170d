"""Libraries with groups of seeds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.sweeps.plan import plan_seeds
from nnviz.library import Library, RunGroup
from nnviz.library.sweeps import SweepLibrary
from tests.nnviz.library.helpers import an_experiment, record


def group_of(library: Library, runs: Sequence[int], made: Experiment, data: str = "MNIST") -> RunGroup:
    """Makes these runs a group of seeds."""
    sweep = SweepLibrary(library).begin(plan_seeds(made, len(runs)), data)
    with library.database.writing():
        library.database.many("UPDATE runs SET sweep = ?, trial = 0 WHERE id = ?", [(sweep, run) for run in runs])
    return RunGroup(sweep, 0)


def trained_group(library: Library, made: Experiment, data: Dataset, seeds: int, name: str = "") -> RunGroup:
    """A group of runs that were trained, with the seeds 1, 2 and so on."""
    runs = [record(library, made.changed(seed=1 + each), data, name=name)[0] for each in range(seeds)]
    return group_of(library, runs, made, data.title)


def reported_group(
    library: Library, errors: Sequence[float | None], made: Experiment | None = None, **reported: str
) -> RunGroup:
    """A group of runs that only tell their test errors; None for one that diverged."""
    made = an_experiment() if made is None else made
    runs = [library.begin(made.changed(seed=1 + each), "MNIST", **reported) for each in range(len(errors))]
    with library.database.writing():
        for run, error in zip(runs, errors, strict=True):
            figures = {"status": "diverged"} if error is None else {"status": "finished", "test_error": error}
            library.database.update_run(run, figures)
    return group_of(library, runs, made)


def copy_library(made: Path, path: Path | None = None) -> None:
    """Copies that library, with what is still in its log, to a path; None for that of the library of this test."""
    path = path or Path(os.environ["NNVIZ_LIBRARY"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
