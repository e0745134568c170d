"""Records a training in the library, in whatever thread or process its job is. No Qt.

What it writes with belongs to one thread: before a job goes to another one, the recorder lets go, and takes up the run
again with the first event there.
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

INTRODUCTION = "Runs are kept in the library, which only you can read. Ctrl+Alt+K switches that off."
_BRANCHED = "Another program has gone on with this run: from epoch {:.4g} on, it is kept as run {}, a branch of it."
Tell = Callable[[object], None]


def opening_words(library: Library) -> str | None:
    """Returns what to announce of the library: how it was opened, and at its first use what it is; None for nothing.

    Raises LibraryError.
    """
    words = [library.notice, INTRODUCTION if library.introduce() else None]
    return " ".join(filter(None, words)) or None


@dataclass(frozen=True)
class Plan:
    """What a training is to be recorded as.

    Attributes:
        path: the file of the library.
        run: the number there; None for a run that is not there yet.
        before: epochs that the network had before this training.
        experiment, data: with what it is trained, and the title of the data.
        parent, left_at: the number of the run that it branched off from, and the epoch at which it did; None for none.
        name: what the run is called.
        history: what is known of its network from before; None for nothing.
        updated: when the run's record was written, as it was read; None for one that was not read.
        waits: whether there is nothing to record before the training continues or its network is edited.
        words: what is noted of the beginning of this training beside the curves; ``history`` has it, too.
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
class Standing:
    """What the next one who writes a run must know, in whatever process that is.

    Attributes:
        run: its number in the library; None while it is not there.
        updated: when its record was last written, as far as is known; None for never.
        is_leap: whether nothing that is recorded leads to where the training is.
        is_under_way: whether the library says that it is being trained.
        is_failing: whether the person knows that nothing can be written.
        keeps_weights: whether its weights were written, too, and not only its figures.
        untold: changes of settings, in words, that came while nothing was written.
        left_at: where it left the run of another program, as long as nobody was told; else None.
    """

    run: int | None
    updated: float | None
    is_leap: bool = True
    is_under_way: bool = False
    is_failing: bool = False
    keeps_weights: bool = True
    untold: str = ""
    left_at: float | None = None


