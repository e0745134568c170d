"""Parses a sweep's form into a plan or problems of fields, and proposes values that suit an experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from engine.basics.errors import EngineError, SettingError
from engine.basics.validation import parse_number, parse_whole
from engine.datasets import Dataset
from engine.experiment import DECLARED, MILD, Experiment
from engine.sweeps.plan import SWEEP, Plan, consecutive_seeds, default_pruning, default_sampler
from engine.sweeps.pruning import check_rule_installed
from engine.sweeps.samplers import check_sampler_installed
from engine.sweeps.search_space import (
    LINEAR,
    LIST,
    LOG,
    POINTS,
    VARIABLE_SETTINGS,
    Dimension,
    choices_of,
    format_value,
    is_numeric,
    is_whole,
    make_range,
    parse_list,
    with_values,
)
from nnviz.cards.sweep.fields import DEFAULT, SweepFields, VariedSetting
from nnviz.formatting.setting_text import error_words, setting_name
from nnviz.formatting.text import regrouped

T = TypeVar("T")
_NOTHING_VARIES = "No setting varies. Add a setting."
_FACTOR = 10.0  # below and above the present value, on a logarithmic range


@dataclass(frozen=True)
class ParsedForm:
    """The result of parsing the form.

    Attributes:
        rows: the settings that vary, with default values if nothing was typed.
        sampler, rule: the chosen or default sampler and pruning rule.
        plan: the plan; None if there are problems.
        problems: problems by field: "learning_rate.low", "runs", "vary" if nothing varies.
    """

    rows: tuple[VariedSetting, ...]
    sampler: str
    rule: str
    plan: Plan | None
    problems: Mapping[str, str]


def parse_form(fields: SweepFields, base: Experiment, dataset: Dataset) -> ParsedForm:
    """Parses the fields for an experiment that fits the data."""
    rows = tuple(with_default_values(row, base, dataset) for row in fields.rows if row.name in VARIABLE_SETTINGS)
    found = _FieldReader()
    vary = [each for row in rows if (each := _varied(found, row)) is not None]
    sampler = fields.sampler or default_sampler(row.kind for row in rows)  # also while one is wrong
    rule = fields.rule or default_pruning(sampler)
    if not rows:
        found.note("vary", _NOTHING_VARIES)
    with found.at("sampler"):
        check_sampler_installed(sampler)
    with found.at("prune"):
        check_rule_installed(rule)
    plan = _plan(found, fields, base, vary, (sampler, rule)) if vary else None
    held = None if plan is None else plan.with_held_out(dataset)
    for each in vary if held is not None else ():
        _check(found, held, each, dataset)
    return ParsedForm(rows, sampler, rule, None if found.problems else plan, found.problems)


class _FieldReader:
    """Parses texts and collects problems by field."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    @contextmanager
    def at(self, field: str, title: str = "") -> Iterator[None]:
        """Notes an error at that field, whose message uses the field's name."""
        try:
            yield
        except EngineError as error:
            self.note(field, error.message_for(title or setting_name(error.parameter)))

    def note(self, field: str, words: str) -> None:
        """Notes a problem of a field, unless the field has one."""
        self.problems.setdefault(field, regrouped(words[:1].upper() + words[1:]))

    def read(self, field: str, title: str, text: str, read: Callable[[str, str, str], T], example: str) -> T | None:
        """Returns the parsed text; None if it is invalid."""
        with self.at(field, title):
            return read(title, text, example)
        return None


def _varied(found: _FieldReader, row: VariedSetting) -> Dimension | None:
    """Returns the parsed row; None if it is invalid."""
    title = setting_name(row.name)
    if row.kind == LIST:
        with found.at(f"{row.name}.values", title):
            return parse_list(row.name, row.values)
        return None
    low = found.read(f"{row.name}.low", f"{title}, from", row.low, parse_number, "0.01")
    high = found.read(f"{row.name}.high", f"{title}, to", row.high, parse_number, "1")
    points = found.read(f"{row.name}.points", f"{title}, values on the grid", row.points, parse_whole, str(POINTS))
    if low is None or high is None or points is None:
        return None
    where = "points" if points < 2 or points % 1 else "low" if row.kind == LOG and low <= 0 else "high"
    with found.at(f"{row.name}.{where}", title):
        return make_range(row.name, low, high, row.kind, points)
    return None


def _plan(
    found: _FieldReader, fields: SweepFields, base: Experiment, vary: list[Dimension], how: tuple[str, str]
) -> Plan | None:
    runs = found.read("runs", "Runs", fields.runs, parse_whole, "40") if fields.runs else None
    minutes = found.read("minutes", "Time limit", fields.minutes, parse_number, "10") if fields.minutes else None
    count = found.read("seeds", "Seeds", fields.seeds, parse_whole, "3")
    seeds: tuple[int, ...] | None = None
    with found.at("seeds", "Seeds"):
        seeds = None if count is None else consecutive_seeds(base.seed, count)  # type: ignore[arg-type]  # it is checked there
    if seeds is None:
        return None
    sampler, rule = how
    try:
        plan: dict[str, Any] = {"runs": runs, "minutes": minutes, "prune": rule}
        return Plan(SWEEP, (base,), seeds, tuple(vary), sampler, **plan)
    except SettingError as error:
        found.note(error.parameter, str(error))
        return None


