"""Plans of many runs, done beside the window: a thread of their own conducts, and processes train."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset, source_of
from engine.errors import DataError, Verbatim
from engine.experiment import Experiment
from nnviz.jobs.child import give_way_apart
from nnviz.jobs.data_process import reader_for
from nnviz.jobs.library_lane import LibraryLane
from nnviz.jobs.recorder import opening_words
from nnviz.library import LibraryError

if TYPE_CHECKING:
    from engine.many.plan import Plan
    from engine.many.results import Results
    from nnviz.library import Library
    from nnviz.library.room import Plan as RoomPlan
    from nnviz.sweeps.conductor import Conductor
    from nnviz.sweeps.executor import Executor
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


def beside_a_window(dataset: Dataset, made: Experiment) -> Executor:
    """This machine's processes, which leave a core to the window, and give way to it."""
    from nnviz.sweeps.pool import Pool, usual_workers

    return Pool(dataset, made.data, made.data_settings, usual_workers(beside_a_window=True), prepare=give_way_apart)


class Plans(QObject):
    """Does one plan after the other.

    Signals:
        began(int, Plan, str): runs are given out now; the plan's number in the library, and the title of its data.
        went_on(HowFar): several times a second.
        measured(PlanNews): likewise, of seeds and races, if there is something new of their runs.
        noticed(str): something that a person should know, in sentences.
    """

    began = pyqtSignal(int, object, str)
    went_on = pyqtSignal(object)
    measured = pyqtSignal(object)
    noticed = pyqtSignal(str)

    def __init__(self, path: Callable[[], Path]) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._lane = LibraryLane(path)
        self._stops = threading.Event()  # of the plan that was begun last
        self._closes = threading.Event()

    def begin(
        self, plan: Plan, dataset: Dataset | None, done: Callable[[PlanEnd], None], failed: Callable[[Exception], None]
    ) -> None:
        """Adds a plan to the library and does it; its data are loaded unless they are ``dataset``."""
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.store import Store

            check_installed(plan)
            data = _data_of(plan.base, dataset)
            store = Store.of_new(library, plan.held_aside(data), data.title, "", self.noticed.emit)
            if words := opening_words(library):
                self.noticed.emit(words)
            return self._do(library, store, data, stops)

        self._lane.run(work, done, failed, makes=True)

    def go_on(
        self,
        sweep: int,
        dataset: Dataset | None,
        done: Callable[[PlanEnd], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Goes on with a plan of the library; its data are loaded unless they are ``dataset``."""
        stops = self._stops = threading.Event()

        def work(library: Library) -> PlanEnd:
            from nnviz.library.sweeps import Sweeps
            from nnviz.sweeps.conductor import check_installed
            from nnviz.sweeps.store import Store

            plan = Sweeps(library).get(sweep).plan
            check_installed(plan)
            data = _data_of(plan.base, dataset)
            return self._do(library, Store(library, sweep, self.noticed.emit), data, stops)

        self._lane.run(work, done, failed, makes=True)

    def look_for_broken_off(self, done: Callable[[list[BrokenOff]], None]) -> None:
        """Hands over the plans that were broken off when their program ended, the newest first; once."""
        self._lane.run(_broken_off, done, lambda _: None, [])

    def stop(self) -> None:
        """Ends the runs that are under way after their present step, and begins no other. What is done is kept."""
        self._stops.set()

    def close(self, milliseconds: int) -> bool:
        """Stops, and drops all outcomes; returns whether it ended in time. The plan can go on at the next start."""
        self._closes.set()
        return self._lane.close(milliseconds)

    # ---- in the thread

    def _do(self, library: Library, store: Store, dataset: Dataset, stops: threading.Event) -> PlanEnd:
        from nnviz.library.sweeps import FINISHED, RUNNING, STOPPED
        from nnviz.sweeps.conductor import Conductor
        from nnviz.sweeps.live import LiveFigures

        status, executor = STOPPED, None
        try:
            plan = store.record.plan
            executor = beside_a_window(dataset, plan.base)
            live = LiveFigures(plan)
            conductor = Conductor(plan, dataset, executor, store, self.noticed.emit, live.hear)
            self._tell(self.began, store.sweep, plan, dataset.title)
            self._conduct(conductor, store, stops, live)
            if self._closes.is_set():
                status = RUNNING  # which is offered at the next start
            elif not stops.is_set() and not conductor.was_cut:
                status = FINISHED
        finally:
            is_written = store.close(status, dataset)
            if executor is not None:
                executor.close()
        going = None if self._closes.is_set() else library.room.make_room()
        return PlanEnd(store.sweep, plan, dataset, conductor.results, is_written and status == FINISHED, going)

    def _conduct(self, conductor: Conductor, store: Store, stops: threading.Event, live: LiveFigures) -> None:
        pace, told, latest = _Pace(conductor, store), -_BETWEEN_NEWS, float("inf")
        while not conductor.is_over and time.monotonic() < latest:
            conductor.step(_STEP)
            now = time.monotonic()
            if (stops.is_set() or self._closes.is_set()) and not conductor.is_stopping:
                conductor.stop()
            if self._closes.is_set():
                latest = min(latest, now + _GRACE)
            elif now - told >= _BETWEEN_NEWS:
                told = now
                self._tell(self.went_on, pace.how_far())
                self._tell_measured(conductor, live)
        if not self._closes.is_set():
            self._tell_measured(conductor, live)

    def _tell_measured(self, conductor: Conductor, live: LiveFigures) -> None:
        news = live.taken(conductor.results)
        if news is not None:
            self._tell(self.measured, news)

    def _tell(self, signal: Any, *words: object) -> None:
        with suppress(RuntimeError):  # the application has gone
            signal.emit(*words)


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


def _broken_off(library: Library) -> list[BrokenOff]:
    """Those that are still said to be worked on, and are not; afterwards they count as stopped."""
    from nnviz.library.sweeps import RUNNING, STOPPED, Sweeps

    sweeps = Sweeps(library)
    found = [each for each in sweeps.interrupted() if each.status == RUNNING]
    if library.why_read_only is None:
        for each in found:
            sweeps.note(each.id, STOPPED)
    told = []
    for each in found:
        with suppress(LibraryError):  # its plan cannot be read: its runs are there
            told.append(BrokenOff(each.id, each.plan, _count_done(library, sweeps.runs(each.id))))
    return told


def _count_done(library: Library, runs: list[int]) -> int:
    return sum(record.status != "stopped" for record in library.records(runs).values())
