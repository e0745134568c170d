"""What stands in the form of a sweep, as it was typed. Nothing here is checked, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

DEFAULT = ""  # where nothing was typed or chosen: as suits the experiment and the other fields
_MOST_ROWS, _LONGEST = 50, 10_000  # settings; characters of a text


@dataclass(frozen=True)
class VariedSetting:
    """A setting that varies, and its values.

    Attributes:
        name: the setting.
        kind: "list", "linear" or "log"; ``DEFAULT`` if nothing was typed: the values then follow the experiment.
        values: of a list.
        low, high: of a range.
        points: of a range, how many values it has on a grid.
    """

    name: str
    kind: str = DEFAULT
    values: str = ""
    low: str = ""
    high: str = ""
    points: str = ""


@dataclass(frozen=True)
class SweepFields:
    """All fields. ``DEFAULT`` in one of them is as :class:`~engine.sweeps.plan.Plan` has it.

    Attributes:
        rows: the settings that vary.
        sampler, rule: how trials are found; by what rule runs are stopped early.
        runs, minutes: how many runs there may be in all, and how long it may take.
        seeds: how many each trial is trained with.
    """

    rows: tuple[VariedSetting, ...] = (VariedSetting("learning_rate"),)
    sampler: str = DEFAULT
    rule: str = DEFAULT
    runs: str = DEFAULT
    minutes: str = DEFAULT
    seeds: str = "3"

    def row(self, name: str) -> VariedSetting | None:
        """The row of that setting."""
        return next((row for row in self.rows if row.name == name), None)

    def with_row(self, row: VariedSetting) -> SweepFields:
        """The same with that row in the place of the one of the same setting; at the end where there is none."""
        if self.row(row.name) is None:
            return replace(self, rows=(*self.rows, row))
        return replace(self, rows=tuple(row if each.name == row.name else each for each in self.rows))

    def without(self, name: str) -> SweepFields:
        """The same without the row of that setting."""
        return replace(self, rows=tuple(each for each in self.rows if each.name != name))

    def as_dict(self) -> dict[str, Any]:
        """All of it in types that JSON can hold."""
        return asdict(self) | {"rows": [asdict(row) for row in self.rows]}


def fields_from_dict(document: object) -> SweepFields | None:
    """The inverse of :meth:`SweepFields.as_dict`; None for anything else."""
    if not isinstance(document, Mapping) or not isinstance(document.get("rows"), list):
        return None
    rows = [_texts(VariedSetting, each) for each in document["rows"][:_MOST_ROWS]]
    known = _texts(SweepFields, {name: value for name, value in document.items() if name != "rows"})
    if known is None or any(row is None or "name" not in row for row in rows):
        return None
    found = {str(row["name"]): VariedSetting(**row) for row in rows if row is not None}
    return SweepFields(rows=tuple(found.values()), **known)


def _texts(kind: Any, entries: object) -> dict[str, Any] | None:
    """The entries that are fields of a data class; None if one of them is no short text."""
    if not isinstance(entries, Mapping):
        return None
    known = {each.name: entries[each.name] for each in fields(kind) if each.name in entries}
    is_good = all(isinstance(value, str) and len(value) <= _LONGEST for value in known.values())
    return known if is_good else None
