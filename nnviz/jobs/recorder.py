"""The recorder of a training, which writes its record in the library from the thread or process of its job. No Qt.

A connection belongs to one thread: before the job moves to another thread or process, the recorder closes its
connection, and opens a new one with the first event there.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.basics.errors import DivergenceError
from engine.basics.validation import Array
from engine.experiment import Experiment
from engine.training.events import Event
from engine.training.history import History
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.reports import Recorded, Stopped

if TYPE_CHECKING:  # it is loaded when something is recorded: the window's first picture need not wait for it
    from nnviz.library import Library, Recording

INTRODUCTION = "Runs are saved in the library, which only you can read. Ctrl+Alt+K switches recording off."
_BRANCHED = "Another program has trained this run further. From epoch {:.4g} on, it is recorded as run {}, a branch."
ReportFunction = Callable[[object], None]


def opening_words(library: Library) -> str | None:
    """Returns the announcement after opening the library: its notice and, at first use, an introduction; or None.

    Raises LibraryError.
    """
    words = [library.notice, INTRODUCTION if library.introduce() else None]
    return " ".join(filter(None, words)) or None


@dataclass(frozen=True)
class RecordingPlan:
    """Describes the record of a training.

    Attributes:
        path: the file of the library.
        run: its number in the library; None if it has none yet.
        before: epochs that the network had before this training.
        experiment, data: the experiment, and the title of the data.
        parent, left_at: the run that it branched off from, and the epoch of the branch; None if it is no branch.
        name: the name of the run.
        history: figures of the network from before this training; None if there are none.
        updated: when the record was written, if it was read from the library; else None.
        waits: whether there is nothing to record before the training continues or its network is edited.
        words: the note next to the curves at the start of this training; ``history`` has it, too.
    """

    path: Path
    run: int | None
    before: float
    experiment: Experiment
    data: str
    parent: int | None = None
    left_at: float | None = None
    name: str = ""
    history: History | None = None
    updated: float | None = None
    waits: bool = False
    words: str = ""


@dataclass
class RecorderState:
    """State of a record, which moves with its job between the thread and the process that train.

    Attributes:
        run: its number in the library; None while it has none.
        updated: when the record was last written, as far as is known; None if never.
        is_leap: whether the record does not lead to where the training is.
        is_in_progress: whether the library marks the run as being trained.
        is_failing: whether it was reported that nothing can be written.
        keeps_weights: whether weights are written, and not only figures.
        unwritten: changes of settings, in words, that are not written yet.
        left_at: the epoch at which it branched off from a run of another program, until that is reported; else None.
    """

    run: int | None
    updated: float | None
    is_leap: bool = True
    is_in_progress: bool = False
    is_failing: bool = False
    keeps_weights: bool = True
    unwritten: str = ""
    left_at: float | None = None


class Recorder:
    """Records the trainings of one run. A library that cannot be written to never stops a training.

    The failure is reported once, and writing is retried from time to time.

    Attributes:
        plan: describes the record.
        state: the state of the record.
        next_place: the epoch, with fraction, from which on :meth:`take_event` is to be called after a batch.
    """

    def __init__(self, plan: RecordingPlan) -> None:
        self.plan, self.state = plan, RecorderState(plan.run, plan.updated)
        self.next_place = -math.inf
        self._try_at = -math.inf  # when to try again to open the library after a failure
        self._is_awaited = False  # whether the outcome of a training that begins is not reported yet
        self._library: Library | None = None
        self._recording: Recording | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state without the connection and the clock, which belong to this process."""
        return self.__dict__ | {"_library": None, "_recording": None, "_try_at": -math.inf, "next_place": -math.inf}

    def begin(self, plan: RecordingPlan) -> None:
        """Begins another training of the same run, or the same training from another place."""
        self.release()
        self.plan, self.state.is_leap, self._try_at, self._is_awaited = plan, True, -math.inf, True
        self.state.unwritten = "" if plan.history is not None else plan.words
        if self.state.run is None:
            self.state.run = plan.run

    def leap(self) -> None:
        """Notes that the record does not lead to the place of the next event."""
        self.release()
        self.state.is_leap = True

    def adopt(self, recorded: Recorded) -> None:
        """Adopts the state of the record from the report of another process."""
        self._is_awaited = False
        if recorded.run is not None:
            self.state.run, self.state.is_in_progress = recorded.run, True
            self.plan = replace(self.plan, history=None)

    # ---- events

    def open(self, trainer: Trainer, report: ReportFunction) -> Recording | None:
        """Opens the record where the trainer is. Returns None on failure, which ``report`` reports once."""
        if self._recording is None and time.monotonic() >= self._try_at:
            from nnviz.library import LibraryError, recording

            try:
                self._recording = self._taken_up(trainer, report)
            except LibraryError as error:
                self._try_at = time.monotonic() + recording.SECONDS_AFTER_FAILURE
                self._close_library()
                self.state.is_leap = True  # what happens from now on is lost
                self._fail(f"This run is not recorded: {error}", report)
        return self._recording

    def _taken_up(self, trainer: Trainer, report: ReportFunction) -> Recording:
        from nnviz.library import Library, RunInUseError

        state = self.state
        self._library = library = Library(self.plan.path)
        if state.run is None or not library.has(state.run):
            self._add_run(library, replace(self.plan, history=self._history(library, trainer)))
        try:
            recording = self._recording_in(library, trainer, report)
        except RunInUseError:
            self._branch_off(library, trainer)
            recording = self._recording_in(library, trainer, report)
        try:
            self._begin_with(recording, library, report)
        except BaseException:
            recording.close()
            raise
        state.is_leap, state.is_in_progress = False, True
        return recording

    def _history(self, library: Library, trainer: Trainer) -> History | None:
        """Returns the figures from before this training, from the record if the run has one."""
        from nnviz.library import UnknownRunError

        run = self.state.run
        if run is not None:
            with suppress(UnknownRunError):
                return library.history(run).until(self._at(trainer))
        return self.plan.history

    def _at(self, trainer: Trainer) -> float:
        from engine.storage.state_codec import epochs_at

        return epochs_at(self.plan.before, trainer.epoch, trainer.batch, trainer.batches_per_epoch)

    def _add_run(self, library: Library, plan: RecordingPlan) -> None:
        recorded = plan.data, plan.parent, plan.left_at, plan.name
        run = library.begin(plan.experiment, *recorded, history=plan.history)
        self.state.run, self.state.updated, self.state.is_leap = run, None, True
        self.plan = replace(self.plan, history=None)

    def _branch_off(self, library: Library, trainer: Trainer) -> None:
        """Adds a branch of a run that another program has trained further."""
        run, at = self.state.run, self._at(trainer)
        assert run is not None
        self._add_run(library, replace(self.plan, parent=run, left_at=at, history=library.history(run).until(at)))
        self.state.left_at = at

    def _recording_in(self, library: Library, trainer: Trainer, report: ReportFunction) -> Recording:
        from nnviz.library import Recording

        run, updated = self.state.run, self.state.updated
        assert run is not None

        def say(words: str) -> None:
            recording = reference()
            if recording is not None:
                self._report_text(words, recording, report)

        made = Recording(library, run, trainer, self.plan.before, say, updated=updated)
        reference = weakref.ref(made)  # else it would be kept, with its trainer, until garbage is collected
        return made

    def _begin_with(self, recording: Recording, library: Library, report: ReportFunction) -> None:
        """Notes the place of the training if the record does not lead there, and reports the run's number."""
        state, now = self.state, self.plan.experiment.changed(training=recording.trainer.settings)
        recording.change(now, state.unwritten, is_order=not state.is_leap)
        state.unwritten = ""
        if state.is_leap:
            recording.leap()
            if recording.problem is None:
                self._report_place(library, report)

    def _report_place(self, library: Library, report: ReportFunction) -> None:
        """Reports the run's number, with messages for the user."""
        from nnviz.library.errors import WRITTEN_AGAIN

        left_at, self.state.left_at = self.state.left_at, None
        words, is_first = [library.notice], library.introduce()
        if self.state.is_failing:
            words.insert(0, WRITTEN_AGAIN)
        if left_at is not None:
            words.insert(0, _BRANCHED.format(left_at, self.state.run))
        self.state.is_failing = False
        recorded = " ".join(filter(None, words)) or None
        report(Recorded(self.state.run, recorded, left_at=left_at, is_first=is_first))

    def _report_text(self, words: str, recording: Recording, report: ReportFunction) -> None:
        """Reports that the recording can no longer write, or can again."""
        if recording.problem is not None:
            self._fail(words, report)
        else:
            self.state.is_failing = False
            report(Recorded(self.state.run, words, recording.keeps_weights))

    def _fail(self, words: str, report: ReportFunction) -> None:
        was_failing, self.state.is_failing = self.state.is_failing, True
        if not was_failing or self._is_awaited:
            report(Recorded(self.state.run, None if was_failing else words, is_written=False))
        self._is_awaited = False

    def take_event(self, event: Event, trainer: Trainer, report: ReportFunction) -> None:
        """Records an event of the trainer."""
        self._take(lambda recording: recording.take_event(event), trainer, report)

    def take_epochs(self, packed: Iterable[bytes], trainer: Trainer, report: ReportFunction) -> None:
        """Records epochs that have ended; see :meth:`Recording.take_epochs`."""
        self._take(lambda recording: recording.take_epochs(packed), trainer, report)

    def _take(self, note: Callable[[Recording], None], trainer: Trainer, report: ReportFunction) -> None:
        recording = self._recording or self.open(trainer, report)
        if recording is not None:
            note(recording)
            self.next_place = recording.next_place
            if recording.problem is not None:
                self._open_again(recording)

    def _open_again(self, recording: Recording) -> None:
        """Closes a damaged or replaced file, so that the next event opens the file that is there now."""
        from nnviz.library import DamagedError, ReplacedError

        if isinstance(recording.problem, (DamagedError, ReplacedError)):
            self.state.updated = recording.updated
            recording.close()
            self._recording, self.next_place = None, -math.inf
            self._close_library()
            self.state.is_leap = True

    def change(self, settings: TrainingSettings, words: str) -> None:
        """Records changed settings; ``words`` describe the change."""
        self.plan = replace(self.plan, experiment=self.plan.experiment.changed(training=settings))
        if self._recording is not None:
            self._recording.change(self.plan.experiment, words)
        else:
            self.state.unwritten = ", ".join(filter(None, (self.state.unwritten, words)))

    def edited(self, before: Array, trainer: Trainer, report: ReportFunction, text: str) -> None:
        """Records an edit: the parameters (n,) that differ from ``before``."""
        from nnviz.library.replay import edit_content

        recording, now = self.open(trainer, report), trainer.network.parameters
        if recording is not None:
            recording.log("edit", *edit_content(before, now), text)

    # ---- end

    def finish(self, status: str) -> None:
        """Writes pending data and the status ("finished", "paused", "diverged"), and closes the record."""
        recording, state = self._recording, self.state
        if recording is not None and self._library is not None:
            self._recording, self.next_place = None, -math.inf
            if not recording.finish(status):
                state.is_leap = True  # what is left is lost
            state.updated, state.is_in_progress = recording.updated, status == "training"
            state.keeps_weights = recording.keeps_weights
        elif state.is_in_progress and status != "training":
            self._settle()
        self._close_library()

    def hand_over(self) -> None:
        """Writes pending data and closes the record for now: the training continues, perhaps in another process."""
        self.finish("training")

    def release(self) -> None:
        """Writes pending data and closes the record."""
        is_over = self._recording is not None and self._recording.trainer.is_over
        self.finish("finished" if is_over else "paused")

    def _settle(self) -> None:
        """Marks a training as stopped that was passed to another process and is lost."""
        from nnviz.library import Library, LibraryError

        run, self.state.is_in_progress = self.state.run, False
        with suppress(LibraryError), Library(self.plan.path) as library:
            if run is not None:
                library.settle([run])
                self.state.updated = library.run(run).updated

    def make_room(self, report: ReportFunction) -> None:
        """Thins old runs if the library exceeds its storage limit and that was announced; else announces it.

        Call this after the end of the training was reported, because it may take long.
        """
        from nnviz.library import Library, LibraryError

        state = self.state
        if not state.is_failing:
            with suppress(LibraryError), Library(self.plan.path) as library:  # the next training tries again
                plan = library.quota.enforce()
                if plan is not None:
                    report(Recorded(state.run, None, state.keeps_weights, plan))

    def _close_library(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None


def status_of(stopped: Stopped | None, error: Exception | None) -> str:
    """Returns the library's word for the status of a training that has paused."""
    if isinstance(error, DivergenceError):
        return "diverged"
    return "finished" if stopped is not None and stopped.finished else "paused"
