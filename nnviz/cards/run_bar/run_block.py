"""The run block at the foot of the left column: speed, train, step and reset."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnviz.formatting import text
from nnviz.formatting.setting_text import more_epochs
from nnviz.session.session import Session
from nnviz.session.speed import Speed
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, describe, named, set_look

_HEIGHT = 180  # pixels
_TIGHT, _TIGHT_GAPS = 104, 26  # pixels of the tight form, and how many of them are between the buttons
_LOWEST, _LOWEST_GAPS = 64, 18  # the same of the tight form without the buttons that step and reset
_PRESENTED, _PRESENTED_GAPS = 98, 18  # the same of the form for an audience
_ICON = 18  # pixels
_MARGIN, _PRESENTED_MARGIN, _BETWEEN = 16, 4, 8  # pixels
_MANY = 100  # a number of epochs for which the button has no room


class RunBlock(QFrame):
    """The buttons call the session. The block has a fixed height, and takes the width of its column.

    Attributes:
        train, batch, epoch, reset: the buttons.
        speed: the choice of the speed, which the tight form leaves out.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        named(self, "runBlock", "Run")
        self._session = session
        self._stepped_by: QPushButton | None = None  # gets the focus back after its step
        self._make_buttons()
        self.speed = SpeedChoice(session.speed)
        self._speed_row = QWidget()
        self._speed_name = label("Speed", "fieldName")
        self._speed_parts = arranged(QHBoxLayout(self._speed_row), self._speed_name, 1, self.speed)
        self._step_row = QWidget()
        arranged(QHBoxLayout(self._step_row), *((each, 1) for each in self._steps), spacing=_BETWEEN)
        parts = (self._speed_row, 1, self.train, 1, self._step_row)
        self._column = arranged(QVBoxLayout(self), 1, *parts, 1, margins=(_MARGIN, 0, _MARGIN, 0))
        self._is_tight, self._has_steps, self._is_presented = False, True, False
        theme.sized(self.setFixedHeight, _HEIGHT)
        for signal in (
            session.training.state_changed,
            session.settings.problems_changed,
            session.settings.changed,
            session.run_or_data_changed,
        ):
            signal.connect(self._show)
        self._show()

    @property
    def is_tight(self) -> bool:
        """Whether the block has its tight form, without the choice of the speed: that is in the menu Train, too."""
        return self._is_tight

    def set_tight(self, is_tight: bool) -> None:
        """Chooses the tight form, or the whole block."""
        if is_tight != self._is_tight:
            self._is_tight = is_tight
            self._fit()

    def show_steps(self, is_shown: bool) -> None:
        """Shows the buttons that step and reset, or leaves them, and the speed, to the menu Train."""
        if is_shown != self._has_steps:
            self._has_steps = is_shown
            self._fit()

    def set_presented(self, is_presented: bool) -> None:
        """Chooses the narrow form for an audience: the speed, and below it a button without words."""
        self._is_presented = is_presented
        margin = _PRESENTED_MARGIN if is_presented else _MARGIN
        self._column.setContentsMargins(margin, 0, margin, 0)
        self._speed_name.setHidden(is_presented)
        self._speed_parts.setStretch(1, int(not is_presented))  # the space between name and choice
        self._speed_parts.setStretch(2, int(is_presented))
        self.speed.set_upright(is_presented)
        set_look(self.train, "presented", is_presented)
        self._fit()
        self._show()

    def _fit(self) -> None:
        has_steps = self._has_steps and not self._is_presented
        has_speed = (has_steps and not self._is_tight) or self._is_presented
        self._speed_row.setVisible(has_speed)
        self._step_row.setVisible(has_steps)
        self._column.setStretch(2, int(has_speed))  # the space below the speed
        self._column.setStretch(4, int(has_steps))  # the space above the steps
        low = (_TIGHT, _TIGHT_GAPS) if has_steps else (_LOWEST, _LOWEST_GAPS)
        whole = (_PRESENTED, _PRESENTED_GAPS) if self._is_presented else (_HEIGHT, 0)
        height, gaps = whole if has_speed else low
        theme.sized(self.setFixedHeight, height, gaps)

    def _make_buttons(self) -> None:
        session = self._session
        self.train = named(QPushButton(), "trainButton", "Train or pause")
        self.train.setProperty("role", "primary")
        theme.sized(self._set_icon_size, _ICON)
        self.train.clicked.connect(session.training.toggle)
        tip = "Trains one batch, which is one step of the optimizer, then pauses (B)."
        self.batch = named(QPushButton("Batch"), "stepBatchButton", "Train one batch", tip)
        self.batch.clicked.connect(session.step_batch)
        tip = "Trains to the end of the epoch, in which each training example is used once, then pauses (E)."
        self.epoch = named(QPushButton("Epoch"), "stepEpochButton", "Train one epoch", tip)
        self.epoch.clicked.connect(session.step_epoch)
        tip = "Replaces the network with an untrained one, made from the settings at the left. Undo restores it."
        self.reset = named(QPushButton("Reset"), "resetButton", "Reset", tip)
        self.reset.clicked.connect(session.reset)
        self._steps = (self.batch, self.epoch, self.reset)

    def _set_icon_size(self, pixels: int) -> None:
        self.train.setIconSize(QSize(pixels, pixels))

    def _show(self) -> None:
        training, problems = self._session.training, self._session.settings.problems
        runs = training.state is Status.TRAINING or training.will_start
        start = "Pause" if runs else self._start_text()
        self.train.setText("" if self._is_presented else f" {start}")  # a space between icon and text
        describe(self.train, start)
        theme.set_icon(self.train, "pause" if runs else "play", "on_ink" if runs or training.can_start else "muted")
        self.train.setEnabled(runs or training.can_start)
        self.train.setToolTip(self._train_tip())
        steps = training.can_start and not runs
        focused = self.window().focusWidget()
        if not steps and focused in (self.batch, self.epoch):
            self._stepped_by = focused
            self.train.setFocus()  # else Qt would give the focus to Reset
        for button in (self.batch, self.epoch):
            button.setEnabled(steps)
        if steps and self._stepped_by is not None:
            if focused is self.train:
                self._stepped_by.setFocus()
            self._stepped_by = None
        self.reset.setEnabled(not problems)  # a new network would not agree with the fields

    def _start_text(self) -> str:
        """Returns the button's text: a new network for other fields or examples; more epochs after the end of a run."""
        epochs = self._session.settings.experiment.training.epochs
        if self._session.training.replaces_network:
            return "Train new"
        if not self._is_over:
            return "Train"
        return more_epochs(epochs) if epochs < _MANY else "More epochs"

    @property
    def _is_over(self) -> bool:
        """Whether the network of the fields was trained to the end."""
        return self._session.state is Status.FINISHED and not self._session.training.starts_new_network

    def _train_tip(self) -> str:
        session = self._session
        misfit = session.runs.current.misfit(session.data.dataset)
        if session.settings.problems:
            return "Correct this to train: " + " ".join(session.settings.problems.values())
        if misfit and not session.training.can_start:
            return misfit
        if session.training.learned_from_others:
            return (
                "Trains a new network (Space), because this one has learned from other examples. "
                "To train this one with the loaded examples, choose Train, Fine-tune."
            )
        if session.training.replaces_network:
            shape = text.shape(session.settings.fitting.shape)
            return (
                f"Trains a new network, {shape}, with the settings at the left (Space). Undo restores the present one."
            )
        if self._is_over:
            return self._more_epochs_tip()
        return "Trains the network batch by batch until all epochs are done (Space). Press again to pause."

    def _more_epochs_tip(self) -> str:
        run, experiment = self._session.runs.current, self._session.settings.experiment
        training = experiment.training
        more = f"Trains this network for {more_epochs(training.epochs)}, with the settings at the left (Space)."
        if not run.raises_rate(experiment):
            return more
        rate = f"{training.learning_rate:g}"
        return f"{more} The {training.schedule} schedule starts again: the learning rate rises to {rate}."


