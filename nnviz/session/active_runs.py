"""The runs that are trained beside the window at this moment, with what was measured of them so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.experiment import Experiment
from engine.training.history import Curve
from nnviz.formatting import text
from nnviz.library import Group
from nnviz.session.seeds import Chosen

if TYPE_CHECKING:  # loaded when something is to be trained
    from engine.sweeps.plan import Plan
    from nnviz.sweeps.live_figures import PlanNews, RunNews

_MOST_RUNS = 100  # whose curves are held; of more, those go first that the library has


@dataclass(frozen=True, eq=False)
class ActiveGroup:
    """What is known of a group before the library has a run of it.

    Attributes:
        experiment: what is trained, with the first of its seeds.
        data: title of the data.
        seeds: how many runs it has when all are done.
    """

    experiment: Experiment
    data: str
    seeds: int


@dataclass(eq=False)
class ActiveRun:
    """A run that is trained, or that only waits until its curves are read from the library.

    Attributes:
        seed: of its training.
        epoch: the last one that was measured; -1 for none.
        stage: "going", "ended", "written".
        curves: by the names of figures ("test_error").
    """

    seed: int
    epoch: int = -1
    stage: str = "going"
    curves: dict[str, Curve] = field(default_factory=dict)

    def take(self, news: RunNews) -> None:
        """Takes what was heard since."""
        self.stage = news.stage
        for epoch, figures in news.epochs:
            self.epoch = epoch
            for name, value in figures.items():
                curve = self.curves.setdefault(name, Curve())
                if curve.epochs and curve.epochs[-1] % news.step:
                    del curve.epochs[-1], curve.values[-1]
                curve.add(epoch, value)

    def curve(self, figure: str) -> Curve:
        """That of a figure; one without points where it was not measured."""
        return self.curves.get(figure, Curve())

    @property
    def figures(self) -> dict[str, float]:
        """Those of its last epoch."""
        latest = {name: curve.at(self.epoch) for name, curve in self.curves.items()}
        return {name: value for name, value in latest.items() if value is not None}


class ActiveRuns(QObject):
    """Seeds and races beside the window. Attributes are for reading.

    Signals:
        changed: something was measured, or ``is_watched`` has changed.
        groups_changed: ``groups`` has.

    Attributes:
        groups: the groups of the plan that is being done, in order; of a sweep none.
        is_watched: whether a person looks at the runs.
    """

    changed = pyqtSignal()
    groups_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[Group, ActiveGroup] = {}
        self.is_watched = False
        self._sweep = 0
        self._over: dict[Group, int] = {}
        self._runs: dict[tuple[Group, int], ActiveRun] = {}

    def watch(self, is_watched: bool) -> None:
        """Notes whether a person looks at the runs."""
        if is_watched != self.is_watched:
            self.is_watched = is_watched
            self.changed.emit()

    # ---- what is told of it

    def begin(self, sweep: int, plan: Plan, data: str) -> None:
        """A plan of that number is done now, with data of that title."""
        from engine.sweeps.plan import SWEEP

        made = () if plan.kind == SWEEP else plan.experiments
        self._sweep, self._over, self._runs = sweep, {}, {}
        self.groups = {
            Group(sweep, trial): ActiveGroup(each.changed(seed=plan.seeds[0]), data, len(plan.seeds))
            for trial, each in enumerate(made)
        }
        self.groups_changed.emit()

    def take(self, news: PlanNews) -> None:
        """Takes what was measured since the last time."""
        self._over = {Group(self._sweep, trial): over for trial, over in enumerate(news.over)}
        for each in news.runs:
            key = Group(self._sweep, each.trial), each.seed
            if each.stage == "gone":
                self._runs.pop(key, None)
                continue
            if each.is_anew or key not in self._runs:
                self._runs[key] = ActiveRun(each.seed)
            self._runs[key].take(each)
        self._make_room()
        self.changed.emit()

    def _make_room(self) -> None:
        over = [key for key, run in self._runs.items() if run.stage == "written"]
        for key in over[: max(0, len(self._runs) - _MOST_RUNS)]:
            del self._runs[key]

    def end(self) -> None:
        """The plan is done, or was stopped. What was measured stays until it is let go."""
        self.groups, self._over = {}, {}
        self.groups_changed.emit()

    def let_go(self, group: Group, seeds: Collection[int] | None = None) -> None:
        """Forgets what was measured of the runs of a group that are written, with these seeds; of all for None."""
        for key, run in list(self._runs.items()):
            if key[0] == group and (seeds is None or (run.stage == "written" and run.seed in seeds)):
                del self._runs[key]

    def hold(self, groups: Collection[Chosen]) -> None:
        """Forgets what was measured of runs of others than these, if the library has it or the plan is over."""
        for key, run in list(self._runs.items()):
            if key[0] not in groups and (run.stage == "written" or key[0] not in self.groups):
                del self._runs[key]

    # ---- what is known

    def runs_of(self, group: Chosen) -> Mapping[int, ActiveRun]:
        """The runs of a group of which something was measured that need not be in the library yet, by seed."""
        return {seed: run for (of, seed), run in self._runs.items() if of == group and run.epoch >= 0}

    def has_begun(self, group: Group) -> bool:
        """Whether something was measured of a group under way."""
        return bool(self._over.get(group) or self.runs_of(group))

    def words(self, group: Chosen) -> str:
        """How far a group is: "2 of 5 · epoch 7"; empty for one that is not under way."""
        if not isinstance(group, Group) or group not in self.groups:
            return ""
        going = [run.epoch for run in self.runs_of(group).values() if run.stage == "going"]
        at = f" · epoch {text.count(max(going))}" if going else ""
        return f"{text.count(self._over.get(group, 0))} of {text.count(self.groups[group].seeds)}{at}"
