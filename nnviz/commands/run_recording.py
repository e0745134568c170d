"""Recording of ``train`` in the library, for a new run or a resumed one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from engine.basics.errors import DivergenceError
from engine.experiment import Experiment
from engine.training.events import Event
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.commands.checks import CommandError
from nnviz.formatting import text
from nnviz.library import Library, LibraryError, Recording
from nnviz.library.states import KeptState
from nnviz.program_name import program_name
from nnviz.session.run_text import format_pending_thinning

_DIGITS = 100  # more than any number of a run has; of thousands Python makes no number


@dataclass(frozen=True)
class ResumedRun:
    """A run of the library that is to be resumed.

    Attributes:
        run: its number.
        state: the state from which training continues; its network has the run's past.
    """

    run: int
    state: KeptState


def is_number_of_run(resumed: str) -> bool:
    """Whether ``--resume`` names a run of the library, and no file."""
    return resumed.isdecimal() and not os.path.exists(resumed)


def find_run(number: str) -> ResumedRun:
    """Returns the run with this number. Raises CommandError if no training state is kept of it, and LibraryError."""
    run = int(number[:_DIGITS])
    with Library() as library:
        print_notice(library.notice)
        state = library.state(run)
        if state is None:
            raise CommandError(
                f"--resume {number}: the library has no training state of this run. Start a new run with its settings. "
                f"“{program_name()} runs show {number}” shows the command."
            )
        state.network.provenance = library.network(run).provenance
    if state.differences():
        differences = "; ".join(state.differences())
        print(f"resumed, but the result will not be bit-identical: the run was trained with {differences}")
    return ResumedRun(run, state)


class RunRecorder:
    """Records a training, if there is a library.

    Attributes:
        run: number of the run; None if it is not recorded.
    """

    def __init__(self, library: Library | None) -> None:
        self._library = library
        self._recording: Recording | None = None
        self.run: int | None = None

    def begin(
        self,
        trainer: Trainer,
        experiment: Experiment,
        history: History,
        before: float,
        name: str,
        found: ResumedRun | None,
    ) -> None:
        """Begins the record of a new run, or continues that of a resumed one."""
        library = self._library
        if library is None:
            return
        made = with_whole_paths(replace(experiment, training=trainer.settings))
        try:
            if found is None:
                self.run = library.begin(made, trainer.whole_dataset.title, name=name, history=history)
            else:
                self.run = found.run
                library.annotate(found.run, name=name or None)
            self._recording = Recording(library, self.run, trainer, before, print_warning)
        except LibraryError as error:
            if found is not None:
                raise
            print_warning(f"The run is not recorded: {error}")
            return
        self._recording.change(made)
        if found is None and self._recording.at > 0:  # no command leads to the network that the run begins with
            with printed_library_errors():
                self._recording.leap()
        print(with_introduction(library, f"recorded as run {self.run}"))
        with printed_library_errors():
            print_notice(thinning_notice(library))

    def take_event(self, event: Event) -> None:
        """Passes an event of the trainer on."""
        if self._recording is not None:
            self._recording.take_event(event)

    def finish(self, status: str) -> None:
        """Writes the end of the run, and thins old runs if the library is too large."""
        if self._recording is None or self._library is None:
            return
        if not self._recording.finish(status):
            return
        with printed_library_errors():
            plan = self._library.quota.enforce()
            print_notice(None if plan is None else format_pending_thinning(plan, "after the next run"))

    def close(self) -> None:
        """Closes the library. The run stays as it was last written."""
        if self._recording is not None:
            self._recording.close()
        if self._library is not None:
            self._library.close()


@contextmanager
def run_recorder(is_wanted: bool) -> Iterator[RunRecorder]:
    """Yields the recorder of a training. Errors of the library are printed and do not stop the training."""
    keeper = RunRecorder(open_library() if is_wanted else None)
    try:
        yield keeper
    except DivergenceError:
        keeper.finish("diverged")
        raise
    finally:
        keeper.close()


def open_library() -> Library | None:
    try:
        library = Library()
    except LibraryError as error:
        print_warning(f"The run is not recorded: {error}")
        return None
    print_notice(library.notice)
    if library.why_read_only is None:
        return library
    library.close()
    print_warning("The run is not recorded.")
    return None


def with_whole_paths(experiment: Experiment) -> Experiment:
    """Files of data by their whole paths, so that they are found from anywhere."""
    settings = dict(experiment.data_settings)
    own = settings.get("own")
    if isinstance(own, str) and own:
        settings["own"] = os.path.abspath(own)
    data = os.path.abspath(experiment.data) if Path(experiment.data).exists() else experiment.data
    return replace(experiment, data=data, data_settings=settings)


def with_introduction(library: Library, what: str) -> str:
    """Returns ``what``, at the first use of a library with an introduction to it."""
    if not library.introduce():
        return what
    return (
        f"{what} in {text.path(library.path)}: “{program_name()} runs” lists all runs, and --no-record "
        f"records nothing. Only you can read this file"
    )


def thinning_notice(library: Library) -> str | None:
    """Returns a message about what is thinned after the training; None if nothing is."""
    plan = library.quota.announce()
    return None if plan is None else format_pending_thinning(plan, "after this run")


@contextmanager
def printed_library_errors() -> Iterator[None]:
    """Prints errors of the library, so that they do not stop the training."""
    try:
        yield
    except LibraryError as error:
        print_warning(str(error))


def print_notice(notice: str | None) -> None:
    if notice is not None:
        print(text.visible(notice))


def print_warning(words: str) -> None:
    tqdm.write(f"nnviz: {text.visible(words)}", file=sys.stderr)
