"""Recovery from dead layers and divergence: messages that offer smaller rates, clipping or a reset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject

from engine.basics.errors import DivergenceError, EngineError
from engine.training.optimizers import OPTIMIZERS
from engine.training.settings import TrainingSettings
from nnviz.formatting import text
from nnviz.formatting.setting_text import setting_value
from nnviz.hints.rules import CLIP_NORM, dead_neurons, smaller_rate
from nnviz.hints.state import RunState
from nnviz.session.messages import Message, MessageChoice, error_text
from nnviz.session.run import Run
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step

if TYPE_CHECKING:
    from nnviz.session.session import Session


class DivergenceRecovery(QObject):
    """Warns when the current network dies or diverges; the warning goes when the fields change.

    The warning offers more than the hint about the same, which waits until the warning is gone.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._settings, self._runs, self._replacement = session.settings, session.runs, session.replacement
        self._branching, self._undo, self._messages = session.branching, session.undo, session.messages
        self._notice: Message | None = None
        self._dead_layer: int | None = None  # that the notice names
        session.training.died.connect(self._died)
        session.training.reports.diverged.connect(self._diverged)
        self._runs.history_changed.connect(self._follow)
        self._settings.changed.connect(lambda: self._messages.withdraw(self._notice))

    # ---- a dead layer

    def _died(self, run: Run) -> None:
        if run is not self._runs.current:
            return
        rate = run.experiment.training.learning_rate
        rates = dict.fromkeys(
            [*self._rates_before(run.experiment.training), smaller_rate(run.experiment.training, most=4)]
        )
        choices = [
            _choice(f"Reset with learning rate {other:g}", "reset", self._reset_with, {"learning_rate": other})
            for other in rates
        ]
        is_fast = rate > OPTIMIZERS[run.experiment.training.optimizer].default_rate
        why = f" A learning rate of {setting_value(rate)} was too high." if is_fast else ""
        hint = dead_neurons(RunState(run.experiment, dead_layer=run.dead_layer))
        if hint is not None and "learning_rate" not in hint.steps:
            words = f"Reset with {hint.label[0].lower()}{hint.label[1:]}"
            choices.insert(0, _choice(words, "reset", self._reset_with, dict(hint.steps)))
        self._dead_layer = run.dead_layer
        self._notice = self._messages.warn(
            f"Dead layer: layer {run.dead_layer} has the same output for nearly every example, so the error stays at "
            f"chance.{why}",
            *choices,
        )

    def _follow(self) -> None:
        """Updates the dead layer in a warning that is still shown."""
        run, notice = self._runs.current, self._notice
        is_shown = notice is not None and self._messages.current is notice
        if is_shown and self._dead_layer is not None and run.dead_layer not in (None, self._dead_layer):
            self._died(run)

    def _rates_before(self, now: TrainingSettings) -> list[float]:
        """Returns the smaller learning rate that the user had set before the present one, if there is one."""

        def raised(step: Step) -> bool:
            before = step.old.training
            return (
                before.learning_rate < now.learning_rate
                and before.optimizer == now.optimizer
                and (step.new == step.old.changed(learning_rate=now.learning_rate))
            )

        step = self._undo.last(Kind.SETTINGS, raised)
        return [] if step is None else [step.old.training.learning_rate]

    # ---- it has diverged

    def _diverged(self, run: Run, error: DivergenceError) -> None:
        """Offers to go back to the best epoch; to reset if there is none."""
        message = error_text("Training paused", error) or ""
        if (
            run is not self._runs.current or run.stage is Stage.RESTING
        ):  # before the first step other settings do not help
            self._messages.warn(message)
            return
        training, good = run.experiment.training, best_epoch(run)
        go: Callable[[dict[str, Any]], None]
        if good and self._branching.reason_unavailable is None:
            where, control = f"Go back to epoch {text.epochs(good)}", "branch"
            go = partial(self._branching.branch_at, good)
        else:
            where, control, go = "Reset", "reset", self._reset_with
        self._dead_layer = None
        rate = smaller_rate(training)
        choices = [_choice(f"{where} with rate {rate:g}", control, go, {"learning_rate": rate})]
        if not training.clip_norm:
            choices.append(_choice(f"{where} with clipped gradients", control, go, {"clip_norm": CLIP_NORM}))
        reset = MessageChoice("Reset", self._replacement.reset, frozenset({"reset"}))
        self._notice = self._messages.warn(message, *choices, reset)

    def _reset_with(self, changes: dict[str, Any]) -> None:
        """Resets with other settings, as one step to undo, because a dead network does not learn with any settings."""
        try:
            self._replacement.reset(experiment=self._settings.of_new_network.changed(**changes))
        except EngineError as error:
            self._messages.show_error("This does not fit the present settings", error)


def _choice(words: str, control: str, go: Callable[[dict[str, Any]], None], changes: dict[str, Any]) -> MessageChoice:
    """Returns the choice to press a control with changed settings."""
    return MessageChoice(words, partial(go, changes), frozenset({control, *changes}))


def best_epoch(run: Run) -> float:
    """Returns the epoch with the least training loss, before it began to grow; 0 if there is none.

    Only epochs from which a replay is possible count: curves may begin earlier, in another program or a removed run.
    """
    first = next((snapshot.epochs for snapshot in run.snapshots), run.progress.before)
    if run.origin.parent_record is None:
        first = max(first, run.origin.left_at or 0)
    curve = run.history.loss.train
    points = zip(curve.values, curve.epochs, strict=True)
    return min((point for point in points if point[1] >= first), default=(0.0, 0.0))[1]