class Recorder:
    """Follows one run's trainings. A library that cannot be written to never stops them: that is told, once, and it is
    tried again now and then.

    Attributes:
        plan: of the training that goes on.
        standing: where the record is.
        next_moment: the place in the training, in epochs, from which on :meth:`take` is to be called after a batch.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.standing = plan, Standing(plan.run, plan.updated)
        self.next_moment = -math.inf
        self._try_at = -math.inf  # when the library may be opened, after it could not be
        self._is_awaited = False  # whether somebody waits to hear what becomes of a training that begins
        self._library: Library | None = None
        self._recording: Recording | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What it writes with stays where it is, and so does its clock."""
        return self.__dict__ | {"_library": None, "_recording": None, "_try_at": -math.inf, "next_moment": -math.inf}

    def begin(self, plan: Plan) -> None:
        """Another training of the same run begins, or the same one at another place."""
        self.release()
        self.plan, self.standing.is_leap, self._try_at, self._is_awaited = plan, True, -math.inf, True
        self.standing.untold = "" if plan.history is not None else plan.words
        if self.standing.run is None:
            self.standing.run = plan.run

    def leap(self) -> None:
        """The next event is at a place to which nothing that is recorded leads."""
        self.release()
        self.standing.is_leap = True

    def know(self, told: Recorded) -> None:
        """What became of the record in another process, as it was told there."""
        self._is_awaited = False
        if told.run is not None:
            self.standing.run, self.standing.is_under_way = told.run, True
            self.plan = replace(self.plan, history=None)

    # ---- what happens

    def open(self, trainer: Trainer, tell: Tell) -> Recording | None:
        """Takes up the run where the trainer is; None where that is not possible, of which ``tell`` is told once."""
        if self._recording is None and time.monotonic() >= self._try_at:
            from nnviz.library import LibraryError, recording

            try:
                self._recording = self._taken_up(trainer, tell)
            except LibraryError as error:
                self._try_at = time.monotonic() + recording.SECONDS_AFTER_FAILURE
                self._close_library()
                self.standing.is_leap = True  # what happens from now on is lost
                self._fail(f"This training is not recorded: {error}", tell)
        return self._recording

    def _taken_up(self, trainer: Trainer, tell: Tell) -> Recording:
        from nnviz.library import Library, RunInUseError

        standing = self.standing
        self._library = library = Library(self.plan.path)
        if standing.run is None or not library.has(standing.run):
            self._add_run(library, replace(self.plan, history=self._history(library, trainer)))
        try:
            recording = self._recording_in(library, trainer, tell)
        except RunInUseError:
            self._branch_off(library, trainer)
            recording = self._recording_in(library, trainer, tell)
        try:
            self._begin_with(recording, library, tell)
        except BaseException:
            recording.close()
            raise
        standing.is_leap, standing.is_under_way = False, True
        return recording

    def _history(self, library: Library, trainer: Trainer) -> History | None:
        """What is known of the network from before: of a run that was deleted since, what its record has."""
        from nnviz.library import UnknownRunError

        run = self.standing.run
        if run is not None:
            with suppress(UnknownRunError):
                return library.history(run).until(self._at(trainer))
        return self.plan.history

    def _at(self, trainer: Trainer) -> float:
        from engine.storage.state_codec import epochs_at

        return epochs_at(self.plan.before, trainer.epoch, trainer.batch, trainer.batches_per_epoch)

    def _add_run(self, library: Library, plan: Plan) -> None:
        told = plan.data, plan.parent, plan.left_at, plan.name
        run = library.begin(plan.experiment, *told, history=plan.history)
        self.standing.run, self.standing.updated, self.standing.is_leap = run, None, True
        self.plan = replace(self.plan, history=None)

    def _branch_off(self, library: Library, trainer: Trainer) -> None:
        """Adds a branch of a run with which another program has gone on."""
        run, at = self.standing.run, self._at(trainer)
        assert run is not None
        self._add_run(library, replace(self.plan, parent=run, left_at=at, history=library.history(run).until(at)))
        self.standing.left_at = at

    def _recording_in(self, library: Library, trainer: Trainer, tell: Tell) -> Recording:
        from nnviz.library import Recording

        run, updated = self.standing.run, self.standing.updated
        assert run is not None

        def say(words: str) -> None:
            recording = reference()
            if recording is not None:
                self._say(words, recording, tell)

        made = Recording(library, run, trainer, self.plan.before, say, updated=updated)
        reference = weakref.ref(made)  # else it would be kept, with its trainer, until garbage is collected
        return made

    def _begin_with(self, recording: Recording, library: Library, tell: Tell) -> None:
        """Notes where the training is, if nothing leads to there; and tells as which run it is recorded."""
        standing, now = self.standing, self.plan.experiment.changed(training=recording.trainer.settings)
        recording.change(now, standing.untold, is_order=not standing.is_leap)
        standing.untold = ""
        if standing.is_leap:
            recording.leap()
            if recording.problem is None:
                self._tell_where(library, tell)

    def _tell_where(self, library: Library, tell: Tell) -> None:
        """Tells as which run it is recorded, and what there is to say of that."""
        from nnviz.library.faults import WRITTEN_AGAIN

        left_at, self.standing.left_at = self.standing.left_at, None
        words, is_first = [library.notice], library.introduce()
        if self.standing.is_failing:
            words.insert(0, WRITTEN_AGAIN)
        if left_at is not None:
            words.insert(0, _BRANCHED.format(left_at, self.standing.run))
        self.standing.is_failing = False
        told = " ".join(filter(None, words)) or None
        tell(Recorded(self.standing.run, told, left_at=left_at, is_first=is_first))

    def _say(self, words: str, recording: Recording, tell: Tell) -> None:
        """What the recording tells: that it can no longer write, or that it can again."""
        if recording.problem is not None:
            self._fail(words, tell)
        else:
            self.standing.is_failing = False
            tell(Recorded(self.standing.run, words, recording.keeps_weights))

    def _fail(self, words: str, tell: Tell) -> None:
        was_failing, self.standing.is_failing = self.standing.is_failing, True
        if not was_failing or self._is_awaited:
            tell(Recorded(self.standing.run, None if was_failing else words, is_written=False))
        self._is_awaited = False

    def take(self, event: Event, trainer: Trainer, tell: Tell) -> None:
        """Notes an event of the trainer."""
        self._take(lambda recording: recording.take(event), trainer, tell)

    def take_epochs(self, packed: Iterable[bytes], trainer: Trainer, tell: Tell) -> None:
        """Notes epochs of the trainer that have ended; see :meth:`Recording.take_epochs`."""
        self._take(lambda recording: recording.take_epochs(packed), trainer, tell)

    def _take(self, note: Callable[[Recording], None], trainer: Trainer, tell: Tell) -> None:
        recording = self._recording or self.open(trainer, tell)
        if recording is not None:
            note(recording)
            self.next_moment = recording.next_moment
            if recording.problem is not None:
                self._open_again(recording)

    def _open_again(self, recording: Recording) -> None:
        """If the file was damaged or replaced, takes up the run in the one that is there now, with the next event."""
        from nnviz.library import DamagedError, ReplacedError

        if isinstance(recording.problem, (DamagedError, ReplacedError)):
            self.standing.updated = recording.updated
            recording.close()
            self._recording, self.next_moment = None, -math.inf
            self._close_library()
            self.standing.is_leap = True

    def change(self, settings: TrainingSettings, words: str) -> None:
        """Notes that the training goes on with other settings, which ``words`` tell."""
        self.plan = replace(self.plan, experiment=self.plan.experiment.changed(training=settings))
        if self._recording is not None:
            self._recording.change(self.plan.experiment, words)
        else:
            self.standing.untold = ", ".join(filter(None, (self.standing.untold, words)))

    def edited(self, before: Array, trainer: Trainer, tell: Tell, text: str) -> None:
        """Notes which parameters (n,) are others than they were."""
        from nnviz.library.replay import edit_content

        recording, now = self.open(trainer, tell), trainer.network.parameters
        if recording is not None:
            recording.log("edit", *edit_content(before, now), text)

    # ---- letting go

    def finish(self, status: str) -> None:
        """Writes what is left, says how the training has ended ("finished", "paused", "diverged"), and lets go."""
        recording, standing = self._recording, self.standing
        if recording is not None and self._library is not None:
            self._recording, self.next_moment = None, -math.inf
            if not recording.finish(status):
                standing.is_leap = True  # what is left is lost
            standing.updated, standing.is_under_way = recording.updated, status == "training"
            standing.keeps_weights = recording.keeps_weights
        elif standing.is_under_way and status != "training":
            self._settle()
        self._close_library()

    def hand_over(self) -> None:
        """Writes what is left, and lets go for a moment: the training goes on, perhaps in another process."""
        self.finish("training")

    def release(self) -> None:
        """Writes what is left, and lets go."""
        is_over = self._recording is not None and self._recording.trainer.is_over
        self.finish("finished" if is_over else "paused")

    def _settle(self) -> None:
        """Notes that the training no longer goes on, which was handed over and comes back no more."""
        from nnviz.library import Library, LibraryError

        run, self.standing.is_under_way = self.standing.run, False
        with suppress(LibraryError), Library(self.plan.path) as library:
            if run is not None:
                library.settle([run])
                self.standing.updated = library.run(run).updated

    def make_room(self, tell: Tell) -> None:
        """Thins old runs, if all of them take more room than they may and that was told; else it is told now.

        To be called when the end of the training was told, because it may take long.
        """
        from nnviz.library import Library, LibraryError

        standing = self.standing
        if not standing.is_failing:
            with suppress(LibraryError), Library(self.plan.path) as library:  # the next training tries again
                plan = library.room.make_room()
                if plan is not None:
                    tell(Recorded(standing.run, None, standing.keeps_weights, plan))

    def _close_library(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None


def status_of(stopped: Stopped | None, error: Exception | None) -> str:
    """How the library calls a training that has paused so."""
    if isinstance(error, DivergenceError):
        return "diverged"
    return "finished" if stopped is not None and stopped.finished else "paused"
