"""The run of a network that was read from a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.history import History
from nnviz.jobs.reading import Opened
from nnviz.session.run import Run


def opened_run(network: Network, like: Experiment, opened: Provenance) -> Run:
    """A run of a network from a file, which continues the history in its provenance.

    ``like`` gives the settings that the file does not hold.
    """
    experiment = opened.experiment_of(network, like).changed(evaluate=True)  # a window shows the errors
    return Run(experiment, network, history=opened.history or History(), opened=opened)


def run_of(found: Opened, like: Experiment, dataset: Dataset | None) -> Run:
    """The run of a network from a file: paused if its training can continue, ended if it was complete.

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
    """Lets a run stand where the training in its file was, if its trainer could be made with these data."""
    if found.trainer is not None:
        run.experiment = run.experiment.for_data(dataset).changed(brightness=run.network.brightness)
        run.stand_at(found.trainer, found.epochs_done, found.before)
