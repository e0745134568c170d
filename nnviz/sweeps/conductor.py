"""The conductor of a plan: submits runs to an executor, receives results, prunes, and has results written.

It blocks in :meth:`Conductor.step` only, so that a command's loop and a thread in the window can drive it.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.sweeps.plan import RACE, SEEDS, SWEEP, Plan
from engine.sweeps.pruning import make_rule
from engine.sweeps.results import FAILED, FINISHED, OVER, PRUNED, STOPPED, Results, RunResult
from engine.sweeps.run_execution import SNAPSHOT_BYTES, Report, RunOutcome, RunSpec, RunStarted
from engine.sweeps.samplers import Sampler, make_sampler
from nnviz.library.curves import figures_of_epoch
from nnviz.library.sweeps import FinishedRun, figures_at_end
from nnviz.sweeps.executor import Executor, ExecutorHalted, Message, UserNotice
from nnviz.sweeps.live_figures import BEGUN, ENDED, GOING, GONE, WRITTEN
from nnviz.sweeps.sweep_writer import SweepWriter


@dataclass
class _SubmittedRun:
    """A run that was submitted to the executor."""

    trial: int
    spec: RunSpec
    curve: dict[int, float] = field(default_factory=dict)  # what trials are compared by, at the same epochs for all
    is_stopped: bool = False

    @property
    def experiment(self) -> Experiment:
        """The experiment of the run."""
        return self.spec.experiment

    @property
    def key(self) -> tuple[int, int]:
        """Trial and seed."""
        return self.trial, self.experiment.seed


class Conductor:
    """A plan that is being trained.

    Attributes:
        results: the results so far.
        failures: reasons of failed runs, by trial and seed.
        is_stopping: whether no further run is submitted.
        was_cut: whether the plan was stopped before its end, and not by its time limit.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: Dataset,
        executor: Executor,
        store: SweepWriter | None = None,
        notify: Callable[[str], None] = lambda text: None,
        hear: Callable[..., None] = lambda trial, seed, stage, epochs=(): None,
    ) -> None:
        """Prepares a plan, from its beginning or from its records in the library.

        Args:
            plan: adapted to the data, see :meth:`Plan.with_held_out`.
            store: writes results; None to write nothing.
            notify: called with messages for the user, in sentences.
            hear: called with trial, seed, stage and finished epochs of a run, see
                :meth:`~nnviz.sweeps.live_figures.LiveFigures.add`.

        Raises SettingError if the plan's sampler is not installed, or LibraryError.
        """
        self.plan, self._dataset, self._executor, self._store = plan, dataset, executor, store
        self._notify, self._hear_of = notify, hear
        has_validation = dataset.validation is not None or plan.base.training.validation_share > 0
        self.results = Results(plan, dataset.is_classification, dataset.test is not None, has_validation)
        self.failures: dict[tuple[int, int], str] = {}
        self.is_stopping = self.was_cut = False
        self._rule = make_rule(plan)
        self._room = SNAPSHOT_BYTES if store is None else store.snapshot_bytes(plan)
        self._todo: deque[tuple[int, int]] = deque()  # trials and seeds
        self._submitted: dict[int, _SubmittedRun] = {}
        self._numbers = 0
        self._replaced: dict[tuple[int, int], int] = {}
        known = [] if store is None else store.record.trials
        self._learned: set[int] = set()  # trials whose scores were reported to the sampler
        self._sampler: Sampler = make_sampler(plan, known)
        for values in known:
            self.results.add_trial(values)
        if store is not None:
            self._restore(store)
        if plan.kind != SWEEP:
            self._add_fixed_trials()
        self._plan_rest()
        seconds = 0.0 if store is None else store.record.seconds
        self._deadline = math.inf if plan.minutes is None else time.monotonic() + 60 * plan.minutes - seconds

    # ---- where it begins

    def _restore(self, store: SweepWriter) -> None:
        """Restores results from the library."""
        results, self._replaced = store.results()
        curves = {} if self._rule is None else store.curves(self.results.compared_by)
        for result in results:
            if self.results.add(result) and self._rule is not None and result.run is not None:
                values = self._reported_figures(result, curves.get(result.run, {}))
                self._rule.end_run((result.trial, result.seed), values, result.status)

    def _reported_figures(self, result: RunResult, values: dict[int, float]) -> dict[int, float]:
        """Returns the figures by epoch that a recorded run reported during its training."""
        made = self.plan.experiment(result.trial, self.results.trials[result.trial].values, result.seed)
        step = RunSpec(0, made).report_interval
        return {epoch: value for epoch, value in values.items() if epoch % step == 0}

    def _add_fixed_trials(self) -> None:
        """Adds all trials of seeds and races, which are fixed."""
        while self._sampler.next() is not None:
            self._add_trial({})

    def _add_trial(self, values: Mapping[str, Any]) -> int:
        """Adds a trial; returns its number."""
        if self._store is not None:
            self._store.note_trial(values)
        return self.results.add_trial(values)

    def _plan_rest(self) -> None:
        """Queues the remaining runs of known trials.

        In a race all trials of a seed are adjacent, so that they train side by side; in a sweep all seeds of a trial.
        """
        trials, seeds = range(len(self.results.trials)), self.plan.seeds
        pairs = [(trial, seed) for trial in trials for seed in seeds]
        if self.plan.kind != SWEEP:
            pairs = [(trial, seed) for seed in seeds for trial in trials]
        self._todo.extend(pair for pair in pairs if not self._is_over(*pair))
        for trial in trials:
            self._report_score(trial)

    def _is_over(self, trial: int, seed: int) -> bool:
        result = self.results.run(trial, seed)
        return result is not None and result.status in OVER

    # ---- working on it

    @property
    def is_over(self) -> bool:
        """Whether no run is submitted and none remains."""
        return not self._submitted and (self.is_stopping or not self._has_more())

    @property
    def amount_done(self) -> float:
        """The number of finished runs, plus the finished shares of submitted runs."""
        going = (max(run.curve, default=0) / run.experiment.training.epochs for run in self._submitted.values())
        return self.results.over + sum(going)

    @property
    def submitted(self) -> int:
        """The number of submitted runs without an outcome."""
        return len(self._submitted)

    def step(self, timeout: float = 0.2) -> list[RunResult]:
        """Submits runs, waits for messages up to the timeout, and returns results that arrived meanwhile."""
        self._give_out()
        ended = [each for message in self._executor.next(timeout) if (each := self._hear(message)) is not None]
        if self._store is not None:
            self._store.flush(self._dataset)
            if self._store.is_overloaded and not self.is_stopping:
                self._notify("Too many results are waiting to be written. No more runs are started.")
                self.stop()
        if time.monotonic() >= self._deadline and not self.is_stopping:
            self._end_runs()
        return ended

    def stop(self) -> None:
        """Ends submitted runs after their present step, and submits no other."""
        self.was_cut = True
        self._end_runs()

    def _end_runs(self) -> None:
        self.is_stopping = True
        self._executor.stop(None, STOPPED)

    def close(self, is_done: bool) -> bool:
        """Writes pending results; returns whether that worked. The caller closes the executor."""
        return self._store is None or self._store.close(FINISHED if is_done else STOPPED, self._dataset)

    def _has_more(self) -> bool:
        """Whether a run remains; asks the sampler for a trial if there is none."""
        if not self._todo and self.plan.kind == SWEEP:
            values = self._sampler.next()
            if values is not None:
                trial = self._add_trial(values)
                self._todo.extend((trial, seed) for seed in self.plan.seeds)
        return bool(self._todo)

    def _give_out(self) -> None:
        most = self._executor.capacity
        while not self.is_stopping and len(self._submitted) < most and self._has_more():
            for pairs in self._next_group():
                specs = [spec for pair in pairs if (spec := self._spec(*pair)) is not None]
                if specs:
                    self._executor.submit(*specs)

    def _next_group(self) -> list[list[tuple[int, int]]]:
        """Returns the runs to submit next: one run, or in a race with more trials than processes all runs of a seed,
        in groups.
        """
        first = self._todo.popleft()
        workers = max(1, self._executor.workers)
        if self.plan.kind != RACE or workers >= len(self.results.trials):
            return [[first]]
        pairs = [first]
        while self._todo and self._todo[0][1] == first[1]:
            pairs.append(self._todo.popleft())
        return [pairs[start::workers] for start in range(min(workers, len(pairs)))]

    def _spec(self, trial: int, seed: int) -> RunSpec | None:
        """Returns a run of a trial; None after noting its failure if its settings are invalid."""
        self._numbers += 1
        values = self.results.trials[trial].values
        try:
            made = self.plan.experiment(trial, values, seed)
        except EngineError as error:
            self._fail(trial, seed, str(error))
            return None
        spec = RunSpec(self._numbers, made, self._room, estimates_early=self.plan.kind == SEEDS)
        self._submitted[self._numbers] = _SubmittedRun(trial, spec)
        return spec

    # ---- listening

    def _hear(self, message: Message) -> RunResult | None:
        if isinstance(message, UserNotice | ExecutorHalted):
            self._notify(message.text)
            if isinstance(message, ExecutorHalted) and not self.is_stopping:
                self.stop()
        elif isinstance(message, RunStarted):
            run = self._submitted.get(message.number)
            if run is not None:  # perhaps restarted, in a process that did not receive the stop request
                self._submitted[message.number] = _SubmittedRun(run.trial, run.spec)
                self._hear_of(run.trial, run.experiment.seed, BEGUN)
                if self._rule is not None:
                    self._rule.begin_run(run.key)
        elif isinstance(message, Report):
            self._take_report(message)
        elif message.number in self._submitted:
            return self._take_outcome(message)
        return None

    def _take_report(self, report: Report) -> None:
        run = self._submitted.get(report.number)
        if run is None:
            return
        for event in report.epochs:
            value = figures_of_epoch(event).get(self.results.compared_by)
            if value is not None and event.epoch % run.spec.report_interval == 0:
                run.curve[event.epoch] = value
        self._hear_of(run.trial, run.experiment.seed, GOING, report.epochs)
        if self._rule is not None and not run.is_stopped and self._rule.should_prune(run.key, run.curve):
            run.is_stopped = True
            self._executor.stop(report.number, PRUNED)

    def _take_outcome(self, outcome: RunOutcome) -> RunResult | None:
        run = self._submitted.pop(outcome.number)
        trial, seed = run.trial, run.experiment.seed
        if outcome.status == FAILED:
            return self._fail(trial, seed, outcome.why)
        if outcome.status == STOPPED and not outcome.reached:
            return None  # it had not begun
        figures = figures_at_end(outcome.epochs, outcome.best)
        result = RunResult(trial, seed, outcome.status, figures, outcome.reached, outcome.learning)
        if not self.results.add(result):
            return None
        self._hear_of(trial, seed, ENDED, outcome.epochs)
        if self._rule is not None:
            self._rule.end_run(run.key, self._curve(outcome, run.spec), outcome.status)
        self._write(run, outcome, result)
        self._report_score(trial)
        return result

    def _curve(self, outcome: RunOutcome, spec: RunSpec) -> dict[int, float]:
        figures = ((each.epoch, figures_of_epoch(each).get(self.results.compared_by)) for each in outcome.epochs)
        return {epoch: value for epoch, value in figures if value is not None and epoch % spec.report_interval == 0}

    def _write(self, run: _SubmittedRun, outcome: RunOutcome, result: RunResult) -> None:
        if self._store is None:
            return
        seed = run.experiment.seed
        replaced = self._replaced.pop((run.trial, seed), None)

        def written(number: int) -> None:
            self.results.name_run(run.trial, seed, number)
            self._hear_of(run.trial, seed, WRITTEN)

        self._store.add(FinishedRun(run.trial, run.experiment, outcome, replaced), written)

    def _fail(self, trial: int, seed: int, why: str) -> RunResult:
        result = RunResult(trial, seed, FAILED, {})
        self.results.add(result)
        self.failures[trial, seed] = why
        self._hear_of(trial, seed, GONE)
        self._notify(f"Trial {trial + 1} with seed {seed} failed: {why}")
        self._report_score(trial)
        return result

    def _report_score(self, trial: int) -> None:
        """Reports a trial's score to the sampler, once, when its runs are over."""
        statuses = self.results.trials[trial].statuses
        is_over = len(statuses) == len(self.plan.seeds) and STOPPED not in statuses
        if is_over and trial not in self._learned:
            self._learned.add(trial)
            self._sampler.learn(trial, self.results.score(trial))


def check_installed(plan: Plan) -> None:
    """Raises SettingError if a plan's sampler or pruning rule is not installed, before anything is recorded."""
    make_sampler(plan)
    make_rule(plan)
