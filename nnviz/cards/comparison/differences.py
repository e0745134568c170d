"""The differences of compared runs in settings and figures, also relative to the baseline.

A group of seeds is one column: settings without the seed, figures as medians, the best one with its range.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count
from engine.experiment import Experiment
from engine.sweeps.significance import GroupComparison, compare_groups
from engine.training.optimizers import OPTIMIZERS
from nnviz.cards.comparison.conclusion import significance_conclusion, single_runs_conclusion
from nnviz.cards.comparison.differences_table import DifferenceCell, DifferenceRow
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.result_text import format_test, format_wins
from nnviz.formatting.run_name import short_names
from nnviz.formatting.setting_text import setting_name, setting_value
from nnviz.formatting.units import unit_of
from nnviz.library import RunRecord
from nnviz.library.schema import FIGURES
from nnviz.session.compared_run import ComparedRun
from nnviz.session.seeds import Chosen, main_figure, value_of, values_of

_NAMES = {"shape": "layers", "data": "data", "data_settings": "settings of the data"}
_OF_ONE = ("shape", "activations", "optimizer", "learning_rate", "batch_size", "epochs", "seed")  # shown of one run
_LEFT_OUT = {"fingerprint", "evaluate"}
_FEW = 0.005  # of a difference in percent: smaller ones are written as 0.00


Live = Mapping[Chosen, Sequence[Mapping[str, float]]]  # of groups in training, the latest figures of each run


def differing_rows(
    runs: Sequence[ComparedRun], baseline: Chosen | None, live: Live | None = None
) -> list[DifferenceRow]:
    """Returns a row for each setting and each figure that differs between the runs; of one run all that matter.

    Figures of a group in training are those of its finished runs, or else the ``live`` measurements. While a group is
    in training all figures are included, so that rows do not appear and disappear.
    """
    base = _place_of(baseline, runs)
    is_alone = len(runs) == 1
    about = (_origin(runs), *_settings(runs))
    rows = [row for row in about if _differs(row) or (is_alone and row.cells[0].text != "—")]
    is_going = any(run.active_group is not None for run in runs)
    for figure in _FIGURES:
        values = [figure.values(run) or _so_far(figure, run, live or {}) for run in runs]
        if any(values):
            medians = _medians(figure, runs, values, base)
            ranges = [_range(figure, runs, values)] if figure.is_strong and any(run.is_group for run in runs) else []
            if is_going or is_alone or any(map(_differs, (medians, *ranges))):
                rows += [medians, *ranges]  # a range is read with its figure
    return rows


def reason_without_differences(runs: Sequence[ComparedRun], baseline: Chosen | None) -> str:
    """Returns why figures have no difference to the baseline; empty if they have."""
    others = [run for run in runs if _data_of(run) != _data_of(runs[_place_of(baseline, runs)])]
    named = ", ".join(f"{run.title.within(30)} ({text.name(run.data)})" for run in others)
    return f"Not comparable, because trained on other data than the baseline: {named}." if others else ""


def _place_of(baseline: Chosen | None, runs: Sequence[ComparedRun]) -> int:
    return next((number for number, run in enumerate(runs) if run.chosen == baseline), 0)


def _so_far(figure: _FigureKind, run: ComparedRun, live: Live) -> list[float]:
    """Returns the measurements of a group without a finished run, ascending."""
    return sorted(found[figure.name] for found in live.get(run.chosen, ()) if figure.name in found)


def _differs(row: DifferenceRow) -> bool:
    return len({cell.text for cell in row.cells}) > 1


@dataclass(frozen=True)
class SeedComparison:
    """The comparison of groups of seeds with one of them.

    Attributes:
        base: the name of that group, the baseline if it is a group.
        figure: the figure by which they are compared, as in the table.
        found: the name of each other group, and its comparison with that one.
    """

    base: str
    figure: str
    found: list[tuple[str, GroupComparison]]

    @property
    def conclusion(self) -> Conclusion:
        """Whether the errors of the others are significantly lower or higher."""
        return significance_conclusion(self.base, self.found)

    @property
    def figures(self) -> str:
        """The figures of the conclusion, in a line."""
        if len(self.found) == 1:
            return format_test(self.found[0][1], self.figure)
        wins = ", ".join(f"{name} in {format_wins(one)}" for name, one in self.found)
        return f"Lower {self.figure} than {self.base}: {wins}. Mann-Whitney test."


def compare_seeds(runs: Sequence[ComparedRun], baseline: Chosen | None) -> SeedComparison | None:
    """Returns the comparison of groups with the baseline, or with the first group; None without two measured groups.

    Groups that were trained on other data are left out, because their figures cannot be compared.
    """
    groups = sorted((run for run in runs if run.is_group), key=lambda run: run.chosen != baseline)
    groups = [run for run in groups if _data_of(run) == _data_of(groups[0])]
    figure = main_figure([record for run in groups for record in run.records])
    values = [(name, values_of(run.records, figure)) for name, run in zip(_names(groups), groups, strict=True)]
    (base, measured), *others = [each for each in values if each[1]] or [("", [])]
    if not others:
        return None
    found = [(name, compare_groups(each, measured)) for name, each in others]
    return SeedComparison(base, _kind_of(figure).title, found)


def chart_conclusion(runs: Sequence[ComparedRun], baseline: Chosen | None) -> Conclusion | None:
    """Returns what the comparison of runs concludes, then how it is known; None without a run."""
    if not runs:
        return None
    alike = [run for run in runs if _data_of(run) == _data_of(runs[_place_of(baseline, runs)])]
    unlike = reason_without_differences(runs, baseline)
    if seeds := compare_seeds(runs, baseline):
        found = seeds.conclusion
        return Conclusion(found.lead, found.rest, " ".join(filter(None, (seeds.figures, found.last, unlike))))
    if len(alike) == 1:
        found = _achieved(alike[0])
        return Conclusion(found.lead, found.rest if len(runs) == 1 else "", unlike)
    if any(run.active_group is not None for run in alike):
        return Conclusion("Too early to tell: seeds are still in training.", "", unlike)
    names = _names(alike)
    alone = [name for name, run in zip(names, alike, strict=True) if not run.is_group]
    about = single_runs_conclusion(alone if len(alone) < len(alike) else [], _differ_in_seed_only(alike))
    figure = main_figure([record for run in alike for record in run.records])
    values = [(values_of(run.records, figure), name) for name, run in zip(names, alike, strict=True)]
    if _differ_in_seed_only(alike) or not all(found for found, _ in values):
        return Conclusion(about.lead, "", unlike)
    (best, name), (second, _), *_ = sorted((statistics.median(found), name) for found, name in values)
    kind = _kind_of(figure)
    if best == second:
        return Conclusion(f"No run has a lower {kind.title} than all others.", about.lead, unlike)
    unit = "" if alike[0].record is None else unit_of(alike[0].record.target)
    return Conclusion(f"{name} has the lowest {kind.title}: {kind.words(best, unit)}.", about.lead, unlike)


def _achieved(run: ComparedRun) -> Conclusion:
    """Returns the main figure of a run, or of a group the range of its runs."""
    figure = main_figure(run.records)
    kind, values = _kind_of(figure), values_of(run.records, figure)
    more = "Click another run in the list to compare them."
    if run.record is None or not values:
        words = "in training" if run.active_group is not None else "not measured"
        return Conclusion(f"{run.title.forms[-1]}: {words}.", more)
    unit, title = unit_of(run.record.target), f"{kind.title[0].upper()}{kind.title[1:]}"
    middle = kind.words(statistics.median(values), unit)
    if len(values) > 1:
        return Conclusion(f"{title} of {len(values)} seeds: median {middle}, range {kind.range(values)}.", more)
    at = text.epochs(run.record.epochs if run.record.figures_before is None else run.record.figures_before)
    return Conclusion(f"{title} {middle} after {at} epoch{'' if at == '1' else 's'}.", more)


def _kind_of(figure: str) -> _FigureKind:
    return next(each for each in _FIGURES if each.name == figure)


def _differ_in_seed_only(runs: Sequence[ComparedRun]) -> bool:
    """Whether runs were trained from the start with the same settings, for as many epochs, and with other seeds."""
    made = [(_experiment(run), run.record) for run in runs]
    found = [(each, record) for each, record in made if each is not None and record is not None]
    seeds = {each.seed for each, _ in found}
    trained = {(each.changed(seed=0), record.epochs, record.left_at) for each, record in found}
    return len(seeds) == len(runs) and len(trained) == 1 and found[0][1].left_at is None


def _names(runs: Sequence[ComparedRun]) -> list[str]:
    return short_names([run.title for run in runs])


def _data_of(run: ComparedRun) -> tuple[str, str]:
    made = _experiment(run)
    return run.data, "" if made is None else made.fingerprint


def _origin(runs: Sequence[ComparedRun]) -> DifferenceRow:
    """Returns where a branch left its parent."""
    return DifferenceRow("branch", tuple(DifferenceCell(_beginning(run.record)) for run in runs))


def _beginning(record: RunRecord | None) -> str:
    if record is None or record.left_at is None:
        return "—"
    return f"from epoch {text.epochs(record.left_at, record.batches)} of {_parent(record.parent)}"


def _parent(run: int | None) -> str:
    return "a deleted run" if run is None else f"run {run}"


def _dated(cell: DifferenceCell, record: RunRecord) -> DifferenceCell:
    """Returns a figure with its epoch if it is of another epoch than the network: "2.67 % at epoch 8"."""
    at = None if cell.text == "—" else record.figures_before
    return cell if at is None else cell._replace(text=f"{cell.text} at epoch {text.epochs(at)}")


def _settings(runs: Sequence[ComparedRun]) -> list[DifferenceRow]:
    made = [_experiment(run) for run in runs]
    first = next((each for each in made if each is not None), None)
    if first is None:
        return []
    differing = (name for each in made if each is not None for name in first.difference(each))
    names = dict.fromkeys(_OF_ONE if len(runs) == 1 else differing)
    if any(run.is_group for run in runs):
        names.pop("seed", None)
    rows = [DifferenceRow("data", tuple(DifferenceCell(text.name(run.data)) for run in runs))]
    for name in names:
        if name not in _LEFT_OUT and name != "data":
            cells = tuple(DifferenceCell("—" if each is None else _value(name, each.value(name))) for each in made)
            rows.append(DifferenceRow(_NAMES.get(name, setting_name(name)), cells))
    counts = [None if each is None else parameter_count(each.shape) for each in made]
    rows.append(DifferenceRow("parameters", tuple(DifferenceCell("—" if n is None else text.count(n)) for n in counts)))
    return rows


def _experiment(run: ComparedRun) -> Experiment | None:
    try:
        return run.experiment
    except EngineError:
        return None


def _value(name: str, value: object) -> str:
    if name == "optimizer":
        return OPTIMIZERS[str(value)].label
    return text.plain(setting_value(value), 60)


@dataclass(frozen=True)
class _FigureKind:
    """A kind of figure: its key, its title in the table, and how values (without unit) and differences are written."""

    name: str
    title: str
    write: Callable[[float], str]
    delta: Callable[[float], str]
    is_strong: bool = False

    def values(self, run: ComparedRun) -> list[float]:
        """Returns the values of the runs that have them, ascending; infinite for a diverged run of a group."""
        if run.is_group:
            return values_of(run.records, self.name)
        record = run.record
        if record is None:
            return []
        value = record.figures.get(self.name) if self.name in FIGURES else value_of(record, self.name)
        return [] if value is None else [value]

    def range(self, values: Sequence[float]) -> str:
        """Returns "2.20 – 2.60", without the unit."""
        return " – ".join(map(self._number, (values[0], values[-1])))

    def words(self, value: float, unit: str) -> str:
        """Returns "2.67 %", or "2.94 mpg" for an RMSE whose target has a unit."""
        of = "%" if self.name.endswith("_error") else unit if self.name.endswith("_rmse") else ""
        return f"{self._number(value)} {of}".rstrip() if math.isfinite(value) else self._number(value)

    def _number(self, value: float) -> str:
        return self.write(value) if math.isfinite(value) else "diverged"


def _signed(difference: float) -> str:
    return text.signed(difference, 2)


def _points(difference: float) -> str:
    """Returns a difference of shares in percentage points."""
    percent = 100 * difference
    return "±0.00" if abs(percent) < _FEW else f"{percent:+.2f}".replace("-", "−")


_FIGURES = (
    _FigureKind("test_error", "test error", text.percentage, _points, True),
    _FigureKind("validation_error", "validation error", text.percentage, _points),
    _FigureKind("train_error", "training error", text.percentage, _points),
    _FigureKind("test_rmse", "test RMSE", text.steady, _signed, True),
    _FigureKind("validation_rmse", "validation RMSE", text.steady, _signed),
    _FigureKind("train_rmse", "training RMSE", text.steady, _signed),
    _FigureKind("test_r2", "test R²", text.steady, _signed),
    _FigureKind("test_loss", "test loss", text.steady, _signed),
    _FigureKind("train_loss", "training loss", text.steady, _signed),
    _FigureKind("epochs", "epochs trained", text.epochs, _signed),
    _FigureKind("seconds", "seconds", lambda value: text.figure(value, 3), _signed),
)
# The others are measured at the end of an epoch, and compare only between runs of the same data.
_AT_ANY_TIME = {"epochs", "seconds"}


def _medians(
    figure: _FigureKind, runs: Sequence[ComparedRun], values: Sequence[Sequence[float]], base: int
) -> DifferenceRow:
    """Returns the figure of each run; for a group the median."""
    found = [statistics.median(each) if each else None for each in values]
    cells = []
    for number, (run, measured) in enumerate(zip(runs, values, strict=True)):
        tip = f"median of {_of(run, measured)}: {figure.range(measured)}" if run.is_group and measured else ""
        is_like = figure.name in _AT_ANY_TIME or _data_of(run) == _data_of(runs[base])
        unit = "" if run.record is None else unit_of(run.record.target)
        cell = _cell(figure, found[number], found[base] if is_like and number != base else None, tip, unit)
        is_dated = not run.is_group and run.record is not None and figure.name not in _AT_ANY_TIME
        cells.append(_dated(cell, run.record) if is_dated and run.record is not None else cell)
    return DifferenceRow(_called(figure, runs), tuple(cells), figure.is_strong)


def _of(run: ComparedRun, measured: Sequence[float]) -> str:
    """Returns the number of measured runs: "5"; "2 of 5", or "1 of 5, still learning"."""
    count = f"{len(measured)}" if len(measured) == run.count else f"{len(measured)} of {run.count}"
    return f"{count}, in training" if not run.members else count


def _called(figure: _FigureKind, runs: Sequence[ComparedRun]) -> str:
    """Returns "test error, median of 5", or "so far"; only the name for the figures below it."""
    sizes = {run.count for run in runs if run.is_group}
    if not sizes or not figure.is_strong:
        return figure.title
    if any(run.active_group is not None for run in runs):
        return f"{figure.title} so far"
    return f"{figure.title}, median of {sizes.pop()}" if len(sizes) == 1 else f"{figure.title}, median"


def _cell(figure: _FigureKind, value: float | None, base: float | None, tip: str, unit: str) -> DifferenceCell:
    if value is None:
        return DifferenceCell("—")
    is_told = base is not None and math.isfinite(value) and math.isfinite(base)
    delta = figure.delta(value - base) if is_told and base is not None else ""
    return DifferenceCell(figure.words(value, unit), delta, tip)


def _range(figure: _FigureKind, runs: Sequence[ComparedRun], values: Sequence[Sequence[float]]) -> DifferenceRow:
    """Returns the range of a group, with the number of runs if not all were measured."""
    cells = []
    for run, measured in zip(runs, values, strict=True):
        found = measured if run.is_group else ()
        told = [figure.range(found)] if len(found) > 1 else []
        missing = [f"n = {len(found)} of {run.count}"] if found and len(found) < run.count else []
        cells.append(DifferenceCell(", ".join(told + missing)))
    return DifferenceRow("lowest – highest", tuple(cells))
