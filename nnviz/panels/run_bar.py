"""The bar at the top: train, step, reset, how far it is, and how well it does."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.events import BestRestored, Epoch
from nnviz.look import text, theme
from nnviz.session.session import Session
from nnviz.session.training import Status
from nnviz.widgets.card import label
from nnviz.widgets.steady import Steady

_STEPS = 1000
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
        self.train.setFixedWidth(104)
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
        session.displayed.changed.connect(self._show_progress)
        session.runs.history_changed.connect(self._epoch_ended)
        session.runs.history_changed.connect(self._best_restored)
        session.runs.replaced.connect(self._clear_figures)
        self._show()

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
        self.progress.setToolTip("How far the run is, of the epochs that it was asked for. It only tells.")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.state)
        words.addWidget(Steady(self.status), 1)
        words.addWidget(Steady(self.times, 236))
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

    def _epoch_ended(self, result: Epoch) -> None:
        for figure, outcome in ((self.train_error, result.train), (self.test_error, result.test)):
            known = outcome is not None and outcome.error is not None and result.epoch > 0
            if known and outcome is not None and outcome.error is not None:
                figure.setText(text.percent(outcome.error))

    def _best_restored(self, _: object) -> None:
        self._clear_figures()
        self._show()

    def _clear_figures(self) -> None:
        """Those of the network that is there now: from its curves, or as the file that it was opened from has them."""
        run = self._session.runs.current
        past = run.network.provenance
        for figure, curve, name in (
            (self.train_error, run.history.train, "train_error"),
            (self.test_error, run.history.test, "test_error"),
        ):
            known = dict(zip(curve.epochs, curve.values, strict=True))
            last = curve.epochs[-1] if curve.epochs else 0
            error: Any = known.get(past.get("epochs", last) if run.best else last, past.get(name)) if past else None
            is_share = isinstance(error, float) and 0 <= error <= 1
            figure.setText(text.percent(error) if is_share else "–")

    def _show(self) -> None:
        self._show_buttons()
        self._show_progress()

    def _show_progress(self) -> None:
        session, progress = self._session, self._session.training.progress
        words = []
        if session.state is Status.FINISHED and session.runs.current.best is not None:
            words.append(self._about_best(session.runs.current.best))
        elif progress.epoch:
            words.append(f"epoch {session.runs.current.epoch} of {session.runs.current.last_epoch}")
            done = f"batch {progress.batch} / {progress.batches}"
            words.append("measuring the errors" if progress.measuring else done)
        elif progress.measuring:
            words.append("measuring the errors before the first step")
        elif session.training.will_start:
            words.append("training starts when it is there")
        elif session.runs.current.misfit(session.data.dataset) and not session.training.can_start:
            words.append("the network does not fit the data")
        elif session.settings.problems:
            words.append("training waits for the field marked red")
        elif session.state in (Status.READY, Status.PAUSED):
            past = session.runs.current.history.completed
            words += [f"trained for {past} epochs", "Space trains on"] if past else ["Space trains"]
        is_early = session.state is Status.FINISHED and session.runs.current.best is not None and session.runs.current.best.early
        self.state.setText("Stopped early:" if is_early else _STATES[session.state])
        self.status.setText(" · ".join(words))
        self.times.setText(self._times())
        is_under_way = progress.epoch or session.state is Status.TRAINING
        self.progress.setValue(round(_STEPS * session.runs.current.share_done) if is_under_way else 0)

    def _about_best(self, best: BestRestored) -> str:
        figure = text.percent(best.figures.error) if best.figures.error is not None else f"loss {best.figures.loss:.4f}"
        epoch = self._session.runs.current.network.provenance.get("epochs", best.epoch)
        return f"best at epoch {epoch} ({figure} validation)"

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
        session = self._session
        training = session.state is Status.TRAINING or session.training.will_start
        self.train.setText(" Pause" if training else " Train")
        icon_colour = "on_accent" if training or session.training.can_start else "muted"
        self.train.setIcon(theme.icon("pause" if training else "play", icon_colour))
        self.train.setEnabled(training or session.training.can_start)
        self.train.setToolTip(self._train_tip())
        steps = session.training.can_start and not training
        if not steps and (self.batch.hasFocus() or self.epoch.hasFocus()):
            self.train.setFocus()  # or Qt would hand it on to Reset
        for button, name in ((self.batch, "step-forward"), (self.epoch, "skip-forward")):
            button.setEnabled(steps)
            button.setIcon(theme.icon(name, "text" if steps else "past"))
        self.reset.setEnabled(not session.settings.problems)  # it would make another network than the fields say
        self.reset.setIcon(theme.icon("rotate-ccw", "past" if session.settings.problems else "text"))

    def _train_tip(self) -> str:
        if self._session.settings.problems:
            return "Training waits until this is mended: " + " ".join(self._session.settings.problems.values())
        if self._session.runs.current.misfit(self._session.data.dataset) and not self._session.training.can_start:
            return self._session.runs.current.misfit(self._session.data.dataset)
        return "Moves the weights, batch by batch, towards fewer mistakes; again to pause (Space)."


def _button(title: str, name: str, accessible: str) -> QPushButton:
    button = QPushButton(f" {title}")  # a little air between symbol and word
    button.setObjectName(name)
    button.setAccessibleName(accessible)
    return button
