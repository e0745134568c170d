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
    trainer = found.trainer
    if trainer is not None and dataset is not None:
        run.experiment = run.experiment.for_data(dataset)
        run.stand_at(trainer, found.epochs_done)
    return run
