"""Since when, and from which file of one's own examples, each run has been learning in this window."""

from __future__ import annotations

from dataclasses import dataclass

from engine.network import Network
from nnviz.session.run import Run
from nnviz.session.runs import Runs


@dataclass(frozen=True, eq=False)
class Moment:
    """The network, and its epochs, at the moment from which on it was trained on one's own examples too."""

    network: Network
    epochs: float


@dataclass(eq=False)
class _Past:
    """Of one run: what is mixed in and since which epoch, what was before that, and the first moment."""

    mixed_in: str | None = None
    since: float = 0.0
    files: frozenset[str] = frozenset()
    first: Moment | None = None

    def files_at(self, epochs: float) -> frozenset[str]:
        is_learned = self.mixed_in is not None and epochs > self.since
        return self.files | {self.mixed_in} if is_learned and self.mixed_in else self.files


class Taught:
    """Is told what is mixed in whenever that, or the run, has changed."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._pasts: dict[int, _Past] = {}  # by run
        runs.let_go.connect(lambda run: self._pasts.pop(run.id, None))

    def follow(self, mixed_in: str | None) -> None:
        """From now on the current run learns with that file mixed into the training part, or without any."""
        run = self._runs.current
        past = self._pasts.setdefault(run.id, _Past(since=run.epochs))
        if mixed_in == past.mixed_in:
            return
        past.files = past.files_at(run.epochs)
        past.mixed_in, past.since = mixed_in, run.epochs
        if mixed_in is not None and not past.files:
            past.first = _moment(run)

    @property
    def files(self) -> frozenset[str]:
        """The files with which the current run has been trained, also those that are no longer mixed in."""
        past = self._pasts.get(self._runs.current.id)
        return frozenset() if past is None else past.files_at(self._runs.current.epochs)

    @property
    def before(self) -> Moment | None:
        """The moment before the current run was trained on any; None if it was not, or was untrained then."""
        return self._pasts[self._runs.current.id].first if self.files else None


def _moment(run: Run) -> Moment | None:
    return None if run.untouched else Moment(run.displayed_network(), run.epochs)
