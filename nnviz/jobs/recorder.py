"""Records a training in the library, in whatever thread or process its job is. No Qt.

What it writes with belongs to one thread: before a job goes to another one, the recorder lets go, and takes up the run
again with the first event there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DivergenceError
from engine.events import Event
from engine.experiment import Experiment
from engine.history import History
from engine.settings import TrainingSettings
from engine.training import Trainer
from engine.validation import Array
from nnviz.jobs.reports import Recorded, Stopped

if TYPE_CHECKING:  # it is loaded when something is recorded: the window's first picture need not wait for it
    from nnviz.library import Library, Recording

_INTRODUCTION = (
    "Runs are kept from now on in {}, which only you can read: any moment of them comes back. "
    "“Keep runs in the library” in the File menu switches that off."
)
Tell = Callable[[object], None]


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


class Recorder:
    """Follows one run's trainings. A library that cannot be written to never stops them: that is told, once.

    Attributes:
        plan: of the training that goes on.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._is_leap = True  # whether the training begins here: nothing that is recorded leads to this place
        self._may_try = True
        self._untold = ""  # changes of settings while nothing was written
        self._library: Library | None = None
        self._recording: Recording | None = None
        self._tell: Tell | None = None  # of who trains now

    def __getstate__(self) -> dict[str, Any]:
        """What it writes and tells with stays where it is."""
        return self.__dict__ | {"_library": None, "_recording": None, "_tell": None}

    def begin(self, plan: Plan) -> None:
        """Another training of the same run begins, or the same one at another place."""
        self.release()
        self.plan, self._is_leap, self._may_try = plan, True, True

    def leap(self) -> None:
        """The next event is at a place to which nothing that is recorded leads."""
        self.release()
        self._is_leap = True

    # ---- what happens

    def open(self, trainer: Trainer, tell: Tell) -> Recording | None:
        """Takes up the run where the trainer is; None where that is not possible, of which ``tell`` is told once."""
        if self._recording is None and self._may_try:
            from nnviz.library import LibraryError

            try:
                self._recording = self._taken_up(trainer, tell)
            except LibraryError as error:
                self._may_try = False
                self._close_library()
                tell(Recorded(self.plan.run, f"This training is not recorded: {error}", is_written=False))
        return self._recording

    def _taken_up(self, trainer: Trainer, tell: Tell) -> Recording:
        from nnviz.library import Library, Recording

        plan, self._tell = self.plan, tell
        self._library = library = Library(plan.path)
        run = plan.run
        if run is None:
            told = plan.data, plan.parent, plan.left_at, plan.name
            run = library.begin(plan.experiment, *told, history=plan.history)
            self.plan = plan = replace(plan, run=run, history=None)
        recording = Recording(library, run, trainer, plan.before, lambda words: self._say(words, tell))
        now = plan.experiment.changed(training=trainer.settings)
        recording.change(now, self._untold, is_told=not self._is_leap)
        self._untold = ""
        if self._is_leap:
            recording.leap()
            self._is_leap = False
            tell(Recorded(run, library.notice or (_INTRODUCTION.format(plan.path) if library.introduce() else None)))
        return recording

    def _say(self, words: str, tell: Tell) -> None:
        """What the recording tells: that it can no longer write, or that it can again."""
        tell(Recorded(self.plan.run, words, self._is_written))

    @property
    def _is_written(self) -> bool:
        recording = self._recording
        return recording is not None and recording.problem is None and recording.keeps_weights

    def take(self, event: Event, trainer: Trainer, tell: Tell) -> None:
        """Notes an event of the trainer."""
        recording = self._recording or self.open(trainer, tell)
        if recording is not None:
            recording.take(event)
            if recording.problem is not None:
                self._open_again(recording)

    def _open_again(self, recording: Recording) -> None:
        """If the file was damaged or replaced, takes up the run in the one that is there now, with the next event."""
        from nnviz.library import DamagedError, ReplacedError

        if isinstance(recording.problem, (DamagedError, ReplacedError)):
            recording.close()
            self._recording = None
            self._close_library()
            self._is_leap = True

    def change(self, settings: TrainingSettings, words: str) -> None:
        """Notes that the training goes on with other settings, which ``words`` tell."""
        self.plan = replace(self.plan, experiment=self.plan.experiment.changed(training=settings))
        if self._recording is not None:
            self._recording.change(self.plan.experiment, words)
        else:
            self._untold = ", ".join(filter(None, (self._untold, words)))

    def edited(self, before: Array, trainer: Trainer, tell: Tell, text: str) -> None:
        """Notes which parameters (n,) are others than they were."""
        from nnviz.library.replay import edit_content

        recording, now = self.open(trainer, tell), trainer.network.parameters
        if recording is not None:
            recording.log("edit", *edit_content(before, now), text)

    # ---- letting go

    def finish(self, status: str) -> None:
        """Writes what is left, says how the training has ended ("finished", "paused", "diverged"), and lets go."""
        if self._recording is not None and self._library is not None:
            if self._recording.finish(status) and status == "finished":
                self._make_room(self._library)
            self._recording = None
        self._close_library()

    def _make_room(self, library: Library) -> None:
        """Thins old runs, if all of them take more room than they may and that was told; else it is told now."""
        from nnviz.library import LibraryError

        with suppress(LibraryError):  # the next training tries again
            plan = library.room.make_room()
            if plan is not None and self._tell is not None and self._recording is not None:
                self._tell(Recorded(self.plan.run, None, self._is_written, plan))

    def release(self) -> None:
        """Writes what is left, and lets go."""
        self.finish("paused")

    def _close_library(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None


def status_of(stopped: Stopped | None, error: Exception | None) -> str:
    """How the library calls a training that has paused so."""
    if isinstance(error, DivergenceError):
        return "diverged"
    return "finished" if stopped is not None and stopped.finished else "paused"
