"""The timeline at the bottom of the window: the epoch that the whole window shows."""

from __future__ import annotations

import math

from PyQt5.QtCore import QEvent, QSize, Qt
from PyQt5.QtGui import QFont, QFontMetrics
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QWidget

from nnviz.cards.timeline.compare_button import CompareButton
from nnviz.cards.timeline.player import SECONDS, Player
from nnviz.cards.timeline.slider import TimelineSlider
from nnviz.formatting import text
from nnviz.jobs.timing import TimeBudget
from nnviz.session.messages import Message
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.parts import arranged, named, set_look

BRANCH_TIP = "Starts a new run from the displayed epoch, with the settings at the left. The current run is kept."
_SECONDS_BETWEEN = 0.1  # at least, between two updates of the slider during training
_NEAR = 0.05  # epochs; a typed epoch with one decimal may differ that much
_EDIT_MARGINS = 40  # pixels of the field beside its text: padding, borders and arrows
_LEAST_BAR = 400  # pixels
_EDIT_WIDTH, _SPEED_WIDTH = 74, 58
_BRANCH_TEXTS = {False: ("Branch from here", 140), True: ("Branch", 84)}  # and widths; by whether room is short


class TimelineBar(QWidget):
    """A slider, an epoch field and buttons that control ``session.timeline`` and show its epoch."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._timeline, self._player = session, session.timeline, session.models[Player]
        self._due = TimeBudget(_SECONDS_BETWEEN, 0)
        self._make_parts()
        where = named(label("epoch", "muted"), "timelineEpochName")
        self.compare = CompareButton(session)
        buttons = self.compare, self.branch, self.live
        title = label("Timeline", "muted")
        self._yielding = title, where, self.speed
        self._is_short = False  # whether the button has its short text
        parts = (title, self.play, self.speed, (self.slider, 1), where, self.epoch, *buttons)
        arranged(QHBoxLayout(self), *parts, spacing=10, margins=(14, 3, 14, 3))
        self._told: Message | None = None  # names the epoch that is displayed instead of the typed one
        self._timeline.changed.connect(self._show)
        session.displayed.snapshot_changed.connect(lambda: session.messages.withdraw(self._told))
        self._player.changed.connect(self._show)
        session.side_by_side.changed.connect(self._show_second)
        session.branching.changed.connect(self._show_branch)
        for show in (self._show, self._show_branch):  # the text size changes widths
            theme.changed.connect(show)
        self._timeline.extended.connect(self._extend)
        for signal in (session.training.progressed, session.training.state_changed, session.settings.changed):
            signal.connect(self._extend)
        self._show()
        self._show_branch()

    def minimumSizeHint(self) -> QSize:
        """Returns a small width, so that the bar never widens the window."""
        return QSize(_LEAST_BAR, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Leaves out what has no room."""
        done = bool(super().event(event))
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return done

    def _fit(self) -> None:
        """Leaves out as little as is needed: the title, the word before the field, the length, words of a button."""
        spacing = self.layout().spacing()
        widths = [part.sizeHint().width() + spacing for part in self._yielding]
        saved = theme.px(_BRANCH_TEXTS[False][1] - _BRANCH_TEXTS[True][1])
        hidden = sum(width for part, width in zip(self._yielding, widths, strict=True) if part.isHidden())
        needed = self.layout().minimumSize().width() + hidden + saved * self._is_short
        for part, width in zip(self._yielding, widths, strict=True):
            part.setVisible(needed <= self.width())
            needed -= 0 if needed <= self.width() else width
        if self._is_short != (needed > self.width()):
            self._is_short = not self._is_short
            self._show_branch()

    def _make_parts(self) -> None:
        tip = (
            "Shows the network at an earlier epoch in the whole window: drag, or use the arrow keys. Training "
            "continues meanwhile; End returns to the present."
        )
        self.slider = named(TimelineSlider(self._timeline.nearest), "timelineSlider", "Epoch of the run", tip)
        self.slider.pointed.connect(self._timeline.point_to)
        self.slider.wanted.connect(self._timeline.go_to)
        self.slider.stepped.connect(self._timeline.step)
        self.slider.live_wanted.connect(self._timeline.go_live)
        tip = "Plays the run from the displayed epoch to the present."
        self.play = named(QPushButton(), "playButton", "Play the run", tip)
        theme.sized(self.play.setFixedWidth, 34)
        self.play.clicked.connect(self._player.toggle)
        self.speed = Combo(
            "playSecondsCombo",
            "Length in seconds",
            "Sets the length of the playback, and of a film, for the whole run.",
        )
        self.speed.setProperty("role", "flat")
        theme.sized(self.speed.setFixedWidth, _SPEED_WIDTH)
        self.speed.addItems([f"{seconds} s" for seconds in SECONDS])
        self.speed.activated.connect(lambda number: self._player.set_seconds(SECONDS[number]))
        tip = "Shows the displayed epoch. Type another one to go there."
        self.epoch = NumberEdit("timelineEpochEdit", self._neighbour, tip, "Displayed epoch")
        self.epoch.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.epoch.committed.connect(self._typed)
        self.branch = named(QPushButton(), "branchButton", "Branch from here")
        self.branch.clicked.connect(self._branch)
        tip = "Returns to the network as it is now (End)."
        self.live = named(QPushButton(" Live"), "liveButton", "Live", tip)
        self.live.clicked.connect(self._timeline.go_live)

    def _branch(self) -> None:
        """Branches off at the displayed epoch, or cancels a branch in progress."""
        branching = self._session.branching
        if branching.work.is_running:
            branching.cancel()
        else:
            self._timeline.branch()

    def _show_branch(self) -> None:
        branching = self._session.branching
        work, reason_unavailable = branching.work, branching.reason_unavailable
        words, width = _BRANCH_TEXTS[self._is_short]
        self.branch.setText(f"{work.share:.0%} · cancel" if work.is_running else words)
        self.branch.setFixedWidth(theme.px(width))
        self.branch.setEnabled(work.is_running or reason_unavailable is None)
        tip = "Cancels the branch." if work.is_running else reason_unavailable or BRANCH_TIP
        self.branch.setToolTip(tip)
        self.branch.setAccessibleDescription(tip)

    def _neighbour(self, _: str, direction: int) -> str:
        """Goes to the previous or next snapshot and returns its epoch as text."""
        self._timeline.step(direction)
        return self._words

    def _typed(self, words: str) -> None:
        """Goes to the epoch that was typed, unless it is displayed already."""
        if words.strip() == self._words:
            self._show()
            return
        try:
            self._go_to(float(words.replace(",", ".")))
        except ValueError:
            set_look(self.epoch, "wrong", True)
            rule = f"from 0 to {text.epochs(self._timeline.live_epoch)}, for example 3.4"
            self._session.messages.show(f"“{text.name(words)}” is not an epoch. Type a number {rule}.")
        else:
            self.epoch.clearFocus()  # arrow keys and End are the window's again
            self._show()

    def _go_to(self, epoch: float) -> None:
        """Goes to an epoch. If it has no snapshot, a message names the nearest one for as long as that is displayed.

        Raises ValueError if the epoch is not a number.
        """
        self._timeline.go_to(epoch)
        shown, live = self._session.displayed.epochs, self._timeline.live_epoch
        if 0 <= epoch < live and abs(epoch - shown) > (_NEAR if epoch % 1 else 0):
            words = f"No snapshot for epoch {text.epochs(epoch)}. Showing the nearest one, epoch {self._words}."
            self._told = self._session.messages.show(words)

    @property
    def _words(self) -> str:
        """The displayed epoch as text; rounded to tenths while the live network trains."""
        session, shown = self._session, self._session.displayed.epochs
        is_passing = self._timeline.is_live and session.state is Status.TRAINING
        return text.epochs(round(shown, 1)) if is_passing else session.runs.current.epoch_name(shown)

    def _keep_width(self) -> None:
        """Makes the field as wide as the longest epoch of the run, so that no epoch is cut and nothing moves."""
        run = self._session.runs.current
        digits = max(1, math.ceil(math.log10(max(run.batches, 1))))
        longest = text.epochs(math.floor(max(run.progress.last_epoch, self._timeline.live_epoch))) + "." + "8" * digits
        bold = QFont(self.epoch.line.font())  # as for an epoch of the past
        bold.setWeight(QFont.Weight.DemiBold)
        needed = QFontMetrics(bold).horizontalAdvance(longest) + _EDIT_MARGINS
        self.epoch.setFixedWidth(max(theme.px(_EDIT_WIDTH), needed))

    def _extend(self) -> None:
        """Shows the progress of the training, but only a few times a second."""
        if self._due.is_due or self._session.state is not Status.TRAINING:
            self._show()

    def _show_second(self) -> None:
        """Marks the second epoch on the slider."""
        self.slider.show_second(self._session.side_by_side.second_epoch)

    def _show(self) -> None:
        self._due.spend(0)
        self._keep_width()
        timeline, run = self._timeline, self._session.runs.current
        has_past = timeline.has_past
        self.slider.show_moment(run.progress.last_epoch, timeline.live_epoch, timeline.epoch)
        words = self._words
        self.slider.setAccessibleDescription(f"epoch {words}, {'live' if timeline.is_live else 'looking back'}")
        set_look(self.epoch, "wrong", False)
        set_look(self.epoch, "back", not timeline.is_live)
        if not (self.epoch.hasFocus() and timeline.is_live):  # a typed epoch must not change while it is edited
            self.epoch.show_value(words)
        for part in (self.slider, self.epoch, self.play, self.speed):
            part.setEnabled(has_past)
        self.speed.setCurrentIndex(self.speed.findText(f"{self._player.seconds:g} s"))
        theme.set_icon(self.play, "pause" if self._player.is_playing else "play", "ink" if has_past else "faint")
        theme.set_icon(self.live, "live", "good" if timeline.is_live else "faint")
