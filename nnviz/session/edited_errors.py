"""The figures of a network that was changed by hand, by an edit or a step, measured in another thread."""

from __future__ import annotations

from nnviz.jobs.measuring import Measuring
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs


class EditedErrors:
    """Measures a run's network as it is, and fills ``edited`` of the run; only the latest that was asked for."""

    def __init__(self, data: Data, runs: Runs, messages: Messages) -> None:
        self._data, self._runs = data, runs
        self._measuring = Measuring(messages.crashed.emit)

    def measure(self, run: Run) -> None:
        """Measures a run, if it is one that was edited. What is found is dropped if the run has moved on by then."""
        dataset, parameters = self._data.dataset, run.parameters
        self._measuring.stop()
        if run.edited is None or dataset is None or run.misfit(dataset) is not None:
            return

        def done(found: dict[str, float]) -> None:
            if run.edited is not None and run.parameters is parameters:
                run.edited = found
                self._runs.tell_history(run)

        share = run.experiment.training.validation_share
        self._measuring.start(run.displayed_network(), dataset, share, done)

    def close(self, milliseconds: int) -> bool:
        """Stops what is being measured; returns whether that was in time."""
        return self._measuring.close(milliseconds)
