"""Who does runs beside a window, without processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator

from engine.datasets import Dataset
from engine.sweeps.results import FAILED, STOPPED
from engine.sweeps.run_execution import RunExecution, RunOutcome, RunSpec
from nnviz.session.session import Session
from nnviz.sweeps.executor import Message, RunStarted
from tests.nnviz.library.helpers import DATA
from tests.nnviz.sweeps.helpers import Here


class Beside(Here):
    """Does not begin a run with a certain seed before the test says ``go``, or the plan is stopped."""

    def __init__(self, held_seed: int | None = None, data: Dataset = DATA) -> None:
        super().__init__(data)
        self._held_seed = held_seed
        self.reached, self.go, self.is_closed = threading.Event(), threading.Event(), False

    def next(self, timeout: float) -> list[Message]:
        is_next = [each.experiment.seed for each in self._waiting[:1]] == [self._held_seed]
        if not is_next or self.go.is_set() or None in self.wishes:
            return super().next(timeout)
        self.reached.set()
        time.sleep(timeout)
        return []

    def close(self) -> None:
        super().close()
        self.is_closed = True


Does = Callable[..., Beside]


def reported(session: Session) -> str:
    """The text of the message that is shown; empty for none."""
    return "" if session.messages.current is None else session.messages.current.text


def choose_offer(session: Session, beginning: str) -> None:
    """Chooses what the message offers, by the beginning of its text."""
    assert session.messages.current is not None
    texts = [choice.text for choice in session.messages.current.choices]
    session.messages.choose(next(place for place, text in enumerate(texts) if text.startswith(beginning)))


class Epochwise:
    """Does an epoch of each run that was submitted together whenever the test says so; tells of each epoch.

    Attributes:
        fails: whether they all fail from now on.
    """

    def __init__(self, data: Dataset = DATA, workers: int = 1) -> None:
        self.workers, self.groups = workers, []
        self._data, self._rounds = data, threading.Semaphore(0)
        self._waiting: list[dict[int, Generator[None, None, RunOutcome]]] = []
        self._wish, self._reported = "", []
        self.fails = False

    def let(self, rounds: int) -> None:
        """A given number of epochs more of each."""
        self._rounds.release(rounds)

    @property
    def capacity(self) -> int:
        return 2 * self.workers

    @property
    def busy(self) -> int:
        return sum(map(len, self._waiting))

    def submit(self, *specs: RunSpec) -> None:
        self.groups.append([spec.experiment.seed for spec in specs])
        runs = {spec.number: RunExecution(spec, self._data, self._reported.append) for spec in specs}
        self._waiting.append({number: run.epochs(lambda: self._wish) for number, run in runs.items()})
        self._reported += [RunStarted(number) for number in runs]

    def next(self, timeout: float) -> list[Message]:
        if not self._waiting or not (self._rounds.acquire(timeout=timeout) or self._wish):
            return []
        going = self._waiting[0]
        for number, epochs in list(going.items()):
            try:
                if self.fails:
                    raise StopIteration(RunOutcome(number, FAILED, "There is not enough memory for it."))
                next(epochs)
            except StopIteration as ended:
                del going[number]
                self._reported.append(ended.value)
        if not going:
            del self._waiting[0]
        reported, self._reported[:] = list(self._reported), []
        return reported

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self._wish = how

    def close(self) -> None:
        self._waiting.clear()
