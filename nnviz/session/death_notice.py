"""Warns that the network no longer learns, and offers remedies."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QObject

from engine.settings import TrainingSettings
from nnviz.session.making import Making
from nnviz.session.messages import Choice, Message, Messages
from nnviz.session.run import Run, setting_value
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo


class DeathNotice(QObject):
    """Follows the training, and tells when the current network has died; the notice goes when the fields change."""

    def __init__(
        self, training: Training, settings: Settings, runs: Runs, making: Making, undo: Undo, messages: Messages
    ) -> None:
        super().__init__()
        self._settings, self._runs, self._making = settings, runs, making
        self._undo, self._messages = undo, messages
        self._notice: Message | None = None
        training.died.connect(self._died)
        settings.changed.connect(lambda: messages.withdraw(self._notice))

    def _died(self, run: Run) -> None:
        if run is not self._runs.current:
            return
        rate = run.experiment.training.learning_rate
        rates = dict.fromkeys([*self._rates_before(run.experiment.training), float(f"{rate / 10:.3g}")])
        choices = [Choice(f"Reset with learning rate {other:g}", partial(self._reset_with, other)) for other in rates]
        self._notice = self._messages.warn(
            f"The network has died: every neuron of layer {run.dead_layer} answers the same to all examples, so the "
            f"error stays at chance. A learning rate of {setting_value(rate)} has thrown its weights too far.",
            *choices,
        )

    def _rates_before(self, now: TrainingSettings) -> list[float]:
        """The smaller learning rate from which the person changed to the present one; empty if it came otherwise."""

        def raised(step: Step) -> bool:
            before = step.old.training
            return (
                before.learning_rate < now.learning_rate
                and before.optimizer == now.optimizer
                and (step.new == step.old.changed(learning_rate=now.learning_rate))
            )

        step = self._undo.last(Kind.SETTINGS, raised)
        return [] if step is None else [step.old.training.learning_rate]

    def _reset_with(self, rate: float) -> None:
        """Resets as well, because a dead network learns nothing with any settings."""
        self._settings.change("learning rate", learning_rate=rate)
        self._making.reset()
