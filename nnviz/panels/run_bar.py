"""The bar at the top: train, step, reset, how far it is, and how well it does."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.events import BestRestored
from nnviz.look import text, theme
from nnviz.session.run import more_epochs
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.widgets.card import label
from nnviz.widgets.fixed_size_box import FixedSizeBox

_STEPS = 1000
_MANY = 1000  # epochs that the button has no room to tell
_STATES = {
    Status.LOADING: "Loading data",
    Status.BUILDING: "Making the network",
    Status.READY: "Ready",
    Status.TRAINING: "Training",
    Status.PAUSED: "Paused",
    Status.FINISHED: "Finished",
}


class RunBar(QWidget):
    """Owns nothing: every button asks the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(10)
        self.train = _button("Train", "trainButton", "Train or pause")
        self.train.setProperty("role", "primary")
        self.train.setFixedWidth(136)
        self.train.clicked.connect(session.training.toggle)
        self.batch = _button("Batch", "stepBatchButton", "Train one batch")
        self.batch.setToolTip("One step: the weights move once, along the gradient of one batch (B).")
        self.batch.clicked.connect(session.step_batch)
        self.epoch = _button("Epoch", "stepEpochButton", "Train one epoch")
        self.epoch.setToolTip("Every training example once, then pause (E).")
        self.epoch.clicked.connect(session.step_epoch)
        self.reset = _button("Reset", "resetButton", "Reset")
        self.reset.setToolTip("A new network from the seed and the fields at the left. Undo brings this one back.")
        self.reset.clicked.connect(session.reset)
        for button in (self.train, self.batch, self.epoch, self.reset):
            row.addWidget(button)
        row.addSpacing(14)
        row.addLayout(self._progress_block(), 1)
        row.addSpacing(14)
        self.test_error = self._figure(row, "testFigure", "test error")
        self.train_error = self._figure(row, "trainFigure", "train error")
        for signal in (
            session.training.state_changed,
            session.settings.problems_changed,
            session.runs.replaced,
            session.settings.changed,
            session.data.changed,
        ):
            signal.connect(self._show)
        session.training.progressed.connect(self._show_progress)
        for signal in (session.runs.history_changed, session.runs.replaced):
            signal.connect(self._show_figures)
        self._show()
        self._show_figures()

    def _progress_block(self) -> QVBoxLayout:
        self.state = label(role="title")
        self.state.setObjectName("runState")
        self.status = label(role="muted")
        self.status.setObjectName("runStatus")
        self.times = label(role="muted")
        self.times.setObjectName("runTimes")
        self.times.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.progress = QProgressBar()
        self.progress.setObjectName("runProgress")
        self.progress.setAccessibleName("Progress of the run")
        self.progress.setToolTip("How far the run is, of the epochs that it was asked for.")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.state)
        words.addWidget(FixedSizeBox(self.status), 1)
        words.addWidget(FixedSizeBox(self.times, 236))
        block = QVBoxLayout()
        block.setSpacing(5)
        block.addStretch(1)
        block.addLayout(words)
        block.addWidget(self.progress)
        block.addStretch(1)
        return block

    def _figure(self, row: QHBoxLayout, role: str, name: str) -> QLabel:
        figure = label("–", role)
        figure.setObjectName(role)
        figure.setAlignment(Qt.AlignRight)
        figure.setMinimumWidth(72)
        figure.setAccessibleName(name)
        figure.setToolTip(f"The {name}: share of wrong answers after the last whole epoch, on all examples.")
        column = QVBoxLayout()
        column.setSpacing(0)
        under = label(name, "muted")
        under.setAlignment(Qt.AlignRight)
        column.addWidget(figure)
        column.addWidget(under)
        row.addLayout(column)
        return figure

    def _show_figures(self) -> None:
        """Those of the network that is there now, as they were measured or as its file tells."""
        figures = self._session.runs.current.figures()
        for figure, name in ((self.train_error, "train_error"), (self.test_error, "test_error")):
            figure.setText(text.percent(figures[name]) if name in figures else "–")
        self._show_progress()

    def _show(self) -> None:
        self._show_buttons()
        self._show_progress()

    def _show_progress(self) -> None:
        session, run = self._session, self._session.runs.current
        state, best = session.state, run.history.best
        is_early = state is Status.FINISHED and best is not None and best.early
        self.state.setText("Stopped early:" if is_early else _STATES[state])
        self.status.setText(" · ".join(self._words()))
        self.times.setText(self._times())
        is_under_way = run.progress.epoch or state is Status.TRAINING
        self.progress.setValue(round(_STEPS * run.share_done) if is_under_way else 0)

    def _words(self) -> list[str]:
        """What the run is doing, how far it is, what is in the way."""
        training, run, progress = self._session.training, self._session.runs.current, self._session.training.progress
        problems, best = self._session.settings.problems, run.history.best
        if training.state is Status.FINISHED and best is not None:
            return [_about_best(best)]
        if progress.epoch:
            done = "measuring the errors" if progress.measuring else f"batch {progress.batch} / {progress.batches}"
            died = [] if run.dead_layer is None else [f"layer {run.dead_layer} is dead"]
            return [f"epoch {run.epoch} of {run.last_epoch}", *(died or [done])]
        if progress.measuring:
            return ["measuring the errors before the first step"]
        if training.will_start:
            return ["training starts when it is there"]
        if not training.can_start and self._misfit:
            return ["the network does not fit the data"]
        if problems:
            return ["training waits for the field marked red"]
        if training.state in (Status.READY, Status.PAUSED):
            past = run.history.completed
            return [f"trained for {past} epochs", "Space trains on"] if past else ["Space trains"]
        return []

    @property
    def _misfit(self) -> str | None:
        return self._session.runs.current.misfit(self._session.data.dataset)

    def _times(self) -> str:
        progress = self._session.training.progress
        if not progress.seconds_of_epoch:
            return ""
        parts = [f"{text.duration(progress.seconds_of_epoch)} per epoch"]
        if self._session.state in (Status.TRAINING, Status.PAUSED):
            left = progress.seconds_left
            parts.append(f"{text.duration(left)} left" if left >= 1 else "less than 1 s left")
        return " · ".join(parts)

    def _show_buttons(self) -> None:
        training = self._session.training
        goes = training.state is Status.TRAINING or training.will_start
        icon_colour = "on_accent" if goes or training.can_start else "muted"
        self.train.setText(" Pause" if goes else f" {self._start_words()}")
        theme.set_icon(self.train, "pause" if goes else "play", icon_colour)
        self.train.setEnabled(goes or training.can_start)
        self.train.setToolTip(self._train_tip())
        steps = training.can_start and not goes
        if not steps and (self.batch.hasFocus() or self.epoch.hasFocus()):
            self.train.setFocus()  # or Qt would hand it on to Reset
        for button, name in ((self.batch, "step-forward"), (self.epoch, "skip-forward")):
            button.setEnabled(steps)
            theme.set_icon(button, name, "text" if steps else "past")
        problems = self._session.settings.problems
        self.reset.setEnabled(not problems)  # it would make another network than the fields say
        theme.set_icon(self.reset, "rotate-ccw", "past" if problems else "text")

    def _start_words(self) -> str:
        """Behind the end of a run, going on is more of it."""
        epochs = self._session.settings.experiment.training.epochs
        is_over = self._session.training.state is Status.FINISHED and not self._session.training.is_another_network
        if not is_over:
            return "Train"
        return more_epochs(epochs) if epochs < _MANY else "More epochs"

    def _train_tip(self) -> str:
        training, problems = self._session.training, self._session.settings.problems
        if problems:
            return "Training waits until this is mended: " + " ".join(problems.values())
        if self._misfit and not training.can_start:
            return self._misfit
        if training.state is Status.FINISHED and not training.is_another_network:
            epochs = self._session.settings.experiment.training.epochs
            return f"Trains this network for {more_epochs(epochs)}, with the settings at the left (Space)."
        return "Moves the weights, batch by batch, towards fewer mistakes; again to pause (Space)."


def _about_best(best: BestRestored) -> str:
    figure = text.percent(best.figures.error) if best.figures.error is not None else f"loss {best.figures.loss:.4f}"
    return f"best at epoch {best.epoch} (validation {figure})"


def _button(title: str, name: str, accessible: str) -> QPushButton:
    button = QPushButton(f" {title}")  # a little air between symbol and word
    button.setObjectName(name)
    button.setAccessibleName(accessible)
    return button