def _check(found: _FieldReader, plan: Plan | None, varied: Dimension, dataset: Dataset) -> None:
    """Checks that the values fit the data and the other settings; a problem is noted at the end that does not fit."""
    assert plan is not None
    try:
        plan.check_varied(varied, dataset)
    except EngineError as error:
        names = ("hidden", "shape") if varied.name == "hidden" else (varied.name,)
        words = error_words(error, dict.fromkeys(names, setting_name(varied.name)))
        where = "values" if varied.kind == LIST else "low" if _is_wrong(plan, varied, dataset) else "high"
        found.note(f"{varied.name}.{where}", words)


def _is_wrong(plan: Plan, varied: Dimension, dataset: Dataset) -> bool:
    """Whether the lower end of a range does not fit."""
    try:
        with_values(plan.base, {varied.name: varied.grid()[0]}).check_against(dataset)
    except EngineError:
        return True
    return False


# ---- what suits an experiment


def with_default_values(row: VariedSetting, base: Experiment, dataset: Dataset) -> VariedSetting:
    """Returns the row itself if something was typed into it, else with values around the experiment's."""
    if row.kind != DEFAULT:
        return row
    return (
        default_list(row.name, base, dataset) if not _is_scale(row.name, base) else default_range(row.name, base, LOG)
    )


def _is_scale(name: str, base: Experiment) -> bool:
    """Whether the setting is a positive number that is varied by orders of magnitude."""
    if _worth_trying(name) or not is_numeric(name) or is_whole(name):
        return False
    return _number(name, base) > 0 and not hasattr(MILD, name)


def _worth_trying(name: str) -> tuple[float, ...]:
    return DECLARED[name].worth_trying if name in DECLARED else ()


def _number(name: str, base: Experiment) -> float:
    """Returns the current value as one number: the first layer's, or the first share."""
    value = base.value(name)
    value = value[0] if isinstance(value, tuple) and value else value
    return float(value) if isinstance(value, (int, float)) else 1.0


def default_range(name: str, base: Experiment, kind: str) -> VariedSetting:
    """Returns a range from a tenth of the current value to ten times it, or to twice it for linear ranges."""
    now = _number(name, base)
    low, high = (now / _FACTOR, now * _FACTOR) if kind == LOG else (now / 2, now * 2)
    if not now:
        low, high = (1e-5, 1e-2) if kind == LOG else (0.0, 0.5)
    if is_whole(name):
        low, high = max(1, round(low)), max(2, round(high))
    return VariedSetting(name, kind, "", f"{low:.4g}", f"{high:.4g}", str(POINTS))


def default_list(name: str, base: Experiment, dataset: Dataset) -> VariedSetting:
    """Returns a list of half, once and twice the current value, or of names that fit the data."""
    return VariedSetting(name, LIST, ", ".join(_default_values(name, base, dataset)))


def _default_values(name: str, base: Experiment, dataset: Dataset) -> list[str]:
    if choices := choices_of(name):
        return [each for each in choices if _fits(base, name, each, dataset)]
    if worth := _worth_trying(name):
        return [f"{each:g}" for each in worth]
    if name == "hidden":
        hidden = base.hidden or (32,)
        layers = [tuple(max(1, round(factor * size)) for size in hidden) for factor in (0.5, 1, 2)]
        return list(dict.fromkeys(map(format_value, layers)))
    if hasattr(MILD, name):
        strength = getattr(MILD, name) or 0.1
        return ["0", f"{strength:g}", f"{2 * strength:g}"]
    now, whole = _number(name, base), is_whole(name)
    every = [max(1, round(factor * now)) if whole else factor * now for factor in (0.5, 1, 2)]
    return list(dict.fromkeys(f"{each:g}" for each in every))


def _fits(base: Experiment, name: str, value: str, dataset: Dataset) -> bool:
    try:
        for each in parse_list(name, value).values:
            with_values(base, {name: each}).check_against(dataset)
    except EngineError:
        return False
    return True


def with_kind(row: VariedSetting, kind: str, base: Experiment, dataset: Dataset) -> VariedSetting:
    """Returns the row as another kind: a list of its ends, or a range from its smallest to its largest value."""
    if kind == LIST:
        ends = [each for each in (row.low, row.high) if each]
        return VariedSetting(row.name, LIST, ", ".join(ends)) if ends else default_list(row.name, base, dataset)
    if row.kind in (LINEAR, LOG):
        return replace(row, kind=kind)
    try:
        values = sorted(float(each) for each in parse_list(row.name, row.values).values)
    except (EngineError, TypeError):
        values = []
    if len(values) < 2 or (kind == LOG and values[0] <= 0):
        return default_range(row.name, base, kind)
    return VariedSetting(row.name, kind, "", f"{values[0]:g}", f"{values[-1]:g}", str(POINTS))


# ---- fields for a plan


def fields_of_plan(plan: Plan) -> SweepFields:
    """Returns fields that parse to that plan."""
    rows = tuple(map(_row_of, plan.vary))
    runs, minutes = ("" if each is None else f"{each:.12g}" for each in (plan.runs, plan.minutes))
    return SweepFields(rows, plan.sampler, plan.prune, runs, minutes, str(len(plan.seeds)))


def _row_of(varied: Dimension) -> VariedSetting:
    if varied.kind == LIST:
        return VariedSetting(varied.name, LIST, ", ".join(map(format_value, varied.values)))
    return VariedSetting(varied.name, varied.kind, "", f"{varied.low:.12g}", f"{varied.high:.12g}", str(varied.points))
