"""The runs in training in the background, with their live figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.experiment import Experiment
from engine.training.history import Curve
from nnviz.formatting import text
from nnviz.library import RunGroup
from nnviz.session.seeds import Chosen

if TYPE_CHECKING:  # loaded when something is to be trained
    from engine.sweeps.plan import Plan
    from nnviz.sweeps.live_figures import PlanNews, RunNews

_MOST_RUNS = 100  # whose curves are held; of more, those go first that the library has


@dataclass(frozen=True, eq=False)
class ActiveGroup:
    """A group in training, before the library has a run of it.

    Attributes:
        experiment: its experiment, with the first of its seeds.
        data: title of the data.
        seeds: final number of runs.
    """

    experiment: Experiment
    data: str
    seeds: int


@dataclass(eq=False)
class ActiveRun:
    """A run in training, or a finished one whose curves were not yet read from the library.

    Attributes:
        seed: its seed.
        epoch: the last measured epoch; -1 for none.
        stage: "going", "ended", "written".
        curves: curves by figure ("test_error").
    """

    seed: int
    epoch: int = -1
    stage: str = "going"
    curves: dict[str, Curve] = field(default_factory=dict)

    def add_news(self, news: RunNews) -> None:
        """Adds new figures."""
        self.stage = news.stage
        for epoch, figures in news.epochs:
            self.epoch = epoch
            for name, value in figures.items():
                curve = self.curves.setdefault(name, Curve())
                if curve.epochs and curve.epochs[-1] % news.step:
                    del curve.epochs[-1], curve.values[-1]
                curve.add(epoch, value)

    def curve(self, figure: str) -> Curve:
        """Returns the curve of a figure; without points if it was not measured."""
        return self.curves.get(figure, Curve())

    @property
    def figures(self) -> dict[str, float]:
        """The figures of its last epoch."""
        latest = {name: curve.at(self.epoch) for name, curve in self.curves.items()}
        return {name: value for name, value in latest.items() if value is not None}


class ActiveRuns(QObject):
    """The runs of seeds and races in training in the background. Attributes are for reading.

    Signals:
        changed: figures or ``is_watched`` have changed.
        groups_changed: ``groups`` has changed.

    Attributes:
        groups: the groups of the plan in training, in order; none for a sweep.
        is_watched: whether the Runs workspace is visible.
    """

    changed = pyqtSignal()
    groups_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[RunGroup, ActiveGroup] = {}
        self.is_watched = False
        self._sweep = 0
        self._over: dict[RunGroup, int] = {}
        self._runs: dict[tuple[RunGroup, int], ActiveRun] = {}

    def watch(self, is_watched: bool) -> None:
        """Sets whether the Runs workspace is visible."""
        if is_watched != self.is_watched:
            self.is_watched = is_watched
            self.changed.emit()

    # ---- progress

    def begin(self, sweep: int, plan: Plan, data: str) -> None:
        """Sets the plan in training, by number, and the title of its data."""
        from engine.sweeps.plan import SWEEP

        made = () if plan.kind == SWEEP else plan.experiments
        self._sweep, self._over, self._runs = sweep, {}, {}
        self.groups = {
            RunGroup(sweep, trial): ActiveGroup(each.changed(seed=plan.seeds[0]), data, len(plan.seeds))
            for trial, each in enumerate(made)
        }
        self.groups_changed.emit()

    def add_news(self, news: PlanNews) -> None:
        """Adds new figures."""
        self._over = {RunGroup(self._sweep, trial): over for trial, over in enumerate(news.over)}
        for each in news.runs:
            key = RunGroup(self._sweep, each.trial), each.seed
            if each.stage == "gone":
                self._runs.pop(key, None)
                continue
            if each.is_restart or key not in self._runs:
                self._runs[key] = ActiveRun(each.seed)
            self._runs[key].add_news(each)
        self._make_room()
        self.changed.emit()

    def _make_room(self) -> None:
        over = [key for key, run in self._runs.items() if run.stage == "written"]
        for key in over[: max(0, len(self._runs) - _MOST_RUNS)]:
            del self._runs[key]

    def end(self) -> None:
        """Ends the plan. Its figures are kept until they are released."""
        self.groups, self._over = {}, {}
        self.groups_changed.emit()

    def release(self, group: RunGroup, seeds: Collection[int] | None = None) -> None:
        """Drops the figures of a group's written runs with these seeds; of all its runs for None."""
        for key, run in list(self._runs.items()):
            if key[0] == group and (seeds is None or (run.stage == "written" and run.seed in seeds)):
                del self._runs[key]

    def hold(self, groups: Collection[Chosen]) -> None:
        """Drops the figures of other groups, if the library has them or the plan is over."""
        for key, run in list(self._runs.items()):
            if key[0] not in groups and (run.stage == "written" or key[0] not in self.groups):
                del self._runs[key]

    # ---- what is known

    def runs_of(self, group: Chosen) -> Mapping[int, ActiveRun]:
        """Returns the measured runs of a group, by seed, which may not be in the library yet."""
        return {seed: run for (of, seed), run in self._runs.items() if of == group and run.epoch >= 0}

    def has_begun(self, group: RunGroup) -> bool:
        """Whether a group in training has measurements."""
        return bool(self._over.get(group) or self.runs_of(group))

    def progress_text(self, group: Chosen) -> str:
        """Returns the progress of a group: "2 of 5 · epoch 7"; empty if it is not in training."""
        if not isinstance(group, RunGroup) or group not in self.groups:
            return ""
        going = [run.epoch for run in self.runs_of(group).values() if run.stage == "going"]
        at = f" · epoch {text.count(max(going))}" if going else ""
        return f"{text.count(self._over.get(group, 0))} of {text.count(self.groups[group].seeds)}{at}"
