"""Plans of many runs in the background: a thread conducts them, and processes or a cluster train."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from nnviz.jobs.data_process import reader_for
from nnviz.jobs.executors import MakeExecutor, engine_for
from nnviz.jobs.library_thread import LibraryThread
from nnviz.jobs.recorder import opening_words
from nnviz.library import LibraryError

if TYPE_CHECKING:
    from engine.sweeps.plan import Plan
    from engine.sweeps.results import Results, RunResult
    from nnviz.library import Library
    from nnviz.library.quota import ThinningPlan
    from nnviz.sweeps.cluster_address import ClusterAddress
    from nnviz.sweeps.conductor import Conductor
    from nnviz.sweeps.live_figures import LiveFigures
    from nnviz.sweeps.sweep_writer import SweepWriter

_STEP = 0.05  # seconds between two checks for a stop request
_GRACE = 0.2  # seconds in which runs report their progress when the window closes
_BETWEEN_NEWS = 0.2  # seconds


@dataclass(frozen=True)
class PlanProgress:
    """Progress of a plan.

    Attributes:
        done, runs: number of runs that are over, and of all; None if only a time limit ends the plan.
        written: number of runs that are in the library.
        share: the share 0…1 of the runs that is done; runs in progress count by their epochs.
        seconds_left: an estimate from the runs so far; None until it is known.
    """

    done: int
    runs: int | None
    written: int = 0
    share: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, eq=False)
class NewResults:
    """Results of a sweep since the last report, for the cards that show a sweep in progress.

    Attributes:
        sweep: its number in the library.
        before: number of trials that were reported before.
        trials: the values of the new trials.
        runs: runs that are over and in the library now, or that failed.
    """

    sweep: int
    before: int
    trials: tuple[Mapping[str, Any], ...] = ()
    runs: tuple[RunResult, ...] = ()


@dataclass(frozen=True, eq=False)
class PlanEnd:
    """Outcome of a plan.

    Attributes:
        sweep: its number in the library.
        is_done: whether all runs are over; else the plan was stopped and can be resumed.
        going: what will be removed to keep the storage limit of the library; None if nothing.
    """

    sweep: int
    plan: Plan
    dataset: Dataset
    results: Results
    is_done: bool
    going: ThinningPlan | None


@dataclass(frozen=True)
class InterruptedPlan:
    """A plan whose program ended before it was done: its number in the library, and the number of runs done."""

    sweep: int
    plan: Plan
    done: int


class Plans(QObject):
    """Runs one plan after the other.

    Signals:
        began(int, Plan, str): runs are started now; the plan's number in the library, and the title of its data.
        went_on(PlanProgress): several times a second.
        came(NewResults): several times a second during a sweep, when it begins or is resumed, and at its end.
        measured(PlanNews): several times a second during seeds and races, if runs have new figures.
        noticed(str): a message for the user.
    """

    began = pyqtSignal(int, object, str)
    went_on = pyqtSignal(object)
    came = pyqtSignal(object)
    measured = pyqtSignal(object)
    noticed = pyqtSignal(str)

    def __init__(self, path: Callable[[], Path]) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._thread = LibraryThread(path)
        self._stops = threading.Event()  # of the plan that was begun last
        self._closes = threading.Event()

    def begin(
        self,
        plan: Plan,
        dataset: Dataset | None,
        done: Callable[[PlanEnd], None],
        failed: Callable[[Exception], None],
        cluster: ClusterAddress | None = None,
    ) -> None:
        """Adds a plan to the library and runs it; its data are loaded unless they are ``dataset``.

        ``cluster`` trains the runs; None for this machine. If the cluster does not respond, the library is not changed.
        """
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.sweep_writer import SweepWriter

            check_installed(plan)
            data = _data_of(plan.base, dataset)
            with engine_for(data, plan.base, cluster) as make_executor:
                store = SweepWriter.of_new(library, plan.with_held_out(data), data.title, "", self.noticed.emit)
                if words := opening_words(library):
                    self.noticed.emit(words)
                return self._do(library, store, data, stops, make_executor)

        self._thread.run(work, done, failed, makes=True)

    def resume(
        self,
        sweep: int,
        dataset: Dataset | None,
        done: Callable[[PlanEnd], None],
        failed: Callable[[Exception], None],
        cluster: ClusterAddress | None = None,
    ) -> None:
        """Resumes a plan of the library, perhaps on another machine; see :meth:`begin`."""
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.library.sweeps import SweepLibrary
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.sweep_writer import SweepWriter

            plan = SweepLibrary(library).get(sweep).plan
            check_installed(plan)
            data = _data_of(plan.base, dataset)
            with engine_for(data, plan.base, cluster) as make_executor:
                store = SweepWriter(library, sweep, self.noticed.emit)
                return self._do(library, store, data, stops, make_executor)

        self._thread.run(work, done, failed, makes=True)

    def find_interrupted(self, done: Callable[[InterruptedPlan | None], None]) -> None:
        """Calls ``done`` with the newest interrupted plan, once; with None if there is none."""
        self._thread.run(_interrupted, done, lambda _: None)

    def stop(self) -> None:
        """Ends the runs in progress after their current step and starts no other. Results are kept."""
        self._stops.set()

    def close(self, milliseconds: int) -> bool:
        """Stops and drops all outcomes. Returns whether the thread ended in time. The plan can be resumed later."""
        self._closes.set()
        return self._thread.close(milliseconds)

    # ---- in the thread

    def _do(
        self,
        library: Library,
        store: SweepWriter,
        dataset: Dataset,
        stops: threading.Event,
        make_executor: MakeExecutor,
    ) -> PlanEnd:
        from nnviz.library.sweeps import FINISHED, RUNNING, STOPPED
        from nnviz.sweeps.conductor import Conductor
        from nnviz.sweeps.live_figures import LiveFigures

        status, executor = STOPPED, None
        try:
            plan = store.record.plan
            executor = make_executor()
            live = LiveFigures(plan)
            conductor = Conductor(plan, dataset, executor, store, self.noticed.emit, live.add)
            news = _UnreportedResults(conductor, store.sweep)
            self._emit(self.began, store.sweep, plan, dataset.title)
            self._conduct(conductor, store, stops, news, live)
            if self._closes.is_set():
                status = RUNNING  # which is offered at the next start
            elif not stops.is_set() and not conductor.was_cut:
                status = FINISHED
        finally:
            is_written = store.close(status, dataset)
            if executor is not None:
                executor.close()
        self._emit_results(news)
        going = None if self._closes.is_set() else library.quota.enforce()
        return PlanEnd(store.sweep, plan, dataset, conductor.results, is_written and status == FINISHED, going)

    def _conduct(
        self,
        conductor: Conductor,
        store: SweepWriter,
        stops: threading.Event,
        news: _UnreportedResults,
        live: LiveFigures,
    ) -> None:
        timer, reported, latest = _PlanTimer(conductor, store), -_BETWEEN_NEWS, float("inf")
        self._emit_results(news)
        while not conductor.is_over and time.monotonic() < latest:
            news.note(conductor.step(_STEP))
            now = time.monotonic()
            if (stops.is_set() or self._closes.is_set()) and not conductor.is_stopping:
                conductor.stop()
            if self._closes.is_set():
                latest = min(latest, now + _GRACE)
            elif now - reported >= _BETWEEN_NEWS:
                reported = now
                self._emit(self.went_on, timer.progress())
                self._emit_results(news)
                self._emit_measured(conductor, live)
        if not self._closes.is_set():
            self._emit_measured(conductor, live)

    def _emit_results(self, news: _UnreportedResults) -> None:
        if news.is_of_sweep and not self._closes.is_set() and (new := news.take_results()) is not None:
            self._emit(self.came, new)

    def _emit_measured(self, conductor: Conductor, live: LiveFigures) -> None:
        news = live.take_news(conductor.results)
        if news is not None:
            self._emit(self.measured, news)

    def _emit(self, signal: Any, *words: object) -> None:
        with suppress(RuntimeError):  # the application has gone
            signal.emit(*words)


class _UnreportedResults:
    """Trials and runs of a sweep that were not reported yet."""

    def __init__(self, conductor: Conductor, sweep: int) -> None:
        from engine.sweeps.plan import SWEEP

        self.is_of_sweep = conductor.plan.kind == SWEEP
        self._results, self._sweep = conductor.results, sweep
        self._trials = len(self._results.trials)  # that were reported, or are in the library from before
        self._waiting: list[RunResult] = []
        self._is_first = True

    def note(self, ended: list[RunResult]) -> None:
        """Adds runs that are over; they may not be in the library yet."""
        self._waiting += ended

    def take_results(self) -> NewResults | None:
        """Returns the new results and counts them as reported; None if there are none."""
        runs = [self._results.run(each.trial, each.seed) or each for each in self._waiting]
        self._waiting = [each for each in runs if not _is_known(each)]
        reported = tuple(each for each in runs if _is_known(each))
        before, trials = self._trials, tuple(each.values for each in self._results.trials[self._trials :])
        if not (trials or reported or self._is_first):
            return None
        self._trials, self._is_first = before + len(trials), False
        return NewResults(self._sweep, before, trials, reported)


def _is_known(result: RunResult) -> bool:
    """Whether a run is in the library, or has failed and never will be."""
    from engine.sweeps.results import FAILED

    return result.run is not None or result.status == FAILED


class _PlanTimer:
    """Estimates the remaining time of a plan, from the first progress of its runs on."""

    def __init__(self, conductor: Conductor, store: SweepWriter) -> None:
        self._conductor, self._store = conductor, store
        self._first = conductor.amount_done
        self._began: tuple[float, float] | None = None  # when, and how much was done

    def progress(self) -> PlanProgress:
        """Returns the progress now."""
        done, runs, now = self._conductor.amount_done, self._conductor.plan.most_runs, time.monotonic()
        if self._began is None and done > self._first:
            self._began = now, done
        left = None
        if runs is not None and self._began is not None and done > self._began[1]:
            left = (now - self._began[0]) / (done - self._began[1]) * (runs - done)
        over, share = self._conductor.results.over, done / runs if runs else 0.0
        return PlanProgress(over, runs, over - self._store.waiting, share, left)


def _data_of(made: Experiment, given: Dataset | None) -> Dataset:
    """Returns the data of an experiment. Raises DataError if they have changed, and what loading raises."""
    if given is not None and given.fingerprint == made.fingerprint:
        return given
    source = source_of(made.data)
    reader = reader_for(source)
    try:
        found = reader.load(made.data, made.data_settings, lambda done, total: None)
    finally:
        reader.end()
    if made.fingerprint not in ("", found.fingerprint):
        problem = f"{source.title} has changed since its runs began"
        raise DataError.from_problem("the data", problem, "Restore the old file, or start again.")
    return found


def _interrupted(library: Library) -> InterruptedPlan | None:
    """Returns the newest plan that is marked as running but is not. Marks all such plans as stopped."""
    from nnviz.library.sweeps import SweepLibrary

    sweeps = SweepLibrary(library)
    found = sweeps.left_running()
    if library.why_read_only is None:
        found = [sweep for sweep in found if sweeps.settle(sweep)]  # of two windows at once, one offers it
    for sweep in found:
        with suppress(LibraryError):  # its plan cannot be read: its runs are there
            return InterruptedPlan(sweep, sweeps.get(sweep).plan, sweeps.done(sweep))
    return None
