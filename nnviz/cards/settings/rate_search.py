"""The search for a good learning rate: on which network, with which data."""

from __future__ import annotations

from collections.abc import Callable

from engine.training.rate_finder import RateFinder
from nnviz.formatting.setting_words import setting_value
from nnviz.jobs.stepwise import Steps
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.training import Training


def rate_sweep(
    data: Data, settings: Settings, runs: Runs, training: Training, displayed: Displayed
) -> tuple[str, Callable[[], Steps]] | None:
    """What is tried, in words, and the search itself, for a thread of its own; None without data.

    It is tried on a copy of the network, or on a new one where the fields describe another.
    """
    dataset, experiment, run = data.dataset, settings.fitting, runs.current
    if dataset is None:
        return None
    is_new = training.is_another_network or run.misfit(dataset) is not None
    make = settings.of_new_network.build if is_new else displayed.as_trained.copy
    tried_on = f"a new network {setting_value(experiment.shape)}" if is_new else "a copy of the network"

    def sweep() -> Steps:
        finder = RateFinder(make(), dataset, experiment.training)
        for _ in finder.run():
            yield len(finder.points) / finder.batches, list(finder.points)
        return finder.suggestion and float(f"{finder.suggestion:.2g}")

    return tried_on, sweep
