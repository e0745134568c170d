"""The history of training on user examples: from which files each run has learned, and since which epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.network.network import Network
from nnviz.session.displayed import Displayed
from nnviz.session.run import Run
from nnviz.session.runs import Runs


@dataclass(frozen=True, eq=False)
class EarlierNetwork:
    """A network and its epoch, before it was first trained on user examples."""

    network: Network
    epochs: float


@dataclass(eq=False)
class _RunHistory:
    """The history of one run: the file mixed in, since which epoch; files learned from earlier; the network before."""

    mixed_in: str | None = None
    since: float = 0.0
    learned: dict[str, float] = field(default_factory=dict)  # file → epoch, without the file mixed in now
    first: EarlierNetwork | None = None

    def learned_by(self, epochs: float) -> dict[str, float]:
        """Returns the files that the run had learned from at an epoch, with the epoch of their first use."""
        files = self.learned if self.mixed_in is None else {self.mixed_in: self.since, **self.learned}
        return {file: since for file, since in files.items() if epochs > since}


class UserExampleHistory:
    """Tracks, per run, since which epoch it has been trained on which file of user examples.

    Attributes:
        runs: the session's runs.
    """

    def __init__(self, runs: Runs, displayed: Displayed) -> None:
        self.runs, self._displayed = runs, displayed
        self._histories: dict[int, _RunHistory] = {}  # by run
        runs.evicted.connect(lambda run: self._histories.pop(run.id, None))

    def follow(self, mixed_in: str | None) -> None:
        """Notes the file that is mixed into the training set of the current run from now on; None for no file."""
        run = self.runs.current
        history = self._histories.get(run.id) or self._begin(run)
        if mixed_in == history.mixed_in:
            return
        if history.mixed_in is not None and run.epochs > history.since:
            history.learned.setdefault(history.mixed_in, history.since)
        history.mixed_in, history.since = mixed_in, run.epochs
        if mixed_in is not None and not history.learned:
            history.first = _earlier_network(run)

    def _begin(self, run: Run) -> _RunHistory:
        """Returns a new history for a run. A branch inherits the history of its parent up to the branching point."""
        history = self._histories[run.id] = _RunHistory(since=run.epochs)
        parent = None if run.origin.parent is None else self._histories.get(run.origin.parent)
        if parent is not None:
            history.learned = parent.learned_by(run.epochs)
            history.first = parent.first if history.learned else None
        return history

    @property
    def files(self) -> frozenset[str]:
        """Files that the current run had learned from at the displayed epoch, including those left out since."""
        history = self._histories.get(self.runs.current.id)
        return frozenset() if history is None else frozenset(history.learned_by(self._displayed.epochs))

    @property
    def before(self) -> EarlierNetwork | None:
        """The network before the current run was trained on user examples; None if it was not, or was untrained."""
        return self._histories[self.runs.current.id].first if self.files else None


def _earlier_network(run: Run) -> EarlierNetwork | None:
    return None if run.untouched else EarlierNetwork(run.displayed_network(), run.epochs)
