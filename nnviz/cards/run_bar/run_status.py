"""The progress of the run in words: how far it is, what is left, what prevents it, and what can be done."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject
from PyQt5.QtWidgets import QWidget

from engine.training.metrics import Evaluation
from nnviz.formatting import text
from nnviz.jobs.timing import TimeBudget
from nnviz.session.example_text import is_of_digits
from nnviz.session.run_estimate import RUN_ESTIMATE
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import named

_SECONDS_BETWEEN_WORDS = 0.1
_AT_REST = Status.READY, Status.PAUSED


class RunStatus(ElidedLabel):
    """Muted words about the run. ``train`` is the button that trains, which a lesson may lock.

    What does not fit is left out from the end; the tooltip has all of it, with the speed.
    """

    def __init__(self, session: Session, train: QWidget) -> None:
        super().__init__(role="muted")
        named(self, "runStatus", "Progress of the run")
        self._session, self._train = session, train
        self._words_due = TimeBudget(_SECONDS_BETWEEN_WORDS, 0)
        for signal in (
            session.training.state_changed,
            session.settings.problems_changed,
            session.settings.changed,
            session.run_or_data_changed,
            session.speed.changed,
            session.records.changed,
            session.runs.file_changed,
            session.displayed.snapshot_changed,
        ):
            signal.connect(self.refresh)
        for signal in (
            session.training.progressed,
            session.runs.history_changed,
            session.run_estimate.changed,
            session.question.changed,
        ):
            signal.connect(self._progressed)
        session.queries.want(self, (RUN_ESTIMATE,), True)
        train.installEventFilter(self)
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows what can be done when *Train* is enabled or disabled, also by a lesson."""
        if event.type() == QEvent.Type.EnabledChange:
            self.refresh()
        return False

    def _progressed(self) -> None:
        """Updates the words several times a second; epochs of small data may be over in less than a millisecond."""
        if self._words_due.is_due or self._session.state is not Status.TRAINING:
            self.refresh()

    def refresh(self) -> None:
        """Shows the words of now."""
        self._words_due.spend(0)
        parts = [*filter(None, [*self._parts(), self._left()])] or [""]
        versions = [" · ".join(parts[:count]) for count in range(len(parts), 0, -1)]
        self.show_versions(*versions, "", tip="\n".join(filter(None, [versions[0], *self._details()])))

    def _parts(self) -> list[str]:
        """Returns the progress of the run, what prevents training, and what can be done.

        While another epoch is displayed, it names none: that of the figures is the only one. It says "now" instead.
        """
        training, run, progress = self._session.training, self._session.runs.current, self._session.training.progress
        best, is_past = run.history.best, self._session.timeline.epoch is not None
        if self._session.state is Status.BUILDING:
            return ["building the network"]
        if training.state is Status.FINISHED and best is not None:
            early = ["stopped early"] if best.early else []
            best_at = [] if is_past else [f"best at epoch {text.epochs(best.epoch)}"]
            return [*early, *best_at, f"validation {self._validation(best.figures)}"]
        if progress.epoch:
            of = f"epoch {text.epochs(progress.total_epoch)} of {text.epochs(progress.last_epoch)}"
            done = f"{text.count(progress.batch)} of {text.count(progress.batches)} batches"
            if progress.measuring:
                done = "measuring the errors"
            elif run.dead_layer is not None:
                done = f"layer {run.dead_layer} is dead"
            elif progress.batch == progress.batches and self._session.state is not Status.TRAINING:
                done = ""
            if is_past and done:
                done = f"now: {done}"
            return ["" if is_past else of, done, *self._pace()]
        if progress.measuring:
            return ["measuring the errors before the first step"]
        if training.will_start:
            return ["training starts afterwards"]
        if not training.can_start and run.misfit(self._session.data.dataset):
            return ["the network does not fit the data"]
        return [self._session.run_estimate.text, self._request] if training.state in _AT_REST else []

    def _validation(self, measured: Evaluation) -> str:
        """Returns the error in percent, or the RMSE with its unit."""
        if measured.rmse is None:
            return "–" if measured.error is None else text.percent(measured.error)
        return f"{text.steady(measured.rmse)} {self._session.meaning.unit}".rstrip()

    @property
    def _request(self) -> str:
        """What pressing Space does; "" where something else is asked for, or where a lesson locks the button."""
        training, past = self._session.training, self._session.runs.current.epochs
        if not self._train.isEnabled() or (not past and self._asks_to_draw):
            return ""
        if training.replaces_network:
            return f"press Space to train {'a new one' if training.learned_from_others else 'it'}"
        return f"press Space to {'continue' if past else 'train'}"

    @property
    def _asks_to_draw(self) -> bool:
        """Whether the empty canvas asks for a drawing, so that the status need not ask for another thing."""
        data, question = self._session.data.dataset, self._session.question
        return data is not None and is_of_digits(data) and question.example is None

    def _pace(self) -> list[str]:
        """Returns how fast a slow training is, rounded to one digit: the number changes all the time."""
        speed = self._session.speed
        if not speed.is_slow or not speed.steps_a_second or self._session.state is not Status.TRAINING:
            return []
        name = "slow start" if speed.starts_slowly else "slow"
        return [f"{name}, {text.count(max(1, round(float(f'{speed.steps_a_second:.0e}'))))} a second"]

    @property
    def _has_times(self) -> bool:
        """Whether the measured times are those of this run: the next one, or a slow one, has times of its own."""
        training, progress = self._session.training, self._session.training.progress
        is_slow = self._session.speed.is_slow and training.is_in_progress
        return bool(progress.seconds_of_epoch) and not training.replaces_network and not is_slow

    def _left(self) -> str:
        """Returns the estimated time until the last epoch."""
        if not self._has_times or self._session.state not in (Status.TRAINING, Status.PAUSED):
            return ""
        left = self._session.training.progress.seconds_left
        return f"{text.duration(left)} left" if left >= 1 else "less than 1 s left"

    def _details(self) -> list[str]:
        """Returns the speed of the training, and the number of the run in the library."""
        run, found = self._session.runs.current, []
        if self._has_times:
            found.append(f"{text.duration(self._session.training.progress.seconds_of_epoch)} per epoch")
        if self._session.state is Status.TRAINING and run.progress.seconds_per_epoch:
            samples = run.progress.batches * run.experiment.training.batch_size / run.progress.seconds_per_epoch
            found.append(f"{text.count(1000 * round(samples / 1000))} samples/s")
        if run.storage.is_kept:
            found.append(f"in the library: run {run.storage.record}, in {self._session.records.path}")
        return found
