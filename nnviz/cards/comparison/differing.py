"""In which settings and figures the compared runs differ, in words, and by how much from the baseline.

A group of seeds is one column: the settings without the seed, figures as medians, the best one with its range.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count
from engine.experiment import Experiment
from engine.sweeps.significance import LEAST_SEEDS, compare_groups
from engine.training.optimizers import OPTIMIZERS
from nnviz.cards.comparison.differ_table import DifferCell, DifferRow
from nnviz.formatting import text
from nnviz.formatting.results import words_of_pairs
from nnviz.formatting.setting_words import setting_name, setting_value
from nnviz.formatting.units import unit_of
from nnviz.library import RunRecord
from nnviz.library.schema import FIGURES
from nnviz.session.compared import Compared
from nnviz.session.seeds import Chosen, main_figure, value_of, values_of

_NAMES = {"shape": "layers", "data": "data", "data_settings": "settings of the data"}
_LEFT_OUT = {"fingerprint", "evaluate"}
_FEW = 0.005  # of a difference in percent: smaller ones are written as 0.00


Live = Mapping[Chosen, Sequence[Mapping[str, float]]]  # of groups under way, the latest figures of each run


def differing(runs: Sequence[Compared], baseline: Chosen | None, live: Live | None = None) -> list[DifferRow]:
    """A row for each setting and each figure that is not the same in all of them.

    Figures of a group under way are those of its runs that are done, or else what was measured ``live`` so far. While
    there is such a group all figures are told, so that no row comes and goes.
    """
    base = _place_of(baseline, runs)
    rows = [row for row in (_origin(runs), *_settings(runs)) if _differs(row)]
    is_going = any(run.under_way is not None for run in runs)
    for figure in _FIGURES:
        values = [figure.values(run) or _so_far(figure, run, live or {}) for run in runs]
        if any(values):
            medians = _medians(figure, runs, values, base)
            ranges = [_range(figure, runs, values)] if figure.is_strong and any(run.is_group for run in runs) else []
            rows += [row for row in (medians, *ranges) if is_going or _differs(medians) or _differs(row)]
    return rows


def why_no_differences(runs: Sequence[Compared], baseline: Chosen | None) -> str:
    """Why there are no differences to the baseline in the figures of some runs; empty if there are."""
    others = [run for run in runs if _data_of(run) != _data_of(runs[_place_of(baseline, runs)])]
    named = ", ".join(f"{run.title.within(30)} ({text.name(run.data)})" for run in others)
    return f"Trained on other data than the baseline, so their figures do not compare: {named}." if others else ""


def _place_of(baseline: Chosen | None, runs: Sequence[Compared]) -> int:
    return next((number for number, run in enumerate(runs) if run.chosen == baseline), 0)


def _so_far(figure: _Figure, run: Compared, live: Live) -> list[float]:
    """What was measured of the runs of a group of which none is done, ascending."""
    return sorted(found[figure.name] for found in live.get(run.chosen, ()) if figure.name in found)


def _differs(row: DifferRow) -> bool:
    return len({cell.text for cell in row.cells}) > 1


def verdicts(runs: Sequence[Compared], baseline: Chosen | None) -> list[str]:
    """Which groups are better than the baseline, or than the first one where that is no group, and how sure that is.

    Nothing of those that learned from other data: their figures tell nothing about which is better.
    """
    found = sorted((run for run in runs if run.is_group), key=lambda run: run.chosen != baseline)
    groups = [run for run in found[1:] if _data_of(run) == _data_of(found[0])]
    if not groups:
        return []
    base = found[0]
    figure = main_figure([record for run in (base, *groups) for record in run.records])
    name = next(each.title for each in _FIGURES if each.name == figure)
    values = {run: values_of(run.records, figure) for run in (base, *groups)}
    counted = [run for run in groups if min(len(values[run]), len(values[base])) >= LEAST_SEEDS]
    if not counted:
        return [f"Which is better, and how sure that is, can be told from {LEAST_SEEDS} seeds of each on."]
    return [words_of_pairs(compare_groups(values[run], values[base]), run.title, base.title, name) for run in counted]


def _data_of(run: Compared) -> tuple[str, str]:
    made = _experiment(run)
    return run.data, "" if made is None else made.fingerprint


def _origin(runs: Sequence[Compared]) -> DifferRow:
    """Where a branch left the run that it came from."""
    return DifferRow("branch", tuple(DifferCell(_beginning(run.record)) for run in runs))


def _beginning(record: RunRecord | None) -> str:
    if record is None or record.left_at is None:
        return "—"
    return f"from epoch {text.epochs(record.left_at, record.batches)} of {_parent(record.parent)}"


def _parent(run: int | None) -> str:
    return "a run that is gone" if run is None else f"run {run}"


def _dated(cell: DifferCell, record: RunRecord) -> DifferCell:
    """A figure that says of which epoch it is, if the network is of another: "2.67 % at epoch 8"."""
    at = None if cell.text == "—" else record.figures_before
    return cell if at is None else cell._replace(text=f"{cell.text} at epoch {text.epochs(at)}")


def _settings(runs: Sequence[Compared]) -> list[DifferRow]:
    made = [_experiment(run) for run in runs]
    first = next((each for each in made if each is not None), None)
    if first is None:
        return []
    names = dict.fromkeys(name for each in made if each is not None for name in first.difference(each))
    if any(run.is_group for run in runs):
        names.pop("seed", None)
    rows = [DifferRow("data", tuple(DifferCell(text.name(run.data)) for run in runs))]
    for name in names:
        if name not in _LEFT_OUT and name != "data":
            cells = tuple(DifferCell("—" if each is None else _value(name, each.value(name))) for each in made)
            rows.append(DifferRow(_NAMES.get(name, setting_name(name)), cells))
    counts = [None if each is None else parameter_count(each.shape) for each in made]
    rows.append(DifferRow("parameters", tuple(DifferCell("—" if n is None else text.count(n)) for n in counts)))
    return rows


def _experiment(run: Compared) -> Experiment | None:
    try:
        return run.experiment
    except EngineError:
        return None


def _value(name: str, value: object) -> str:
    if name == "optimizer":
        return OPTIMIZERS[str(value)].label
    return text.plain(setting_value(value), 60)


@dataclass(frozen=True)
class _Figure:
    """A figure: its name, what it is called in the table, and how it and a difference are written."""

    name: str
    title: str
    write: Callable[[float], str]
    delta: Callable[[float], str]
    is_strong: bool = False

    def values(self, run: Compared) -> list[float]:
        """Of the runs that have it, ascending; of a group that of one that diverged is infinite."""
        if run.is_group:
            return values_of(run.records, self.name)
        record = run.record
        if record is None:
            return []
        value = record.figures.get(self.name) if self.name in FIGURES else value_of(record, self.name)
        return [] if value is None else [value]

    def range(self, values: Sequence[float]) -> str:
        """ "2.20 – 2.60", without the unit."""
        return " – ".join(self.words(value).removesuffix(" %") for value in (values[0], values[-1]))

    def words(self, value: float, unit: str = "") -> str:
        """ "2.67 %", "2.94 mpg": an RMSE with the unit of the target, if that is known."""
        of = unit if self.name.endswith("_rmse") else ""
        return f"{self.write(value)} {of}".rstrip() if math.isfinite(value) else "diverged"


def _signed(difference: float) -> str:
    return text.signed(difference, 2)


def _points(difference: float) -> str:
    """A difference of shares, in percentage points."""
    percent = 100 * difference
    return "±0.00" if abs(percent) < _FEW else f"{percent:+.2f}".replace("-", "−")


_FIGURES = (
    _Figure("test_error", "test error", text.percent, _points, True),
    _Figure("validation_error", "validation error", text.percent, _points),
    _Figure("train_error", "train error", text.percent, _points),
    _Figure("test_rmse", "test RMSE", text.steady, _signed, True),
    _Figure("validation_rmse", "validation RMSE", text.steady, _signed),
    _Figure("train_rmse", "train RMSE", text.steady, _signed),
    _Figure("test_r2", "test R²", text.steady, _signed),
    _Figure("test_loss", "test loss", text.steady, _signed),
    _Figure("train_loss", "train loss", text.steady, _signed),
    _Figure("epochs", "epochs trained", text.epochs, _signed),
    _Figure("seconds", "seconds", lambda value: text.figure(value, 3), _signed),
)
# The others are measured at the end of an epoch, and compare only between runs of the same data.
_AT_ANY_TIME = {"epochs", "seconds"}


def _medians(figure: _Figure, runs: Sequence[Compared], values: Sequence[Sequence[float]], base: int) -> DifferRow:
    """The figure of each run, of a group the median."""
    found = [statistics.median(each) if each else None for each in values]
    cells = []
    for number, (run, measured) in enumerate(zip(runs, values, strict=True)):
        tip = f"median of {_of(run, measured)}: {figure.range(measured)}" if run.is_group and measured else ""
        is_like = figure.name in _AT_ANY_TIME or _data_of(run) == _data_of(runs[base])
        unit = "" if run.record is None else unit_of(run.record.target)
        cell = _cell(figure, found[number], found[base] if is_like and number != base else None, tip, unit)
        is_dated = not run.is_group and run.record is not None and figure.name not in _AT_ANY_TIME
        cells.append(_dated(cell, run.record) if is_dated and run.record is not None else cell)
    return DifferRow(_called(figure, runs), tuple(cells), figure.is_strong)


def _of(run: Compared, measured: Sequence[float]) -> str:
    """Of how many runs something was measured: "5"; "2 of 5", or "1 of 5, still learning"."""
    count = f"{len(measured)}" if len(measured) == run.count else f"{len(measured)} of {run.count}"
    return f"{count}, still learning" if not run.members else count


def _called(figure: _Figure, runs: Sequence[Compared]) -> str:
    """ "test error, median of 5", or "so far"; of the figures below it only what they are: tooltips tell the rest."""
    sizes = {run.count for run in runs if run.is_group}
    if not sizes or not figure.is_strong:
        return figure.title
    if any(run.under_way is not None for run in runs):
        return f"{figure.title} so far"
    return f"{figure.title}, median of {sizes.pop()}" if len(sizes) == 1 else f"{figure.title}, median"


def _cell(figure: _Figure, value: float | None, base: float | None, tip: str, unit: str) -> DifferCell:
    if value is None:
        return DifferCell("—")
    is_told = base is not None and math.isfinite(value) and math.isfinite(base)
    delta = figure.delta(value - base) if is_told and base is not None else ""
    return DifferCell(figure.words(value, unit), delta, tip)


def _range(figure: _Figure, runs: Sequence[Compared], values: Sequence[Sequence[float]]) -> DifferRow:
    """From the lowest to the highest of a group; of how many runs, where not all were measured."""
    cells = []
    for run, measured in zip(runs, values, strict=True):
        found = measured if run.is_group else ()
        told = [figure.range(found)] if len(found) > 1 else []
        missing = [f"n = {len(found)} of {run.count}"] if found and len(found) < run.count else []
        cells.append(DifferCell(", ".join(told + missing)))
    return DifferRow("lowest – highest", tuple(cells))
