"""Live figures of a plan's runs, collected epoch by epoch until they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.results import Results
from engine.sweeps.run_execution import MOST_REPORTED, thinning_step
from engine.training.events import Epoch
from nnviz.library.curves import figures_of_epoch

BEGUN, GOING, ENDED, WRITTEN, GONE = "begun", "going", "ended", "written", "gone"
_Figures = dict[str, float]


@dataclass
class RunNews:
    """New figures of a run.

    Attributes:
        trial, seed: identify the run in the plan.
        step: multiples of this epoch number are kept in its curves; the last epoch is kept until the next one.
        is_restart: whether the run has started, perhaps again: earlier figures are then void.
        stage: "going", "ended" (not yet written), "written", or "gone" (failed, and not written).
        epochs: epochs and their figures by name ("test_error").
    """

    trial: int
    seed: int
    step: int
    is_restart: bool = False
    stage: str = GOING
    epochs: list[tuple[int, _Figures]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class PlanNews:
    """New figures of a plan.

    Attributes:
        over: number of finished runs of each trial.
        runs: the runs with new figures.
    """

    over: tuple[int, ...]
    runs: tuple[RunNews, ...]


class LiveFigures:
    """Collects figures of the runs of seeds and races, but not of sweeps, which may have very many."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_reported = False  # how many were over when it began
        self._news: dict[tuple[int, int], RunNews] = {}
        self._reached: dict[tuple[int, int], int] = {}  # the last epoch that was heard of

    def add(self, trial: int, seed: int, stage: str, epochs: Sequence[Epoch] = ()) -> None:
        """Notes the stage of a run and its finished epochs, each epoch once."""
        if self._plan.kind == SWEEP:
            return
        if stage == BEGUN:
            self._reached.pop((trial, seed), None)
            self._news[trial, seed] = RunNews(trial, seed, self._step(trial), is_restart=True)
            return
        news = self._news.setdefault((trial, seed), RunNews(trial, seed, self._step(trial)))
        news.stage = stage
        self._add_epochs(news, epochs)

    def _step(self, trial: int) -> int:
        return thinning_step(self._plan.experiments[trial].training.epochs, MOST_REPORTED)

    def _add_epochs(self, news: RunNews, epochs: Sequence[Epoch]) -> None:
        reached = self._reached.get((news.trial, news.seed), -1)
        for event in epochs:
            if event.epoch > reached and (event.epoch % news.step == 0 or event is epochs[-1]):
                news.epochs.append((event.epoch, figures_of_epoch(event)))
                self._reached[news.trial, news.seed] = event.epoch

    def take_news(self, results: Results) -> PlanNews | None:
        """Returns new figures since the last call, the numbers of finished runs at first; None for nothing."""
        if self._plan.kind == SWEEP or (self._is_reported and not self._news):
            return None
        self._is_reported = True
        runs, self._news = tuple(self._news.values()), {}
        over = tuple(trial.over for trial in results.trials)
        return PlanNews(over, runs)
