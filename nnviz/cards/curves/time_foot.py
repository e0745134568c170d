"""What lies under the charts, in line with them: the axis of time, and the buttons that go with its playhead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QResizeEvent
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from nnviz.cards.curves.compare_button import CompareButton
from nnviz.cards.curves.player import SECONDS, Player
from nnviz.cards.curves.time_axis import SIDE, TimeAxis
from nnviz.formatting import text
from nnviz.jobs.timing import TimeBudget
from nnviz.session.messages import Message
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.fields import NumberEdit
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.plots.curve_axes import Axes, Ends

BRANCH_TIP = "Starts a new run from the displayed epoch, with the settings at the left. The current run is kept."
_SECONDS_BETWEEN = 0.1  # at least, between two updates of the axis during training
_NEAR = 0.05  # epochs; a typed epoch with one decimal may differ that much
_EDIT_WIDTH, _BESIDE = 96, 12  # pixels of the field of an epoch, and between the playhead and the buttons beside it


class TimeFoot(QWidget):
    """The axis moves ``session.timeline``, and at its right *Replay*; while the past is shown, *Back to now*.

    Attributes:
        axis: the axis of time with the playhead.
        edit: the field in which an epoch can be typed; it is shown over the playhead while it is used.
        beside: *Compare* and *Branch from here*, which the owner shows and lays beside the playhead.
        wants_beside: whether they are of use.

    Signals:
        moved: the playhead or what is beside it has another place.
        film_wanted: the user chose to make a film.
    """

    moved = pyqtSignal()
    film_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        named(self, "timeFoot", "Time")
        self._session, self._timeline, self._player = session, session.timeline, session.models[Player]
        self._due, self._is_low, self.wants_beside = TimeBudget(_SECONDS_BETWEEN, 0), False, False
        self._is_presented = False
        self._told: Message | None = None  # names the epoch that is displayed instead of the typed one
        self._make_axis()
        self._make_buttons()
        self._add_edit()
        self._timeline.changed.connect(self._show)
        session.displayed.snapshot_changed.connect(lambda: session.messages.withdraw(self._told))
        self._player.changed.connect(self._show)
        for signal in (session.side_by_side.changed, session.branching.changed):
            signal.connect(self._show_beside)
        theme.changed.connect(self._show_beside)  # the text size changes widths
        self._timeline.extended.connect(self._extend)
        for signal in (session.training.progressed, session.training.state_changed, session.settings.changed):
            signal.connect(self._extend)
        self._show()

    # ---- parts

    def _make_axis(self) -> None:
        tip = (
            "Shows the network at an earlier epoch in the whole window: drag, or use the arrow keys. Training "
            "continues meanwhile; End returns to the present. A double click lets you type an epoch."
        )
        self.axis = named(TimeAxis(self._timeline.nearest), "timelineSlider", "Epoch of the run", tip)
        self.axis.pointed.connect(self._timeline.point_to)
        self.axis.wanted.connect(self._timeline.go_to)
        self.axis.stepped.connect(self._timeline.step)
        self.axis.live_wanted.connect(self._timeline.go_live)
        self.axis.edited.connect(self.type_epoch)
        self._left, self._right = QWidget(), QWidget()
        self._right.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        arranged(QHBoxLayout(self), self._left, self.axis, (self._right, 1))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _make_buttons(self) -> None:
        tip = "Plays the run from the displayed epoch to the present (P)."
        self.play = named(QPushButton(" Replay"), "playButton", "Replay", tip)
        self.play.clicked.connect(self._player.toggle)
        tip = "Chooses the length of the replay, and of a film, for the whole run."
        self.seconds = named(QToolButton(), "playSecondsCombo", "Length in seconds", tip)
        self.seconds.setText("▾")
        self.seconds.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.seconds.clicked.connect(self._open_menu)
        self._menu = named(QMenu(self), "playSecondsMenu")
        self.live = named(QPushButton("Back to now"), "liveButton", "Back to now", "Returns to the present (End).")
        self.live.clicked.connect(self._timeline.go_live)
        arranged(QHBoxLayout(self._right), 1, self.play, self.seconds, self.live)
        self.compare = CompareButton(self._session)
        self.branch = named(QPushButton("Branch from here"), "branchButton", "Branch from here")
        self.branch.clicked.connect(self._branch)
        self.beside = named(QWidget(), "besidePlayhead")
        arranged(QHBoxLayout(self.beside), self.compare, self.branch, spacing=8)

    def _add_edit(self) -> None:
        tip = "Shows the displayed epoch. Type another one to go there."
        self.edit = NumberEdit("timelineEpochEdit", self._neighbour, tip, "Displayed epoch", self)
        self.edit.committed.connect(self._typed)
        theme.sized(self.edit.setFixedWidth, _EDIT_WIDTH)
        self.edit.line.installEventFilter(self)
        self.edit.installEventFilter(self)
        self.edit.hide()

    def set_low(self, is_low: bool) -> None:
        """Makes the buttons at the right short, as in a strip."""
        self._is_low = is_low
        self._show()

    def set_presented(self, is_presented: bool) -> None:
        """Leaves out all buttons, or shows them."""
        self._is_presented = is_presented
        self._show()

    def set_span(self, left: int, width: int) -> None:
        """Sets the pixels left of the chart, and those of its width."""
        self._left.setFixedWidth(max(left - SIDE, 0))
        self.axis.setFixedWidth(width + 2 * SIDE)
        self.moved.emit()

    def set_scale(self, axes: Axes, across: Ends) -> None:
        """Sets which part of the time the chart shows."""
        self.axis.set_scale(axes, across)
        self.moved.emit()

    @property
    def playhead(self) -> int:
        """The x position of the playhead, in pixels of the foot."""
        return self.axis.x() + round(self.axis.place_of(self._session.displayed.epochs))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.moved.emit()

    # ---- the menu of the replay

    def _open_menu(self) -> None:
        """Fills the menu and opens it with popup(), because exec() would start a nested event loop."""
        self._menu.clear()
        for seconds in SECONDS:
            action = self._menu.addAction(f"{seconds} s")
            action.setCheckable(True)
            action.setChecked(seconds == self._player.seconds)
            action.triggered.connect(partial(self._player.set_seconds, seconds))
        self._menu.addSeparator()
        self._menu.addAction("Film …").triggered.connect(self.film_wanted)
        size = self._menu.sizeHint()
        self._menu.popup(self.seconds.mapToGlobal(QPoint(self.seconds.width() - size.width(), -size.height())))

    # ---- branch

    def _branch(self) -> None:
        """Branches off at the displayed epoch, or cancels a branch in progress."""
        branching = self._session.branching
        if branching.work.is_running:
            branching.cancel()
        else:
            self._timeline.branch()

    def _show_beside(self) -> None:
        """Shows what can be done with a moment of the past, or with two compared networks."""
        branching, compared = self._session.branching, self._session.side_by_side
        work, reason_unavailable = branching.work, branching.reason_unavailable
        self.axis.show_second(compared.second_epoch)
        self.branch.setText(f"{work.share:.0%} · cancel" if work.is_running else "Branch from here")
        self.branch.setEnabled(work.is_running or reason_unavailable is None)
        tip = "Cancels the branch." if work.is_running else reason_unavailable or BRANCH_TIP
        self.branch.setToolTip(tip)
        self.branch.setAccessibleDescription(tip)
        is_back = not self._timeline.is_live
        is_wanted = (is_back and not self._player.is_playing) or work.is_running or compared.is_on
        with self._keeping_focus():
            self.branch.setVisible(is_back or work.is_running)
            self.wants_beside = is_wanted and not (self._is_low or self._is_presented)
            self.moved.emit()

    @contextmanager
    def _keeping_focus(self) -> Iterator[None]:
        """Gives the focus of a button that leaves to the axis: Qt would give it to the next widget of the window."""
        focus: QWidget | None = QApplication.focusWidget()
        is_here = focus is not None and (self.isAncestorOf(focus) or self.beside.isAncestorOf(focus))
        yield
        if focus is not None and is_here and not focus.isVisible():
            self.axis.setFocus()

    def beside_playhead(self, left: int, right: int) -> QRect:
        """Returns the place of the buttons beside the playhead, between two pixels of their parent, at its top."""
        width, here = self.beside.sizeHint().width(), left - self.axis.x() - SIDE + self.playhead
        at = here + _BESIDE if here + _BESIDE + width <= right else max(here - _BESIDE - width, left)
        return QRect(QPoint(at, 0), self.beside.sizeHint())

    # ---- the field of an epoch

    def type_epoch(self) -> None:
        """Shows the field over the playhead, with the displayed epoch selected."""
        if not self._timeline.has_past:
            return
        self.edit.show_value(self._words)
        self.edit.adjustSize()
        left = min(max(self.playhead - self.edit.width() // 2, 0), self.width() - self.edit.width())
        self.edit.move(left, (self.height() - self.edit.height()) // 2)
        self.edit.show()
        self.edit.raise_()
        self.edit.setFocus()
        self.edit.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hides the field once it has lost the focus, or by Esc if nothing was typed."""
        if event.type() == QEvent.Type.FocusOut:
            QTimer.singleShot(0, self._end_typing)  # after what was typed was taken
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        is_untouched = not (self.edit.is_typed or self.edit.property("wrong"))
        if is_escape and event.type() == QEvent.Type.KeyPress and is_untouched:
            self.axis.setFocus()
            self.edit.hide()
            return True
        return False

    def _end_typing(self) -> None:
        if not (self.edit.hasFocus() or self.edit.line.hasFocus() or self.edit.property("wrong")):
            self.edit.hide()

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
            set_look(self.edit, "wrong", True)
            rule = f"from 0 to {text.epochs(self._timeline.live_epoch)}, for example 3.4"
            self._session.messages.show(f"“{text.name(words)}” is not an epoch. Type a number {rule}.")
        else:
            self.edit.clearFocus()  # arrow keys and End are the window's again
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

    # ---- the moment

    def _extend(self) -> None:
        """Shows the progress of the training, but only a few times a second."""
        if self._due.is_due or self._session.state is not Status.TRAINING:
            self._show()

    def _show(self) -> None:
        self._due.spend(0)
        timeline, run = self._timeline, self._session.runs.current
        has_past, is_live = timeline.has_past, timeline.is_live
        self.axis.show_moment(run.progress.last_epoch, timeline.live_epoch, timeline.epoch)
        self.axis.setEnabled(has_past)
        words = self._words
        self.axis.setAccessibleDescription(f"epoch {words}, {'live' if is_live else 'looking back'}")
        set_look(self.edit, "wrong", False)
        set_look(self.edit, "back", not is_live)
        if not (self.edit.hasFocus() and is_live):  # a typed epoch must not change while it is edited
            self.edit.show_value(words)
        is_playing = self._player.is_playing
        shows_replay = is_live or is_playing
        with self._keeping_focus():
            has_buttons = has_past and not self._is_presented
            self.play.setVisible(has_buttons and shows_replay)
            self.seconds.setVisible(has_buttons and shows_replay and not self._is_low)
            self.live.setVisible(has_buttons and not shows_replay)
        self.play.setText("" if self._is_low else " Pause" if is_playing else " Replay")
        self.live.setText("Now" if self._is_low else "Back to now")
        theme.set_icon(self.play, "pause" if is_playing else "rotate-ccw", "ink")
        self._show_beside()
