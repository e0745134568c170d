"""The run of a network that was read from a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.experiment import Experiment
from nnviz.jobs.reading import Opened
from nnviz.session.run import Run, opened_run


def run_of(found: Opened, like: Experiment, dataset: Dataset | None) -> Run:
    """The run of a network from a file; paused if its training can continue.

    ``like`` gives the settings that the file does not hold.
    """
    run = opened_run(found.network, like, found.provenance)
    if found.settings is not None:
        seed = found.settings.seed if found.settings.seed is not None else run.experiment.seed
        with suppress(EngineError):  # the settings may not fit this network
            run.experiment = run.experiment.changed(training=replace(found.settings, seed=seed))
    if dataset is not None:
        stand_at(run, found, dataset)
    return run


def stand_at(run: Run, found: Opened, dataset: Dataset) -> None:
    """Lets a run be paused where the training in its file was, if that can continue with these data."""
    if found.trainer is not None:
        run.experiment = run.experiment.for_data(dataset)
        run.stand_at(found.trainer, found.epochs_done)
