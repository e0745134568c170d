"""What is compared: a run or a group of seeds, with the curves and networks that the library has of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.history import History
from engine.network import Network
from nnviz.library import Group, UnknownRunError
from nnviz.session.run_words import title_of_group
from nnviz.session.seeds import Chosen, middle_of, named_first, seed_of

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord


@dataclass(frozen=True, eq=False)
class Member:
    """A run: what the library tells of it, its curves, and its network as it was last; None where none is kept."""

    record: RunRecord
    history: History
    network: Network | None


@dataclass(frozen=True, eq=False)
class Compared:
    """A run that is compared, or a group of seeds.

    Attributes:
        chosen: the number of the run, or the group.
        members: the run, or those of the group, the oldest first.
        parent: what the library tells of the run that it branched off from; None for none.
        colour: the name of its colour, in every view.
    """

    chosen: Chosen
    members: tuple[Member, ...]
    parent: RunRecord | None
    colour: str

    @property
    def is_group(self) -> bool:
        """Whether there are several runs."""
        return len(self.members) > 1

    @cached_property
    def records(self) -> list[RunRecord]:
        """What the library tells of each run."""
        return [member.record for member in self.members]

    @cached_property
    def middle(self) -> Member:
        """The run that stands for all of them where only one can: see :func:`~nnviz.session.seeds.middle_of`."""
        return self.members[self.records.index(middle_of(self.records))]

    @property
    def record(self) -> RunRecord:
        """That of the run in the middle."""
        return self.middle.record

    @property
    def history(self) -> History:
        """That of the run in the middle."""
        return self.middle.history

    @property
    def network(self) -> Network | None:
        """That of the run in the middle."""
        return self.middle.network

    @cached_property
    def title(self) -> str:
        """What it is called; one run of a group with its seed: "wider · seed 3"."""
        title = title_of_group(self.records, self.parent)
        is_of_group = isinstance(self.chosen, int) and self.record.sweep is not None
        return f"{title} · {seed_of(self.record)}" if is_of_group else title

    @property
    def title_of_middle(self) -> str:
        """What the run in the middle is called: "wider · seed 3"."""
        return f"{self.title} · {seed_of(self.record)}" if self.is_group else self.title


Content = tuple[tuple[Member, ...], "RunRecord | None"]


def contents_of(
    library: Library, chosen: list[Chosen], known: dict[Chosen, list[RunRecord]]
) -> dict[Chosen, Content | None]:
    """What is in those that are others than they were; None for one that is gone."""
    found: dict[Chosen, Content | None] = {}
    for each in chosen:
        runs = library.runs_of_group(each) if isinstance(each, Group) else [each]
        kept = library.records(runs)
        records = [kept[run] for run in runs if run in kept]
        if not records:
            found[each] = None
        elif records != known.get(each):
            found[each] = _content(library, records)
    return found


def _content(library: Library, records: list[RunRecord]) -> Content:
    above = named_first(records).parent
    parent = None if above is None else library.records([above]).get(above)
    return tuple(_member(library, record) for record in records), parent


def _member(library: Library, record: RunRecord) -> Member:
    try:
        network = library.network(record.id)
    except UnknownRunError:
        network = None
    return Member(record, library.history(record.id), network)
