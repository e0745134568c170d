"""Many runs beside the one in the window: several seeds of an experiment, several experiments, or a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from nnviz.jobs.plans import BrokenOff, HowFar, PlanEnd, Plans
from nnviz.library import Group
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.library import KeptRuns
from nnviz.session.looking_on import LookingOn
from nnviz.session.messages import Choice, Messages
from nnviz.session.racing import race_between, why_no_race
from nnviz.session.records import Records
from nnviz.session.run_words import words_of_going
from nnviz.session.settings import Settings
from nnviz.session.sweep_where import SweepWhere
from nnviz.session.sweep_words import (
    is_sweep,
    name_of,
    words_of_broken_off,
    words_of_end,
    words_of_keeping,
    words_of_progress,
)
from nnviz.session.under_way import UnderWay

if TYPE_CHECKING:  # loaded when something is to be trained: the first picture need not wait for it
    from engine.sweeps.plan import Plan
    from nnviz.sweeps.cluster_address import ClusterAddress

SEEDS = (3, 5, 10)  # that are offered
_USUAL = 5


class Sweeps(QObject):
    """Trains in processes beside the window, whose own training goes on. One plan at a time.

    Signals:
        changed: ``how_far`` has changed, ``why_not`` or ``seeds``.
        seeds_changed: ``seeds`` has.
        told(str): what is being done, which ends with "…", or what came of it.
        came(NewResults): what is new of the sweep that is being done.
        shown(int): the person wants to see what came of a plan: the sweep of that number; 0 for what is compared.

    Attributes:
        seeds: with how many each experiment is trained: one of ``SEEDS``.
        how_far: what is being done; None while nothing is.
        looking_on: what the person sees of it.
    """

    changed = pyqtSignal()
    seeds_changed = pyqtSignal()
    told = pyqtSignal(str)
    came = pyqtSignal(object)
    shown = pyqtSignal(int)

    def __init__(
        self,
        data: Data,
        settings: Settings,
        records: Records,
        library: KeptRuns,
        under_way: UnderWay,
        comparison: Comparison,
        where: SweepWhere,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._data, self._settings, self._records = data, settings, records
        self._library, self._under_way, self._comparison, self._messages = library, under_way, comparison, messages
        self._where, self.looking_on = where, LookingOn(under_way, comparison)
        self.seeds = _USUAL
        self.how_far: HowFar | None = None
        self._name = ""  # of what is being done
        self._is_stopping = False
        self._plans = Plans(lambda: records.path)
        self._plans.went_on.connect(self._go_on)
        self._plans.came.connect(self.came)
        self._plans.began.connect(under_way.begin)
        self._plans.measured.connect(under_way.take)
        self._plans.noticed.connect(messages.tell_later)
        for signal in (data.loading_changed, data.changed, settings.problems_changed, records.changed):
            signal.connect(self.changed)

    # ---- seeds, or a race

    def set_seeds(self, count: int) -> None:
        """Trains experiments with so many seeds from now on, if it is one of ``SEEDS``."""
        if count in SEEDS and count != self.seeds:
            self.seeds = count
            self.seeds_changed.emit()
            self.changed.emit()

    @property
    def why_not(self) -> str | None:
        """Why the experiment of the fields cannot be trained with several seeds, in a sentence; None if it can."""
        if self._data.dataset is None or self._data.loading:
            return "Seeds can be trained when the data are there."
        if self._settings.problems:
            return f"Seeds can be trained when this is corrected: {' '.join(self._settings.problems.values())}"
        return None

    def toggle(self) -> None:
        """Trains the experiment of the fields with ``seeds`` seeds, or stops what is being done."""
        if self.how_far is not None:
            self.stop()
        elif self.why_not is not None:
            self._messages.tell(self.why_not)
        else:
            self._start_seeds()

    def _start_seeds(self) -> None:
        from engine.sweeps.plan import plan_seeds

        dataset = self._data.dataset
        assert dataset is not None
        try:
            plan = plan_seeds(self._settings.of_new_network, self.seeds)
            plan.check_against(dataset)
        except EngineError as error:
            self._messages.tell_error("The seeds cannot be trained", error)
            return
        self.start(plan)

    @property
    def why_no_race(self) -> str | None:
        """Why the compared experiments cannot race, in a sentence; None if they can."""
        return why_no_race(self._comparison.runs)

    def toggle_race(self) -> None:
        """Trains the compared experiments with the same ``seeds`` seeds, or stops what is being done.

        Their groups are compared in the place of what was.
        """
        if self.how_far is not None:
            self.stop()
        elif (why_not := self.why_no_race) is not None:
            self._messages.tell(why_not)
        else:
            self.start(race_between(self._comparison.runs, self.seeds))

    # ---- whatever is being done

    @property
    def progress(self) -> str:
        """How far it is, in words: "2 of 5 runs done, 12 s left"; empty while nothing is done."""
        if self.how_far is None:
            return ""
        return "stopping" if self._is_stopping else words_of_progress(self.how_far)

    def stop(self) -> None:
        """Ends what is being done after the present step. What is done stays, and the rest can go on later."""
        if self.how_far is not None:
            self._is_stopping = True
            self._plans.stop()
            self._go_on(self.how_far)

    def resume(self, sweep: int, plan: Plan) -> None:
        """Goes on with a plan of the library that was stopped; with a sweep where the form says now."""
        self._where.choose(plan, partial(self._resume_at, sweep, plan))

    def _resume_at(self, sweep: int, plan: Plan, cluster: ClusterAddress | None) -> None:
        if self._begins(plan):
            self._plans.go_on(sweep, self._data.dataset, self._done, self._failed, cluster)

    def offer_broken_off(self) -> None:
        """Offers to go on with what was broken off when its program ended, if there is something."""

        def done(broken: BrokenOff | None) -> None:
            if broken is not None:
                choice = Choice("Go on with it", partial(self.resume, broken.sweep, broken.plan))
                self._messages.tell_later(words_of_broken_off(broken), choice)

        self._plans.look_for_broken_off(done)

    def start(self, plan: Plan) -> None:
        """Does a plan, which fits the data. Where no runs are kept, that is offered first: it needs the library."""
        if not self._records.is_on:
            self._offer_to_keep(plan)
            return
        self._where.choose(plan, partial(self._start_at, plan))

    def _start_at(self, plan: Plan, cluster: ClusterAddress | None) -> None:
        if self._begins(plan):
            self._plans.begin(plan, self._data.dataset, self._done, self._failed, cluster)

    def _offer_to_keep(self, plan: Plan) -> None:
        def keep() -> None:
            self._records.set_on(True)
            self.start(plan)

        off, choice = words_of_keeping(plan)
        self._messages.tell(off, Choice(choice, keep))

    def _begins(self, plan: Plan) -> bool:
        """Whether a plan begins now; that something else is being done is told."""
        if self.how_far is not None:
            self._messages.tell(f"{self._name} come first: {self.progress}.")
            return False
        self._name, self._is_stopping = name_of(plan), False
        self._messages.clear()  # such as the offer to go on with it
        self._go_on(HowFar(0, plan.most_runs))
        return True

    def _go_on(self, how_far: HowFar) -> None:
        before, self.how_far = self.how_far, how_far
        self.told.emit(f"{self._name}: {self.progress} …")
        if before is not None and how_far.written > before.written:
            self._library.refresh()
        self.changed.emit()

    def _end(self, groups: Sequence[Group] = ()) -> None:
        self.how_far = None
        self._under_way.end()
        self.looking_on.end(groups)
        self.told.emit("")
        self._library.refresh()
        self.changed.emit()

    def _done(self, end: PlanEnd) -> None:
        groups = [Group(end.sweep, each.trial) for each in end.results.trials if each.is_kept]
        self._end(groups)
        show = partial(self.shown.emit, end.sweep) if is_sweep(end.plan) else partial(self._show, groups)
        choices = [Choice("Show in Runs", show)] if groups else []
        if not end.is_done:
            choices.append(Choice("Go on with it", partial(self.resume, end.sweep, end.plan)))
        if end.is_done and self.looking_on.sees(end.sweep, groups):
            self.told.emit(f"{self._name}: done")
        else:
            self._messages.tell_later(words_of_end(end), *choices)
        if end.going is not None:
            self._messages.tell_later(words_of_going(end.going, "when the next training is over"))

    def _failed(self, error: Exception) -> None:
        self._end()
        self._messages.tell_error(f"The {self._name} could not be trained", error)

    def _show(self, groups: list[Group]) -> None:
        self.looking_on.show(groups)
        self.shown.emit(0)

    def close(self, milliseconds: int) -> bool:
        """Ends what is being done, which can go on at the next start; returns whether that was in time."""
        return self._plans.close(milliseconds)
