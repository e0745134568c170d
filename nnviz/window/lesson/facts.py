"""The facts of a lesson's goals, read from a live session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.experiment import Experiment
from engine.training.distributions import layer_activities
from engine.training.history import Curves
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.plans import PlanEnd
from nnviz.lessons.catalogue import SETTINGS, value_of_setting
from nnviz.lessons.goals import Fact, Value
from nnviz.session.run import Run
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Stage, Status

ACTIVITIES = "activity of the layers, for a lesson"  # name of the query
_STATES = {Status.TRAINING: "running", Status.PAUSED: "paused", Status.FINISHED: "finished"}
# Figures by fact: the quantity of the history, and the set.
_FIGURES = {
    "train-error": ("error", "train"),
    "test-error": ("error", "test"),
    "validation-error": ("error", "validation"),
    "loss": ("loss", "train"),
    "rmse": ("rmse", "test"),
    "r2": ("r2", "test"),
}


class Facts(QObject):
    """Reads facts, and notes what happens in a step.

    Signals:
        changed: any fact may have changed.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session, is_drawing: Callable[[], bool]) -> None:
        """``is_drawing`` returns whether a stroke is in progress."""
        super().__init__()
        self._session, self._is_drawing = session, is_drawing
        self.workspace = "train"
        self._diverged: Run | None = None  # the run that stopped because it diverged, until it is trained again
        self._run = session.runs.current
        self._trainings = 0
        self._is_training = self._is_plan_in_training = False
        self._activities = Latest(self._activities_request, forget_on_new_run=True)
        session.queries.add({ACTIVITIES: self._activities})
        self.begin_step()
        for signal in (
            session.settings.changed,
            session.data.changed,
            session.question.answer_changed,
            session.timeline.changed,
            session.training.progressed,
            session.displayed.what_if_changed,
            session.user_examples.changed,
            self._activities.changed,
        ):
            signal.connect(self.changed)
        session.training.reports.diverged.connect(self._note_divergence)
        session.training.state_changed.connect(self._follow_state)
        session.training.progressed.connect(self._activities.look)
        session.runs.replaced.connect(self._note_run)
        session.runs.history_changed.connect(self._note_values)
        session.selection.classes_changed.connect(self._note_mistake)
        for compared in (session.side_by_side.changed, session.comparison.changed):
            compared.connect(self._note_comparison)
        session.sweeps.changed.connect(self._note_plan)
        session.sweeps.ended.connect(self._note_end_of_plan)

    # ---- what happens in a step

    def begin_step(self) -> None:
        """Forgets what happened before."""
        self._opened: set[str] = set()
        self._mistakes: set[tuple[str, ...]] = set()
        self._values: dict[str, set[str]] = {name: set() for name in SETTINGS}
        self._noted: Experiment | None = None  # whose values were noted last
        self._epoch = self._session.runs.current.history.completed  # the last one of which a value was noted
        self._has_branched = self._has_compared = self._is_answered = self._is_correct = False
        self._finished_seeds = 0

    def note_opened(self, card: str) -> None:
        """Notes that a card came into view."""
        self._opened.add(card)
        self.changed.emit()

    def note_workspace(self, name: str) -> None:
        """Notes which workspace is shown."""
        self.workspace = name
        self.changed.emit()

    def note_answers(self, is_answered: bool, is_correct: bool) -> None:
        """Notes whether the questions of the step are answered, and correctly."""
        self._is_answered, self._is_correct = is_answered, is_correct
        self.changed.emit()

    def _note_divergence(self, run: Run, _: object) -> None:
        self._diverged = run
        self.changed.emit()

    def _follow_state(self) -> None:
        run = self._session.runs.current
        is_training = run.stage is Stage.TRAINING
        if is_training:
            self._diverged = None
        if is_training and not self._is_training and run.end == (run.origin.left_at or 0):  # else it is continued
            self._trainings += 1
        self._is_training = is_training
        self._activities.look()
        self.changed.emit()

    def take_trainings(self) -> int:
        """Returns how many runs were started since this was called last; one that is continued does not count."""
        taken, self._trainings = self._trainings, 0
        return taken

    def _note_run(self) -> None:
        before, self._run = self._run, self._session.runs.current
        self._epoch = self._run.history.completed
        is_branch = self._run.origin.parent == before.id and self._run.origin.left_at is not None
        self._has_branched = self._has_branched or (is_branch and self._run is not before)
        self.changed.emit()

    def _note_values(self) -> None:
        """Notes the settings of a run that ends an epoch; they are the same objects until one is changed."""
        run = self._session.runs.current
        experiment, epoch = run.experiment, run.history.completed
        has_trained, self._epoch = epoch != self._epoch, epoch
        if has_trained and experiment is not self._noted:
            self._noted = experiment
            for name, values in self._values.items():
                values.add(str(value_of_setting(experiment, name)))
        self.changed.emit()

    def _note_mistake(self) -> None:
        classes = self._session.selection.classes
        if classes is not None and classes.true is not None and classes.answer is not None:
            self._mistakes.add(tuple(map(self._session.meaning.output, (classes.true, classes.answer))))
            self.changed.emit()

    def _note_comparison(self) -> None:
        if self._session.side_by_side.is_on or len(self._session.comparison.colours) > 1:
            self._has_compared = True
            self.changed.emit()

    def _note_plan(self) -> None:
        is_in_training = self._session.sweeps.plan_progress is not None
        self._trainings += is_in_training and not self._is_plan_in_training
        self._is_plan_in_training = is_in_training

    def _note_end_of_plan(self, end: PlanEnd) -> None:
        if end.is_done:
            self._finished_seeds = len(end.plan.seeds)
            self.changed.emit()

    # ---- reading

    def read(self, fact: Fact) -> Value:
        """Returns the value of a fact; None while it is not known."""
        if fact.name in _FIGURES:  # before the settings: "loss" is the figure, not the function
            return self._figure(*_FIGURES[fact.name])
        if fact.name in SETTINGS:
            return value_of_setting(self._session.runs.current.experiment, fact.name)
        read: Callable[..., Value] = getattr(self, f"_read_{fact.name.replace('-', '_')}")
        return read(*fact.arguments)

    def want_activities(self, is_wanted: bool) -> None:
        """Notes whether any goal of the step needs the share of dead neurons."""
        self._session.queries.want(self, (ACTIVITIES,), is_wanted)

    def _activities_request(self) -> Request | None:
        run, data = self._session.runs.current, self._session.data.dataset
        if data is None or run.misfit(data) is not None:
            return None
        network = run.displayed_network()
        # While a network learns, once in each epoch; figures may be there before its parameters.
        of = int(run.epochs) if run.stage is Stage.TRAINING else run.parameters
        return RequestKey(run, data, of), lambda: layer_activities(network, data.train)

    def _figure(self, quantity: str, part: str) -> float | None:
        """Returns the exact figure at the end of the last epoch."""
        run = self._session.runs.current
        curves: Curves = getattr(run.history, quantity)
        value = getattr(curves, part).at(run.epoch_of_figures)
        return None if value is None else float(value)

    def _read_epoch(self) -> float:
        return self._session.runs.current.epochs

    def _read_changed(self) -> bool:
        return bool(self._session.runs.current.history.changes)

    def _read_field(self, name: str) -> Value:
        return value_of_setting(self._session.settings.experiment, name)

    def _read_data(self) -> str | None:
        name = self._session.data.name
        return None if name is None or self._session.dataset is None else Path(name).name

    def _read_inputs(self) -> float:
        return self._session.runs.current.network.shape[0]

    def _read_layers(self) -> float:
        return len(self._session.runs.current.network.weights) - 1

    def _read_parameters(self) -> float:
        return self._session.runs.current.network.parameters.size

    def _read_state(self) -> str:
        run = self._session.runs.current
        if run is self._diverged:
            return "diverged"
        return "dead" if run.dead_layer is not None else _STATES.get(self._session.state, "ready")

    def _read_dead(self, layer: str) -> float | None:
        found = self._activities.result if self._activities.is_up_to_date else None
        number = int(layer) - 1
        return found[number].dead / found[number].neurons if found and number < len(found) else None

    def _read_strength(self, neuron: str) -> float:
        layer, number = map(int, neuron.split("."))
        return self._session.edits.strength(Neuron(layer, number - 1))

    def _read_drawn(self) -> bool:
        question = self._session.question
        return question.is_drawn and question.example is not None and not self._is_drawing()

    def _read_prediction(self) -> str | None:
        verdict, names = self._session.question.verdict, self._session.class_names
        return None if verdict is None or verdict.best >= len(names) else names[verdict.best]

    def _read_confidence(self) -> float | None:
        verdict = self._session.question.verdict
        return None if verdict is None else verdict.confidence

    def _read_workspace(self) -> str:
        return self.workspace

    def _read_opened(self, card: str) -> bool:
        return card in self._opened

    def _read_epoch_shown(self) -> float:
        return self._session.displayed.epochs

    def _read_branched(self) -> bool:
        return self._has_branched

    def _read_compared(self) -> bool:
        return self._has_compared

    def _read_seeds(self) -> float:
        return self._finished_seeds

    def _read_runs(self, name: str) -> float:
        return len(self._values[name])

    def _read_mistake_shown(self, true: str, predicted: str) -> bool:
        return (true, predicted) in self._mistakes

    def _read_examples_kept(self) -> float:
        return self._session.user_examples.count

    def _read_answered(self) -> bool:
        return self._is_answered

    def _read_correct(self) -> bool:
        return self._is_correct
