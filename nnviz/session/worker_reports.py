"""Reports of the worker, applied to the runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DivergenceError
from engine.training.events import BestRestored, Evaluating
from nnviz.jobs.reports import EarlyEstimate, EpochEnd, Epochs, NetworkFrame, Recorded, Stopped, figures_in
from nnviz.jobs.runner import Runner
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.status import Stage


class WorkerReports(QObject):
    """Receives frames and events for all runs; those of removed runs are dropped.

    Signals:
        progressed: the current run has newer parameters, or its evaluation takes long.
        stopped(Run, Stopped): a run has paused, and its state is updated.
        diverged(Run, DivergenceError): a run has paused because its numbers exceed all bounds; after ``stopped``.
        died(Run): the network has died in the last epoch; see ``dead_layer``.
        recorded(Run, Recorded): news about the record of a run.
    """

    progressed = pyqtSignal()
    stopped = pyqtSignal(object, object)
    diverged = pyqtSignal(object, object)
    died = pyqtSignal(object)
    recorded = pyqtSignal(object, object)

    def __init__(self, runner: Runner, runs: Runs, show: Callable[[Run], object], messages: Messages) -> None:
        """``show`` displays the newer parameters of the current run."""
        super().__init__(runner)
        self._runs, self._show, self._messages = runs, show, messages
        runner.frame.connect(self._take_frame)
        runner.reported.connect(self._take_event)

    def _take_frame(self, frame: NetworkFrame) -> None:
        run = self._runs.by_id(frame.run)
        if run is not None:
            was_unsaved = run.unsaved
            run.take_frame(frame)
            if run is self._runs.current:
                self._show(run)
                self.progressed.emit()
            if run.unsaved != was_unsaved:
                self._runs.emit_file(run)

    def _take_event(self, number: int, event: object) -> None:
        run = self._runs.by_id(number)
        if run is None:
            return
        if isinstance(event, Stopped):
            self._stop(run, event)
        elif isinstance(event, EpochEnd):
            run.snapshots.add_end(run.progress.before + event.epoch, event.packed)
        elif isinstance(event, EarlyEstimate):
            run.take_early(event)
        elif isinstance(event, Recorded):
            self.recorded.emit(run, event)
        elif isinstance(event, Evaluating):
            run.progress = replace(run.progress, measuring=True)
            if run is self._runs.current:
                self.progressed.emit()
        elif isinstance(event, (Epochs, BestRestored)):
            was_unsaved = run.unsaved
            for each in figures_in(event):
                had_died = run.has_died
                run.take_event(each)
                if run.has_died and not had_died:
                    self.died.emit(run)
            self._runs.emit_history(run)
            if run.unsaved != was_unsaved:
                self._runs.emit_file(run)

    def _stop(self, run: Run, stop: Stopped) -> None:
        if stop.frame is not None:
            self._take_frame(stop.frame)
        run.stage = Stage.ENDED if stop.finished else Stage.PAUSED
        if stop.dropped:
            run.rest()
            self._runs.emit_history(run)
        self.stopped.emit(run, stop)
        if isinstance(stop.error, DivergenceError):
            self.diverged.emit(run, stop.error.after(run.progress.before))
        elif stop.error is not None:
            without = "could not start" if stop.frame is None else "stopped"
            self._messages.show_error(f"Training {without}", stop.error)
