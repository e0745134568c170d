"""Figures of edited networks, measured in the background."""

from __future__ import annotations

from nnviz.jobs.measurement import Measurement
from nnviz.jobs.worker import Worker
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.status import Stage


class EditEvaluation:
    """Measures a run's network, only the latest request. Run and record get the figures."""

    def __init__(self, data: Data, runs: Runs, worker: Worker, messages: Messages) -> None:
        self._data, self._runs, self._worker = data, runs, worker
        self._measuring = Measurement(messages.crashed.emit)
        for signal in (runs.replaced, data.changed):
            signal.connect(self._measure_unknown)

    def measure(self, run: Run) -> None:
        """Measures a run that was edited. The result is dropped if the run has changed by then."""
        dataset, parameters = self._data.dataset, run.parameters
        self._measuring.stop()
        if run.edited is None or dataset is None or run.misfit(dataset) is not None:
            return
        is_own = run.experiment.fingerprint in ("", dataset.fingerprint)

        def done(found: dict[str, float]) -> None:
            if run.edited is not None and run.parameters is parameters:
                run.edited = found
                if is_own:  # else curves and record are of other data
                    run.measured_by_hand(found)
                    self.record(run, found)
                self._runs.emit_history(run)

        share = run.experiment.training.validation_share
        self._measuring.start(run.displayed_network(), dataset, share, done)

    def record(self, run: Run, figures: dict[str, float]) -> None:
        """Records the figures of a run's network, if they are still those of its weights."""
        self._worker.note_figures(run.id, run.parameters, figures, run.history.best)

    def put_back(self, run: Run) -> None:
        """Restores the record of a run after an edit was undone: figures, best epoch and notes."""
        measured = run.history.figures(run.place_of_edits)
        # None within an epoch, where nothing was measured.
        unknown: dict[str, float] | None = None if run.edited is None else {}
        figures = measured if measured and run.edited != {} else unknown
        self._worker.note_figures(run.id, run.parameters, figures, run.history.best, list(run.history.changes))

    def _measure_unknown(self) -> None:
        """Measures the current run if its window closed before its figures were known."""
        run = self._runs.current
        if run.edited == {} and run.stage is not Stage.TRAINING:
            self.measure(run)

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        return self._measuring.close(milliseconds)