class SpeedChoice(QFrame):
    """A switch with two parts: slow and full."""

    def __init__(self, speed: Speed) -> None:
        super().__init__()
        named(self, "speedChoice", "Speed")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._speed = speed
        tip = "Trains slowly enough to watch, in at most two minutes. What the network learns is the same (L)."
        self.slow = self._part("slow", "speedSlowButton", "Slow", tip)
        self.full = self._part("full", "speedFullButton", "Full speed", "Trains as fast as the computer can (L).")
        group = QButtonGroup(self)
        for is_slow, button in ((True, self.slow), (False, self.full)):
            group.addButton(button)
            button.clicked.connect(partial(speed.choose, is_slow))
        self._row = arranged(QHBoxLayout(self), self.slow, self.full, spacing=2, margins=(2, 2, 2, 2))
        speed.changed.connect(self._show)
        self._show()

    def set_upright(self, is_upright: bool) -> None:
        """Lays one part below the other, narrow, or beside it."""
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if is_upright else QBoxLayout.Direction.LeftToRight)
        for part in (self.slow, self.full):
            set_look(part, "presented", is_upright)

    def _part(self, words: str, name: str, accessible: str, tip: str) -> QPushButton:
        button = named(QPushButton(words), name, accessible, tip)
        button.setCheckable(True)
        return button

    def _show(self) -> None:
        (self.slow if self._speed.is_slow else self.full).setChecked(True)
