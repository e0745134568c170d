"""The status line: file operations in progress, a hint, and the speed of training."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QStatusBar

from nnviz import __version__
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import named

_SECONDS_BETWEEN_SPEEDS = 0.5

# What to do in each workspace.
_HINTS = {
    "train": "click a weight to see its neuron",
    "inside": "",  # see _INSIDE
    "runs": "click: compare · Enter: open · = baseline · * star · F2: rename · Del: delete",
}

# Before the hint of the workspace Train, unless a lesson locks the control of that name.
_KEYS = {"train": "Space: train / pause · ", "earlier": "← →: step through the past, End: live · "}
_OVER_HINT = "click in the {} to set the input · hover over a neuron to enlarge it"
_PAINT_HINT = "click or drag in the {} to paint points · right button: erase · 0: eraser, 1 to 6: class · Esc: done"
_INSIDE = "click a {} for its {} · click a neuron to see what it does · S: switch it off"  # a cell for its images


class StatusLine(QObject):
    """Fills a window's status bar."""

    def __init__(self, bar: QStatusBar, session: Session) -> None:
        super().__init__(bar)
        self._session = session
        self._workspace = next(iter(_HINTS))
        self._is_locked: Callable[[str], bool] = lambda name: False
        bar.setSizeGripEnabled(False)
        self._speed = named(label(role="good"), "speedLabel")
        self._activity = named(ElidedLabel(), "activityLabel")
        bar.addWidget(self._activity)
        self._activity.hide()
        self._hint = named(ElidedLabel(), "hintLabel")
        bar.addWidget(self._hint, 1)
        bar.addPermanentWidget(FixedSizeBox(self._speed, 150))
        self._record = named(label(), "recordLabel")
        bar.addPermanentWidget(self._record)
        bar.addPermanentWidget(label(f"nnviz {__version__}"))
        for signal in (session.records.changed, session.runs.file_changed):
            signal.connect(self._show_record)
        self._show_record()
        session.files.activity_changed.connect(lambda: self.show_activity(session.files.activity))
        self._speed_due = TimeBudget(_SECONDS_BETWEEN_SPEEDS, 0)
        session.training.progressed.connect(self._progressed)
        session.training.state_changed.connect(self._show_speed)
        for signal in (session.data.changed, session.painting.changed):
            signal.connect(self._show_hint)

    def show_hint(self, workspace: str) -> None:
        """Shows what to do in that workspace."""
        self._workspace = workspace
        self._show_hint()

    def set_locks(self, is_locked: Callable[[str], bool]) -> None:
        """Leaves out the keys of controls for which ``is_locked`` returns True."""
        self._is_locked = is_locked
        self._show_hint()

    def _show_hint(self) -> None:
        meaning, words = Meaning(self._session.data.dataset), _HINTS[self._workspace]
        is_painting, keys = self._session.painting.is_on, dict(_KEYS)
        if meaning.region and self._workspace == "train":
            words = (_PAINT_HINT if is_painting else _OVER_HINT).format(meaning.region)
            del keys["earlier"]  # there is no room for it
        if self._workspace == "train" and not is_painting:
            words = "".join(each for name, each in keys.items() if not self._is_locked(name)) + words
        examples = ("point", meaning.example) if meaning.is_regression else ("cell", f"{meaning.example}s")
        self._hint.setText(words or _INSIDE.format(*examples))

    def show_activity(self, activity: str) -> None:
        """Shows the activity in progress; "" for none."""
        self._activity.setText(activity)
        self._activity.setVisible(bool(activity))

    def _show_record(self) -> None:
        """Shows the number of the run in the library."""
        run = self._session.runs.current
        self._record.setText(f"in the library: run {run.storage.record}" if run.storage.is_kept else "")
        self._record.setToolTip(f"The library is {self._session.records.path}." if run.storage.is_kept else "")

    def _progressed(self) -> None:
        if self._speed_due.is_due:
            self._speed_due.spend(0)
            self._show_speed()

    def _show_speed(self) -> None:
        run, is_training = self._session.runs.current, self._session.state is Status.TRAINING
        if is_training and run.progress.seconds_per_epoch:
            samples = run.progress.batches * run.experiment.training.batch_size / run.progress.seconds_per_epoch
            self._speed.setText(f"● {text.count(1000 * round(samples / 1000))} samples/s")
        elif not is_training:
            self._speed.setText("")
