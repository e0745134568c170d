"""The timeline: the displayed epoch of the current run, live or in its past."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from functools import partial

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.measurement import Figures, Measurement
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.messages import Messages
from nnviz.session.runs import Runs
from nnviz.session.snapshots import Snapshot

_BETWEEN = 25  # milliseconds between two moments that are pointed to
_SNAP = 4  # pixels around the end of an epoch in which the mouse points to that end
_REST = 200  # milliseconds without another moment until slow work about this one begins, such as its errors


def pointed_epoch(epoch: float, live: float, per_pixel: float) -> float:
    """Returns the epoch that the mouse points to at a place of an axis: the end of an epoch, if one is near.

    From ``live`` on it is the place itself, as that stands for the live network.

    Args:
        epoch: the epoch at the place.
        live: the epochs that the run is trained.
        per_pixel: the epochs that a pixel of the axis stands for.
    """
    end = round(epoch)
    is_near = end >= 1 and epoch < live and abs(epoch - end) <= _SNAP * per_pixel
    return float(end) if is_near else epoch


class Timeline(QObject):
    """Displays snapshots of the current run, and the live network again.

    Signals:
        changed: ``epoch`` or ``figures`` has changed.
        extended: there may be other snapshots than before.
        rested: a snapshot is displayed for so long that slow work about it is worthwhile.
        branch_asked: a branch at the displayed epoch is requested.
    """

    changed = pyqtSignal()
    extended = pyqtSignal()
    rested = pyqtSignal()
    branch_asked = pyqtSignal()

    def __init__(self, runs: Runs, displayed: Displayed, data: Data, messages: Messages) -> None:
        super().__init__()
        self._runs, self._displayed, self._data = runs, displayed, data
        self._own: tuple[Snapshot, Figures] | None = None  # those that were measured while a snapshot was displayed
        self._measuring = Measurement(messages.crashed.emit)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._measure)
        self._rest.timeout.connect(self.rested)
        self._pointed: float | None = None  # where to go when the last moment was shown long enough
        self._pointing = QTimer(self)
        self._pointing.setSingleShot(True)
        self._pointing.setInterval(_BETWEEN)
        self._pointing.timeout.connect(self._go_on)
        displayed.snapshot_changed.connect(self._moved)
        for signal in (displayed.changed, runs.replaced, runs.history_changed):
            signal.connect(self.extended)

    @property
    def epochs(self) -> list[float]:
        """The epochs that can be displayed, with fraction, over all trainings of the run, ascending.

        The last one is live.
        """
        live = self.live_epoch
        kept = self._runs.current.snapshots.epochs
        return [*kept[: bisect_left(kept, live)], live]

    @property
    def live_epoch(self) -> float:
        """Epochs that the current run is trained."""
        return self._runs.current.epochs

    @property
    def epoch(self) -> float | None:
        """The displayed epoch, one of ``epochs``; None if the network is live."""
        snapshot = self._displayed.snapshot
        return None if snapshot is None else snapshot.epochs

    @property
    def is_live(self) -> bool:
        return self._displayed.is_live

    @property
    def has_past(self) -> bool:
        """Whether there is any snapshot of an earlier epoch."""
        return any(snapshot.epochs < self.live_epoch for snapshot in self._runs.current.snapshots)

    def nearest(self, epoch: float) -> float:
        """Returns the epoch that :meth:`go_to` would display. Raises ValueError for NaN."""
        snapshot = self._snapshot_at(epoch)
        return self.live_epoch if snapshot is None else snapshot.epochs

    def go_to(self, epoch: float) -> None:
        """Displays the snapshot nearest to an epoch; the live network from the last epoch on.

        Raises ValueError for what is no number.
        """
        snapshot, self._pointed = self._snapshot_at(epoch), None
        self._displayed.look_back(snapshot)

    def point_to(self, epoch: float) -> None:
        """Does as :meth:`go_to` while a slider is dragged: of many epochs in a short time only the latest is shown."""
        if self._pointing.isActive():
            self._pointed = epoch
        else:
            self._pointing.start()
            self.go_to(epoch)

    def _go_on(self) -> None:
        if self._pointed is not None:
            self.point_to(self._pointed)

    def go_live(self) -> None:
        """Displays the live network."""
        self._pointed = None
        self._displayed.look_back(None)

    def step(self, by: int) -> None:
        """Moves on by that many snapshots; back for a negative number. After the last one comes the live network."""
        epochs, now = self.epochs, self.live_epoch if self.epoch is None else self.epoch
        place = bisect_left(epochs, now) if by < 0 else bisect_right(epochs, now) - 1
        self.go_to(epochs[min(max(place + by, 0), len(epochs) - 1)])

    def branch(self) -> None:
        """Begins a new run at the displayed epoch, exactly, with the settings of the fields."""
        self.branch_asked.emit()

    def _snapshot_at(self, epoch: float) -> Snapshot | None:
        if math.isnan(epoch):
            raise ValueError(f"the epoch is {epoch}: it must be a number, for example 3.4")
        run = self._runs.current
        snapshot = run.snapshots.nearest(epoch)
        is_live = snapshot is None or abs(run.epochs - epoch) <= abs(snapshot.epochs - epoch)
        return None if is_live else snapshot

    @property
    def figures(self) -> tuple[float, Figures]:
        """The last measured figures up to the displayed epoch ("test_error", "train_rmse"), with their epoch.

        That is the end of an epoch, or the displayed epoch itself once it was measured.
        """
        now, history = self._displayed.epochs, self._runs.current.history
        if self._own is not None and self._own[0] is self._displayed.snapshot:
            return now, self._own[1]
        measured = history.last_measured(now)
        return (now, {}) if measured is None else (measured, history.figures(measured))

    def _moved(self) -> None:
        self._own = None
        self._measuring.stop()
        if self.is_live:
            self._rest.stop()
        else:
            self._rest.start()
        self.changed.emit()

    def _measure(self) -> None:
        """Measures the errors at the displayed epoch, unless an epoch ended there."""
        snapshot, dataset, run = self._displayed.snapshot, self._data.dataset, self._runs.current
        if snapshot is None or dataset is None or dataset.fingerprint != run.experiment.fingerprint:
            return
        if run.history.last_measured(snapshot.epochs) != snapshot.epochs:
            share = run.experiment.training.validation_share
            self._measuring.start(self._displayed.as_trained, dataset, share, partial(self._take, snapshot))

    def _take(self, snapshot: Snapshot, figures: Figures) -> None:
        self._own = snapshot, figures
        self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        self._rest.stop()
        self._pointing.stop()
        return self._measuring.close(milliseconds)
