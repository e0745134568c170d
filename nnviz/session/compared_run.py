"""A compared run or group of seeds, with its curves and networks from the library.

A group in training without a finished run can be compared, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from engine.experiment import Experiment
from engine.network.network import Network
from engine.training.early_estimates import estimated_steps
from engine.training.history import Curve, History
from nnviz.formatting.run_name import RunName
from nnviz.library import RunGroup, UnknownRunError
from nnviz.session.active_runs import ActiveGroup, ActiveRun
from nnviz.session.run_names import Subject, common, run_name, settings_of, shared, subject_of
from nnviz.session.seeds import Chosen, middle_of, seed_number, seed_of

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord


@dataclass(frozen=True, eq=False)
class ComparedMember:
    """A run: its record, curves and last network; None if no weights are kept."""

    record: RunRecord
    history: History
    network: Network | None


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A compared run or group of seeds.

    Attributes:
        chosen: number of the run, or the group.
        members: the run, or the group's runs in the library, oldest first; may be empty for a group in training.
        colour: its colour name, in every view.
        active_group: the group in training; None if it is not in training.
        title: its title among the compared runs: see :func:`named`.
    """

    chosen: Chosen
    members: tuple[ComparedMember, ...]
    colour: str
    active_group: ActiveGroup | None = None
    title: RunName = field(default_factory=lambda: RunName(""))

    @property
    def is_group(self) -> bool:
        """Whether there are several runs, or will be."""
        return self.count > 1

    @property
    def count(self) -> int:
        """The final number of runs."""
        return max(len(self.members), 0 if self.active_group is None else self.active_group.seeds)

    @cached_property
    def records(self) -> list[RunRecord]:
        """The records of all runs."""
        return [member.record for member in self.members]

    @cached_property
    def middle(self) -> ComparedMember | None:
        """The median run, which represents the group: see :func:`~nnviz.session.seeds.middle_of`."""
        return self.members[self.records.index(middle_of(self.records))] if self.members else None

    @property
    def record(self) -> RunRecord | None:
        """The record of the median run; None without a finished run."""
        return None if self.middle is None else self.middle.record

    @property
    def network(self) -> Network | None:
        """The network of the median run."""
        return None if self.middle is None else self.middle.network

    @property
    def experiment(self) -> Experiment:
        """The experiment. Raises LibraryError if it cannot be read."""
        if self.record is not None:
            return self.record.experiment
        assert self.active_group is not None, "else it would not be compared"
        return self.active_group.experiment

    @property
    def data(self) -> str:
        """Title of its data."""
        if self.record is not None:
            return self.record.data
        return "" if self.active_group is None else self.active_group.data

    @property
    def subject(self) -> Subject:
        """The settings and data from which its title is made."""
        if self.records:
            found = subject_of(self.records, says_diverged=True)
            is_growing = self.active_group is not None  # its name stays the same while runs join it
            return found._replace(number="", seeds="") if is_growing else found
        assert self.active_group is not None, "else it would not be compared"
        made = self.active_group.experiment
        return Subject(settings_of(made, (self.data, made.fingerprint)), "", seeds="" if self.is_group else None)

    @property
    def title_of_middle(self) -> RunName:
        """Title of the median run: "wider · seed 3"."""
        return self.title.before(seed_of(self.record)) if self.is_group and self.record is not None else self.title

    @property
    def lacks_estimates(self) -> bool:
        """Whether the library has no estimates of the first epoch of any of its runs, although it is long enough."""
        return all(
            not each.history.early and (not each.record.batches or bool(estimated_steps(each.record.batches)))
            for each in self.members
        )

    def curves(
        self, figure: str, going: Mapping[int, ActiveRun], with_estimates: bool = False
    ) -> list[tuple[str, Curve]]:
        """Returns the curve of a figure ("test_error") for each run, after its distinction: "seed 3".

        Args:
            going: the runs in training, by seed. The longer curve of a seed counts, live or from the library.
            with_estimates: whether a curve from the library has the estimates of its first epoch.
        """
        part, _, quantity = figure.partition("_")
        left, found = dict(going), []
        for member in self.members:
            seed, curves = seed_number(member.record), getattr(member.history, quantity)
            curve = curves.joined(part) if with_estimates else getattr(curves, part)
            run = None if seed is None else left.pop(seed, None)
            is_further = run is not None and run.epoch > member.record.epochs
            found.append((seed_of(member.record), run.curve(figure) if run is not None and is_further else curve))
        return found + [(f"seed {seed}", run.curve(figure)) for seed, run in left.items()]


def named(runs: Sequence[ComparedRun]) -> tuple[ComparedRun, ...]:
    """Returns the runs with titles that distinguish them; a single run of a group has its seed."""
    subjects = [run.subject for run in runs]
    known = [subject.settings for subject in subjects if subject.settings is not None]
    among, most = (shared(known), common(known)) if len(known) > 1 else (None, None)
    found = []
    for run, subject in zip(runs, subjects, strict=True):
        title = run_name(subject, among, most)
        is_of_group = isinstance(run.chosen, int) and run.record is not None and run.record.sweep is not None
        if subject.name and is_of_group and run.record is not None:
            title = title.before(seed_of(run.record))
        found.append(run if title.forms == run.title.forms else replace(run, title=title))
    return tuple(found)


Content = tuple[ComparedMember, ...]


def read_contents(
    library: Library, chosen: list[Chosen], known: dict[Chosen, list[RunRecord]]
) -> dict[Chosen, Content | None]:
    """Reads the runs that have changed; None for a deleted one."""
    found: dict[Chosen, Content | None] = {}
    for each in chosen:
        runs = library.runs_of_group(each) if isinstance(each, RunGroup) else [each]
        kept = library.records(runs)
        records = [kept[run] for run in runs if run in kept]
        if isinstance(each, RunGroup) and not each.is_of_plan:
            records = list({seed_of(record): record for record in records}.values())  # equal seeds make equal runs
        if not records:
            found[each] = None
        elif records != known.get(each):
            found[each] = tuple(_member(library, record) for record in records)
    return found


def _member(library: Library, record: RunRecord) -> ComparedMember:
    try:
        network = library.network(record.id)
    except UnknownRunError:
        network = None
    return ComparedMember(record, library.history(record.id), network)
