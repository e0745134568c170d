"""The content of a sweep's form as it was typed, unchecked, so that no text is lost."""

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
        name: key of the setting.
        kind: "list", "linear" or "log"; ``DEFAULT`` if nothing was typed: the values then follow the experiment.
        values: the values of a list.
        low, high: the ends of a range.
        points: number of values of a range on a grid.
    """

    name: str
    kind: str = DEFAULT
    values: str = ""
    low: str = ""
    high: str = ""
    points: str = ""


@dataclass(frozen=True)
class SweepFields:
    """All fields. ``DEFAULT`` means the default of :class:`~engine.sweeps.plan.Plan`.

    Attributes:
        rows: the settings that vary.
        sampler, rule: how trials are sampled; the pruning rule.
        runs, minutes: the largest number of runs; the largest duration.
        seeds: number of seeds per trial.
    """

    rows: tuple[VariedSetting, ...] = (VariedSetting("learning_rate"),)
    sampler: str = DEFAULT
    rule: str = DEFAULT
    runs: str = DEFAULT
    minutes: str = DEFAULT
    seeds: str = "3"

    def row(self, name: str) -> VariedSetting | None:
        """Returns the row of that setting; None if there is none."""
        return next((row for row in self.rows if row.name == name), None)

    def with_row(self, row: VariedSetting) -> SweepFields:
        """Returns a copy in which that row replaces the row of the same setting, or is appended."""
        if self.row(row.name) is None:
            return replace(self, rows=(*self.rows, row))
        return replace(self, rows=tuple(row if each.name == row.name else each for each in self.rows))

    def without(self, name: str) -> SweepFields:
        """Returns a copy without the row of that setting."""
        return replace(self, rows=tuple(each for each in self.rows if each.name != name))

    def as_dict(self) -> dict[str, Any]:
        """Returns all fields in types that JSON can hold."""
        return asdict(self) | {"rows": [asdict(row) for row in self.rows]}


def fields_from_dict(document: object) -> SweepFields | None:
    """Returns the inverse of :meth:`SweepFields.as_dict`; None for an invalid document."""
    if not isinstance(document, Mapping) or not isinstance(document.get("rows"), list):
        return None
    rows = [_texts(VariedSetting, each) for each in document["rows"][:_MOST_ROWS]]
    known = _texts(SweepFields, {name: value for name, value in document.items() if name != "rows"})
    if known is None or any(row is None or "name" not in row for row in rows):
        return None
    found = {str(row["name"]): VariedSetting(**row) for row in rows if row is not None}
    return SweepFields(rows=tuple(found.values()), **known)


def _texts(kind: Any, entries: object) -> dict[str, Any] | None:
    """Returns the entries that are fields of a data class; None if one of them is not a short text."""
    if not isinstance(entries, Mapping):
        return None
    known = {each.name: entries[each.name] for each in fields(kind) if each.name in entries}
    is_good = all(isinstance(value, str) and len(value) <= _LONGEST for value in known.values())
    return known if is_good else None
