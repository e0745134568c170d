"""The progress of the run, in words and as a bar."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QSize, Qt
from PyQt5.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from engine.training.metrics import figures_of
from nnviz.cards.run_bar.run_figures import RunFigures
from nnviz.formatting import text
from nnviz.jobs.timing import TimeBudget
from nnviz.session.example_text import is_of_digits
from nnviz.session.run_estimate import RUN_ESTIMATE
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named

_STEPS = 1000
_SECONDS_BETWEEN_WORDS = 0.1
_TIMES_WIDTH = 236
_LEAST_BAR = 400  # pixels, of all of the bar
_TIMES_TIP = "Shows how long an epoch takes with its evaluation, and estimates the time until the last epoch."
_STATES = {
    Status.LOADING: "Loading data",
    Status.BUILDING: "Building the network",
    Status.READY: "Ready",
    Status.TRAINING: "Training",
    Status.PAUSED: "Paused",
    Status.FINISHED: "Finished",
}


class RunProgress(QWidget):
    """Shows the state of the session. ``train`` is the button that trains, which a lesson may lock."""

    def __init__(self, session: Session, train: QWidget) -> None:
        super().__init__()
        named(self, "runProgressBar", "Progress")
        self._session, self._train = session, train
        row = arranged(QHBoxLayout(self), spacing=10, margins=(14, 5, 14, 5))
        row.addLayout(self._progress_block(), 1)
        self._has_times = True
        for signal in (
            session.training.state_changed,
            session.settings.problems_changed,
            session.settings.changed,
            session.run_or_data_changed,
            session.run_estimate.changed,
            session.speed.changed,
            session.question.changed,
            session.records.changed,
            session.runs.file_changed,
        ):
            signal.connect(self._show_progress)
        session.queries.want(self, (RUN_ESTIMATE,), True)
        self._words_due = TimeBudget(_SECONDS_BETWEEN_WORDS, 0)
        for signal in (session.training.progressed, session.runs.history_changed):
            signal.connect(self._progressed)
        train.installEventFilter(self)
        self._show_progress()

    def minimumSizeHint(self) -> QSize:
        """Returns a size that does not widen the window: without room for all contents, some are left out."""
        return QSize(_LEAST_BAR, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows what can be done when *Train* is enabled or disabled, also by a lesson."""
        if event.type() == QEvent.Type.EnabledChange:
            self._show_progress()
        return False

    def event(self, event: QEvent) -> bool:
        done = bool(super().event(event))
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return done

    def _fit(self) -> None:
        """Leaves out the times if there is no room for them."""
        kept = theme.px(_TIMES_WIDTH) if self.times.text() and not self._has_times else 0
        has_times = self.layout().minimumSize().width() + kept <= self.width()
        if has_times != self._has_times:
            self._has_times = has_times
            self._show_progress()

    def _progress_block(self) -> QVBoxLayout:
        self.state = named(label(role="title"), "runState")
        self.status = named(ElidedLabel(role="muted"), "runStatus")
        self.times = named(label(role="muted"), "runTimes", tip=_TIMES_TIP)
        self.times.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        tip = "Shows how much of the run is done."
        self.progress = named(QProgressBar(), "runProgress", "Progress of the run", tip)
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        status, self._times_box = FixedSizeBox(self.status), FixedSizeBox(self.times)
        texts = arranged(QHBoxLayout(), self.state, (status, 1), self._times_box, spacing=8)
        return arranged(QVBoxLayout(), 1, texts, self.progress, 1, spacing=5)

    def _progressed(self) -> None:
        """Updates the progress several times a second; at every view it would cost as much as the curves."""
        if not self._words_due.is_due and self._session.state is Status.TRAINING:
            return
        self._show_progress()

    def _show_progress(self) -> None:
        self._words_due.spend(0)
        session, run = self._session, self._session.runs.current
        state, best = session.state, run.history.best
        is_early = state is Status.FINISHED and best is not None and best.early
        self.state.setText("Stopped early:" if is_early else _STATES[state])
        times = self._times()
        self.times.setText(times)
        self.times.setVisible(self._has_times)
        self._times_box.set_width(_TIMES_WIDTH if times and self._has_times else 1)
        parts = self._status_parts() or [""]
        versions = [" · ".join(parts[:count]) for count in range(len(parts), 0, -1)]
        tip = "\n".join(filter(None, [versions[0], *self._details()]))
        self.status.show_versions(*versions, tip=tip)
        self.state.setToolTip(tip)
        is_in_progress = run.progress.epoch or state is Status.TRAINING
        self.progress.setUpdatesEnabled(False)  # else Qt would paint it at once, apart from all the rest
        self.progress.setValue(round(_STEPS * run.progress.share_done) if is_in_progress else 0)
        self.progress.setUpdatesEnabled(True)

    def _status_parts(self) -> list[str]:
        """Returns the state of the run, its progress, and what prevents training."""
        training, run, progress = self._session.training, self._session.runs.current, self._session.training.progress
        problems, best = self._session.settings.problems, run.history.best
        if training.state is Status.FINISHED and best is not None:
            figures = RunFigures(figures_of({"validation": best.figures}), self._session.meaning)
            return [f"best at epoch {text.epochs(best.epoch)}", f"validation {figures.text('validation')}"]
        if progress.epoch:
            done = "measuring the errors" if progress.measuring else f"batch {progress.batch} / {progress.batches}"
            died = [] if run.dead_layer is None else ["the network has died"]
            epoch = f"epoch {text.epochs(progress.total_epoch)} of {text.epochs(progress.last_epoch)}"
            return [epoch, *self._pace(), *(died or [done])]
        if progress.measuring:
            return ["measuring the errors before the first step"]
        if training.will_start:
            return ["training starts afterwards"]
        if not training.can_start and self._misfit:
            return ["the network does not fit the data"]
        if problems:
            return ["correct the field marked red"]
        if training.state in (Status.READY, Status.PAUSED):
            past = run.epochs
            what, press = "", "press Space to train"
            if training.replaces_network and training.learned_from_others:
                what, press = "this network learned from other examples", "press Space to train a new one"
            elif training.replaces_network:
                what, press = "the settings describe another network", "press Space to train it"
            elif past:
                what = f"trained for {run.epoch_name(past)} epoch{'' if past == 1 else 's'}"
                press = "press Space to continue"
            if not self._train.isEnabled() or (not past and self._asks_to_draw):  # a lesson may lock the button
                press = ""
            return [*filter(None, [what, self._session.run_estimate.text, press])]
        return []

    @property
    def _asks_to_draw(self) -> bool:
        """Whether the empty canvas asks for a drawing, so that the status need not ask for another thing."""
        data, question = self._session.data.dataset, self._session.question
        return data is not None and is_of_digits(data) and question.example is None

    def _details(self) -> list[str]:
        """Returns the speed of the training, and the number of the run in the library."""
        run, found = self._session.runs.current, []
        if self._session.state is Status.TRAINING and run.progress.seconds_per_epoch:
            samples = run.progress.batches * run.experiment.training.batch_size / run.progress.seconds_per_epoch
            found.append(f"{text.count(1000 * round(samples / 1000))} samples/s")
        if run.storage.is_kept:
            found.append(f"in the library: run {run.storage.record}, in {self._session.records.path}")
        return found

    def _pace(self) -> list[str]:
        """Returns how fast a slow training is, rounded to one digit: the number changes all the time."""
        speed = self._session.speed
        if not speed.is_slow or not speed.steps_a_second or self._session.state is not Status.TRAINING:
            return []
        name = "slow start" if speed.starts_slowly else "slow"
        return [f"{name}, {text.count(max(1, round(float(f'{speed.steps_a_second:.0e}'))))} a second"]

    @property
    def _misfit(self) -> str | None:
        return self._session.runs.current.misfit(self._session.data.dataset)

    def _times(self) -> str:
        training, progress = self._session.training, self._session.training.progress
        if not progress.seconds_of_epoch or training.replaces_network:  # the next run has times of its own
            return ""
        if self._session.speed.is_slow and training.is_in_progress:  # which does not take the measured times
            return ""
        parts = [f"{text.duration(progress.seconds_of_epoch)} per epoch"]
        if self._session.state in (Status.TRAINING, Status.PAUSED):
            left = progress.seconds_left
            parts.append(f"{text.duration(left)} left" if left >= 1 else "less than 1 s left")
        return " · ".join(parts)
