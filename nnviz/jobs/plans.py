"""Plans of many runs, done beside the window: a thread of their own conducts, and processes train."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError, Verbatim
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from nnviz.jobs.data_process import reader_for
from nnviz.jobs.executors import MakeExecutor, engine_for
from nnviz.jobs.library_lane import LibraryLane
from nnviz.jobs.recorder import opening_words
from nnviz.library import LibraryError

if TYPE_CHECKING:
    from engine.sweeps.plan import Plan
    from engine.sweeps.results import Results, RunResult
    from nnviz.library import Library
    from nnviz.library.room import Plan as RoomPlan
    from nnviz.sweeps.cluster_address import ClusterAddress
    from nnviz.sweeps.conductor import Conductor
    from nnviz.sweeps.live import LiveFigures
    from nnviz.sweeps.store import Store

_STEP = 0.05  # seconds, after which it is looked whether it is to stop
_GRACE = 0.2  # seconds that runs have to tell how far they are when the window closes
_BETWEEN_NEWS = 0.2  # seconds


@dataclass(frozen=True)
class HowFar:
    """How far a plan is.

    Attributes:
        done, runs: how many runs are over; how many there are in all, or None where only time ends it.
        written: how many of them are in the library.
        share: the share 0…1 of the runs that is done, those that are under way by their epochs.
        seconds_left: as the runs so far took; None until that can be told.
    """

    done: int
    runs: int | None
    written: int = 0
    share: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, eq=False)
class NewResults:
    """What came of a sweep since the last time, for who looks at it while it is done.

    Attributes:
        sweep: its number in the library.
        before: how many of its trials were there before.
        trials: the values of those that came.
        runs: runs that are over and in the library now, or that failed.
    """

    sweep: int
    before: int
    trials: tuple[Mapping[str, Any], ...] = ()
    runs: tuple[RunResult, ...] = ()


@dataclass(frozen=True, eq=False)
class PlanEnd:
    """What came of a plan.

    Attributes:
        sweep: its number in the library.
        is_done: whether nothing of it is left; else it was stopped, and can go on.
        going: what goes of a library that takes more than it may; None for nothing.
    """

    sweep: int
    plan: Plan
    dataset: Dataset
    results: Results
    is_done: bool
    going: RoomPlan | None


@dataclass(frozen=True)
class BrokenOff:
    """A plan whose program ended in the middle, by its number in the library, and how many of its runs are done."""

    sweep: int
    plan: Plan
    done: int


class Plans(QObject):
    """Does one plan after the other.

    Signals:
        began(int, Plan, str): runs are given out now; the plan's number in the library, and the title of its data.
        went_on(HowFar): several times a second.
        came(NewResults): likewise, while a sweep is done: once when it begins or goes on, and with its last results.
        measured(PlanNews): likewise, of seeds and races, if there is something new of their runs.
        noticed(str): something that a person should know, in sentences.
    """

    began = pyqtSignal(int, object, str)
    went_on = pyqtSignal(object)
    came = pyqtSignal(object)
    measured = pyqtSignal(object)
    noticed = pyqtSignal(str)

    def __init__(self, path: Callable[[], Path]) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._lane = LibraryLane(path)
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
        """Adds a plan to the library and does it; its data are loaded unless they are ``dataset``.

        ``cluster`` is where its runs are done; None for this machine. One that does not answer leaves nothing behind.
        """
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.store import Store

            check_installed(plan)
            data = _data_of(plan.base, dataset)
            with engine_for(data, plan.base, cluster) as make_executor:
                store = Store.of_new(library, plan.with_held_out(data), data.title, "", self.noticed.emit)
                if words := opening_words(library):
                    self.noticed.emit(words)
                return self._do(library, store, data, stops, make_executor)

        self._lane.run(work, done, failed, makes=True)

    def go_on(
        self,
        sweep: int,
        dataset: Dataset | None,
        done: Callable[[PlanEnd], None],
        failed: Callable[[Exception], None],
        cluster: ClusterAddress | None = None,
    ) -> None:
        """Goes on with a plan of the library, perhaps elsewhere; as :meth:`begin`."""
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.library.sweeps import Sweeps
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.store import Store

            plan = Sweeps(library).get(sweep).plan
            check_installed(plan)
            data = _data_of(plan.base, dataset)
            with engine_for(data, plan.base, cluster) as make_executor:
                store = Store(library, sweep, self.noticed.emit)
                return self._do(library, store, data, stops, make_executor)

        self._lane.run(work, done, failed, makes=True)

    def look_for_broken_off(self, done: Callable[[BrokenOff | None], None]) -> None:
        """Hands over the newest plan that was broken off when its program ended, once; None for none."""
        self._lane.run(_broken_off, done, lambda _: None)

    def stop(self) -> None:
        """Ends the runs that are under way after their present step, and begins no other. What is done is kept."""
        self._stops.set()

    def close(self, milliseconds: int) -> bool:
        """Stops, and drops all outcomes; returns whether it ended in time. The plan can go on at the next start."""
        self._closes.set()
        return self._lane.close(milliseconds)

    # ---- in the thread

    def _do(
        self, library: Library, store: Store, dataset: Dataset, stops: threading.Event, make_executor: MakeExecutor
    ) -> PlanEnd:
        from nnviz.library.sweeps import FINISHED, RUNNING, STOPPED
        from nnviz.sweeps.conductor import Conductor
        from nnviz.sweeps.live import LiveFigures

        status, executor = STOPPED, None
        try:
            plan = store.record.plan
            executor = make_executor()
            live = LiveFigures(plan)
            conductor = Conductor(plan, dataset, executor, store, self.noticed.emit, live.hear)
            news = _News(conductor, store.sweep)
            self._tell(self.began, store.sweep, plan, dataset.title)
            self._conduct(conductor, store, stops, news, live)
            if self._closes.is_set():
                status = RUNNING  # which is offered at the next start
            elif not stops.is_set() and not conductor.was_cut:
                status = FINISHED
        finally:
            is_written = store.close(status, dataset)
            if executor is not None:
                executor.close()
        self._tell_results(news)
        going = None if self._closes.is_set() else library.room.make_room()
        return PlanEnd(store.sweep, plan, dataset, conductor.results, is_written and status == FINISHED, going)

    def _conduct(
        self, conductor: Conductor, store: Store, stops: threading.Event, news: _News, live: LiveFigures
    ) -> None:
        pace, told, latest = _Pace(conductor, store), -_BETWEEN_NEWS, float("inf")
        self._tell_results(news)
        while not conductor.is_over and time.monotonic() < latest:
            news.note(conductor.step(_STEP))
            now = time.monotonic()
            if (stops.is_set() or self._closes.is_set()) and not conductor.is_stopping:
                conductor.stop()
            if self._closes.is_set():
                latest = min(latest, now + _GRACE)
            elif now - told >= _BETWEEN_NEWS:
                told = now
                self._tell(self.went_on, pace.how_far())
                self._tell_results(news)
                self._tell_measured(conductor, live)
        if not self._closes.is_set():
            self._tell_measured(conductor, live)

    def _tell_results(self, news: _News) -> None:
        if news.is_of_sweep and not self._closes.is_set() and (new := news.take()) is not None:
            self._tell(self.came, new)

    def _tell_measured(self, conductor: Conductor, live: LiveFigures) -> None:
        news = live.taken(conductor.results)
        if news is not None:
            self._tell(self.measured, news)

    def _tell(self, signal: Any, *words: object) -> None:
        with suppress(RuntimeError):  # the application has gone
            signal.emit(*words)


class _News:
    """Which trials and runs of a sweep were not told yet."""

    def __init__(self, conductor: Conductor, sweep: int) -> None:
        from engine.sweeps.plan import SWEEP

        self.is_of_sweep = conductor.plan.kind == SWEEP
        self._results, self._sweep = conductor.results, sweep
        self._trials = len(self._results.trials)  # that were told, or are in the library from before
        self._waiting: list[RunResult] = []
        self._is_first = True

    def note(self, ended: list[RunResult]) -> None:
        """Takes notice of runs that are over, and perhaps not yet in the library."""
        self._waiting += ended

    def take(self) -> NewResults | None:
        """What is new, which then was told; None for nothing."""
        runs = [self._results.run(each.trial, each.seed) or each for each in self._waiting]
        self._waiting = [each for each in runs if not _is_known(each)]
        told = tuple(each for each in runs if _is_known(each))
        before, trials = self._trials, tuple(each.values for each in self._results.trials[self._trials :])
        if not (trials or told or self._is_first):
            return None
        self._trials, self._is_first = before + len(trials), False
        return NewResults(self._sweep, before, trials, told)


def _is_known(result: RunResult) -> bool:
    """Whether it is in the library, or never gets there."""
    from engine.sweeps.results import FAILED

    return result.run is not None or result.status == FAILED


class _Pace:
    """How fast a plan goes on, since the first of its runs learned something here."""

    def __init__(self, conductor: Conductor, store: Store) -> None:
        self._conductor, self._store = conductor, store
        self._first = conductor.amount_done
        self._began: tuple[float, float] | None = None  # when, and how much was done

    def how_far(self) -> HowFar:
        """As it is now."""
        done, runs, now = self._conductor.amount_done, self._conductor.plan.most_runs, time.monotonic()
        if self._began is None and done > self._first:
            self._began = now, done
        left = None
        if runs is not None and self._began is not None and done > self._began[1]:
            left = (now - self._began[0]) / (done - self._began[1]) * (runs - done)
        over, share = self._conductor.results.over, done / runs if runs else 0.0
        return HowFar(over, runs, over - self._store.waiting, share, left)


def _data_of(made: Experiment, given: Dataset | None) -> Dataset:
    """The data of an experiment. Raises DataError if they are others by now, or what loading them raises."""
    if given is not None and given.fingerprint == made.fingerprint:
        return given
    source = source_of(made.data)
    reader = reader_for(source)
    try:
        found = reader.load(made.data, made.data_settings, lambda done, total: None)
    finally:
        reader.end()
    if made.fingerprint not in ("", found.fingerprint):
        rule, remedy = "must be as they were when its runs began", "Bring the old file back, or begin anew."
        raise DataError("the data", Verbatim(f"{source.title} (changed)"), rule, remedy)
    return found


def _broken_off(library: Library) -> BrokenOff | None:
    """The newest of those that are said to be worked on, and are not; afterwards all of them count as stopped."""
    from nnviz.library.sweeps import Sweeps

    sweeps = Sweeps(library)
    found = sweeps.left_running()
    if library.why_read_only is None:
        found = [sweep for sweep in found if sweeps.settle(sweep)]  # of two windows at once, one offers it
    for sweep in found:
        with suppress(LibraryError):  # its plan cannot be read: its runs are there
            return BrokenOff(sweep, sweeps.get(sweep).plan, sweeps.done(sweep))
    return None
