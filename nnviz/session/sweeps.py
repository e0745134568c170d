"""Plans of many runs in the background: seeds of an experiment, a race of experiments, or a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from nnviz.jobs.plans import InterruptedPlan, PlanEnd, PlanProgress, Plans
from nnviz.library import RunGroup
from nnviz.session.auto_compare import AutoCompare
from nnviz.session.messages import MessageChoice
from nnviz.session.run_text import format_pending_thinning
from nnviz.session.sweep_text import (
    format_interrupted,
    format_plan_end,
    format_progress,
    format_recording_offer,
    is_sweep,
    plan_name,
)

if TYPE_CHECKING:  # loaded when something is to be trained: the first picture need not wait for it
    from engine.sweeps.plan import Plan
    from nnviz.session.session import Session
    from nnviz.sweeps.cluster_address import ClusterAddress

SEEDS = (3, 5, 10)  # that are offered
_DEFAULT = 5


class Sweeps(QObject):
    """Trains a plan in processes while the window's own training continues. One plan at a time.

    Signals:
        changed: ``plan_progress``, ``reason_unavailable`` or ``seeds`` has changed.
        seeds_changed: ``seeds`` has changed.
        status_changed(str): the plan in training; "" for none.
        ended(PlanEnd): a plan is over, or was stopped.
        came(NewResults): new results of the sweep in training.
        shown(int): the user wants to see the results of a plan: the sweep of that number; 0 for compared runs.
        selected(int): the trials of the sweep of that number are to be displayed.

    Attributes:
        seeds: number of seeds of an experiment: one of ``SEEDS``.
        plan_progress: progress of the plan in training; None without one.
        auto_compare: compares the groups of the plan.
    """

    changed = pyqtSignal()
    seeds_changed = pyqtSignal()
    status_changed = pyqtSignal(str)
    ended = pyqtSignal(object)
    came = pyqtSignal(object)
    shown = pyqtSignal(int)
    selected = pyqtSignal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        data, settings, records, active_runs = session.data, session.settings, session.records, session.active_runs
        self._data, self._settings, self._records = data, settings, records
        self._library, self._active_runs, self._messages = session.library, active_runs, session.messages
        self._target, self.auto_compare = session.sweep_target, AutoCompare(active_runs, session.comparison)
        self.seeds = _DEFAULT
        self.plan_progress: PlanProgress | None = None
        self._name = ""  # of what is being done
        self._is_stopping = False
        self._plans = Plans(lambda: records.path)
        self._plans.went_on.connect(self._go_on)
        self._plans.came.connect(self.came)
        self._plans.began.connect(active_runs.begin)
        self._plans.measured.connect(active_runs.add_news)
        self._plans.noticed.connect(self._messages.show_later)
        for signal in (data.loading_changed, data.changed, settings.problems_changed, records.changed):
            signal.connect(self.changed)

    # ---- seeds

    def set_seeds(self, count: int) -> None:
        """Sets the number of seeds, if it is one of ``SEEDS``."""
        if count in SEEDS and count != self.seeds:
            self.seeds = count
            self.seeds_changed.emit()
            self.changed.emit()

    @property
    def reason_unavailable(self) -> str | None:
        """The reason why the current experiment cannot be trained with several seeds, as a sentence; None if it can."""
        if self._data.dataset is None or self._data.loading:
            return "Seeds can be trained once the data are loaded."
        if self._settings.problems:
            return f"Correct the settings before you train seeds: {' '.join(self._settings.problems.values())}"
        return None

    def toggle(self) -> None:
        """Trains the current experiment with ``seeds`` seeds, or stops the plan in training."""
        if self.plan_progress is not None:
            self.stop()
        elif self.reason_unavailable is not None:
            self._messages.show(self.reason_unavailable)
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
            self._messages.show_error("The seeds cannot be trained", error)
            return
        self.start(plan)

    # ---- whatever is being done

    @property
    def progress(self) -> str:
        """The progress as text: "2 of 5 runs done, 12 s left"; empty without a plan in training."""
        if self.plan_progress is None:
            return ""
        return "stopping" if self._is_stopping else format_progress(self.plan_progress)

    def stop(self) -> None:
        """Stops the plan after the present step. Finished runs are kept, and the plan can be resumed."""
        if self.plan_progress is not None:
            self._is_stopping = True
            self._plans.stop()
            self._go_on(self.plan_progress)

    def resume(self, sweep: int, plan: Plan) -> None:
        """Resumes a stopped plan of the library; a sweep at the present target."""
        self._target.choose(plan, partial(self._resume_at, sweep, plan))

    def _resume_at(self, sweep: int, plan: Plan, cluster: ClusterAddress | None) -> None:
        if self._begins(plan):
            self._plans.resume(sweep, self._data.dataset, self._done, self._failed, cluster)

    def _resume_choice(self, sweep: int, plan: Plan) -> MessageChoice:
        return MessageChoice("Resume", partial(self.resume, sweep, plan), _controls(plan))

    def offer_interrupted(self) -> None:
        """Offers to resume a plan whose program ended before it did, if there is one."""

        def done(broken: InterruptedPlan | None) -> None:
            if broken is not None:
                self._messages.show_later(format_interrupted(broken), self._resume_choice(broken.sweep, broken.plan))

        self._plans.find_interrupted(done)

    def start(self, plan: Plan) -> None:
        """Starts a plan that fits the data. If recording is off, offers to switch it on first."""
        if not self._records.is_on:
            self._offer_to_keep(plan)
            return
        self._target.choose(plan, partial(self._start_at, plan))

    def _start_at(self, plan: Plan, cluster: ClusterAddress | None) -> None:
        if self._begins(plan):
            self._plans.begin(plan, self._data.dataset, self._done, self._failed, cluster)

    def _offer_to_keep(self, plan: Plan) -> None:
        def keep() -> None:
            self._records.set_on(True)
            self.start(plan)

        off, choice = format_recording_offer(plan)
        self._messages.show(off, MessageChoice(choice, keep, _controls(plan) | {"keep-runs"}))

    def _begins(self, plan: Plan) -> bool:
        """Starts the progress of a plan; returns False after a message if another plan is in training."""
        if self.plan_progress is not None:
            self._messages.show(f"Still in progress: {self._name} ({self.progress}). Stop these runs, or wait.")
            return False
        self._name, self._is_stopping = plan_name(plan), False
        self._messages.clear()  # for example the offer to resume it
        self._go_on(PlanProgress(0, plan.most_runs))
        return True

    def _go_on(self, plan_progress: PlanProgress) -> None:
        before, self.plan_progress = self.plan_progress, plan_progress
        self.status_changed.emit(f"{self._name}: {self.progress} …")
        if before is not None and plan_progress.written > before.written:
            self._library.refresh()
        self.changed.emit()

    def _end(self, groups: Sequence[RunGroup] = ()) -> None:
        self.plan_progress = None
        self._active_runs.end()
        self.auto_compare.end(groups)
        self.status_changed.emit("")
        self._library.refresh()
        self.changed.emit()

    def _done(self, end: PlanEnd) -> None:
        groups = [RunGroup(end.sweep, each.trial) for each in end.results.trials if each.is_kept]
        self._end(groups)
        self.ended.emit(end)
        show = partial(self.shown.emit, end.sweep) if is_sweep(end.plan) else partial(self._show, groups)
        choices = [MessageChoice("Show in Runs", show)] if groups else []
        if not end.is_done:
            choices.append(self._resume_choice(end.sweep, end.plan))
        if end.is_done and self.auto_compare.sees(end.sweep, groups):
            self._messages.announce(f"{self._name}: done")
        else:
            self._messages.show_later(format_plan_end(end), *choices)
        if end.going is not None:
            self._messages.show_later(format_pending_thinning(end.going, "when the next run ends"))

    def _failed(self, error: Exception) -> None:
        self._end()
        self._messages.show_error(f"The {self._name} could not be trained", error)

    def _show(self, groups: list[RunGroup]) -> None:
        self.auto_compare.show(groups)
        self.shown.emit(0)

    def close(self, milliseconds: int) -> bool:
        """Stops the plan, which can be resumed at the next start; returns whether that was in time."""
        return self._plans.close(milliseconds)


def _controls(plan: Plan) -> frozenset[str]:
    """Returns the names of the controls that train such a plan."""
    return frozenset({"sweep" if is_sweep(plan) else "seeds"})
