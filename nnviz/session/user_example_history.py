"""Since when, and from which file of one's own examples, each run has been learning in this window."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.network.network import Network
from nnviz.session.displayed import Displayed
from nnviz.session.run import Run
from nnviz.session.runs import Runs


@dataclass(frozen=True, eq=False)
class EarlierNetwork:
    """The network, and its epochs, at the moment from which on it was trained on one's own examples too."""

    network: Network
    epochs: float


@dataclass(eq=False)
class _RunHistory:
    """Of one run: what is mixed in, and since which epoch; since when it learned from what, and the first moment."""

    mixed_in: str | None = None
    since: float = 0.0
    learned: dict[str, float] = field(default_factory=dict)  # file → epochs, those of now left out
    first: EarlierNetwork | None = None

    def learned_by(self, epochs: float) -> dict[str, float]:
        """From which files it had learned then, and since when."""
        files = self.learned if self.mixed_in is None else {self.mixed_in: self.since, **self.learned}
        return {file: since for file, since in files.items() if epochs > since}


class UserExampleHistory:
    """Is told what is mixed in whenever that, or the run, has changed. It tells of the displayed moment.

    Attributes:
        runs: of the session.
    """

    def __init__(self, runs: Runs, displayed: Displayed) -> None:
        self.runs, self._displayed = runs, displayed
        self._pasts: dict[int, _RunHistory] = {}  # by run
        runs.let_go.connect(lambda run: self._pasts.pop(run.id, None))

    def follow(self, mixed_in: str | None) -> None:
        """From now on the current run learns with that file mixed into the training part, or without any."""
        run = self.runs.current
        past = self._pasts.get(run.id) or self._begin(run)
        if mixed_in == past.mixed_in:
            return
        if past.mixed_in is not None and run.epochs > past.since:
            past.learned.setdefault(past.mixed_in, past.since)
        past.mixed_in, past.since = mixed_in, run.epochs
        if mixed_in is not None and not past.learned:
            past.first = _moment(run)

    def _begin(self, run: Run) -> _RunHistory:
        """A branch has learned what its parent had when it began."""
        past = self._pasts[run.id] = _RunHistory(since=run.epochs)
        parent = None if run.parent is None else self._pasts.get(run.parent)
        if parent is not None:
            past.learned = parent.learned_by(run.epochs)
            past.first = parent.first if past.learned else None
        return past

    @property
    def files(self) -> frozenset[str]:
        """The files with which the current run had been trained by then, also those that are no longer mixed in."""
        past = self._pasts.get(self.runs.current.id)
        return frozenset() if past is None else frozenset(past.learned_by(self._displayed.epochs))

    @property
    def before(self) -> EarlierNetwork | None:
        """The moment before the current run was trained on any; None if it was not by then, or was untrained."""
        return self._pasts[self.runs.current.id].first if self.files else None


def _moment(run: Run) -> EarlierNetwork | None:
    return None if run.untouched else EarlierNetwork(run.displayed_network(), run.epochs)
