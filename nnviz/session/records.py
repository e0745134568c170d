"""Recording: whether and where runs are recorded, and the record of each run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.jobs.recorder import INTRODUCTION, RecordingPlan
from nnviz.jobs.reports import Recorded, Stopped
from nnviz.session.data import Data
from nnviz.session.messages import Message, MessageChoice, Messages
from nnviz.session.run import Run
from nnviz.session.run_text import format_eviction, format_pending_thinning
from nnviz.session.runs import Runs

_OFF = "Recording is off. New runs are not saved in the library."
_ON = "Recording is on again."


class Records(QObject):
    """Describes the record of a run's next training. The worker writes the record.

    Signals:
        changed: ``is_on`` has changed, or a run has a record now.

    Attributes:
        is_on: whether trainings that begin or continue from now on are recorded.
    """

    changed = pyqtSignal()

    def __init__(self, data: Data, runs: Runs, messages: Messages) -> None:
        super().__init__()
        self._data, self._runs, self._messages = data, runs, messages
        self.is_on = True
        self._awaited: set[int] = set()  # ids of runs whose record is being begun
        self._unrecorded: set[int] = set()  # ids of runs whose training was begun without a record
        self._gaps: dict[int, float] = {}  # by id of a run that has a record, the epoch from which it is not recorded
        self._off_message: Message | None = None
        runs.evicted.connect(self._forget)

    @property
    def path(self) -> Path:
        """The file of the library."""
        from nnviz.library import library_path  # not at the start of the window

        return library_path()

    def _forget(self, run: Run) -> None:
        self._awaited.discard(run.id)
        self._unrecorded.discard(run.id)
        self._gaps.pop(run.id, None)

    def set_on(self, wanted: bool) -> None:
        """Switches recording of trainings that begin from now on."""
        if wanted != self.is_on:
            self.is_on = wanted
            if wanted:
                self._messages.withdraw(self._off_message)
            self.changed.emit()

    def toggle(self) -> None:
        """Switches recording on or off and announces that; the announcement offers to undo switching off."""
        self.set_on(not self.is_on)
        if self.is_on:
            self._messages.announce(_ON)
        else:
            choice = MessageChoice("Undo", lambda: self.set_on(True), frozenset({"keep-runs"}))
            self._off_message = self._messages.announce(_OFF, choice)

    def has(self, run: Run) -> bool:
        """Whether a run has a record, or will have one shortly."""
        return run.storage.record is not None or run.id in self._awaited

    def begins_late(self, run: Run) -> bool:
        """Whether a run's training began without a record, and recording is on now."""
        return self.is_on and run.id in self._unrecorded

    def take_stop(self, run: Run, stop: Stopped) -> None:
        """Notes that a training could not begin, so that no record follows."""
        if stop.dropped:
            self._awaited.discard(run.id)

    def begin(self, run: Run, waits: bool = False, words: str = "") -> RecordingPlan | None:
        """Returns the description of the record of a run's training; None if it is not recorded.

        Args:
            waits: whether there is nothing to record before more happens to it.
            words: what is noted of its beginning next to the curves.
        """
        dataset = self._data.dataset
        if not self.is_on or dataset is None:
            run.storage.is_kept = False
            self._unrecorded.add(run.id)
            if run.storage.record is not None:
                self._gaps.setdefault(run.id, run.epochs)
            return None
        self._unrecorded.discard(run.id)
        words = self._words_of_gap(run, words)
        if run.storage.record is None and not waits:
            self._awaited.add(run.id)
        recorded = (
            dataset.title,
            run.origin.parent_record,
            run.origin.left_at,
            run.title if run.storage.is_named else "",
        )
        history = run.history.copy() if run.storage.record is None else None
        return RecordingPlan(
            self.path,
            run.storage.record,
            run.progress.before,
            run.experiment,
            *recorded,
            history,
            run.storage.record_updated,
            waits,
            words,
        )

    def _words_of_gap(self, run: Run, words: str) -> str:
        """Adds to the note at the beginning of a training that earlier epochs are not recorded."""
        start, end = self._gaps.pop(run.id, None), run.epochs
        if start is None or start >= end:
            return words
        gap = f"epochs {run.epoch_name(start)} to {run.epoch_name(end)} are not recorded"
        run.history.note_change(end, gap)
        return ", ".join(filter(None, [words, gap]))

    def report_eviction(self, run: Run) -> None:
        """Reports that a run was removed, if its training is stored nowhere."""
        if run.unsaved:
            self._messages.show(format_eviction(run))

    def take_record(self, run: Run, recorded: Recorded) -> None:
        """Sets the record of a run, and shows the messages about it."""
        self._awaited.discard(run.id)
        if recorded.left_at is not None:
            run.origin = replace(run.origin, parent_record=run.storage.record, left_at=recorded.left_at)
        if recorded.run is not None:
            run.storage.record, run.storage.is_kept = recorded.run, recorded.is_written
        else:
            run.storage.is_kept = False
        self._runs.emit_file(run)
        self.changed.emit()
        if recorded.is_first:
            self._messages.announce(INTRODUCTION)
        if recorded.words:
            self._messages.show(recorded.words)
        if recorded.going is not None:
            words = format_pending_thinning(recorded.going, "when the next run ends")
            self._messages.show(f"{words} Set the storage limit in Runs, below the list.")
