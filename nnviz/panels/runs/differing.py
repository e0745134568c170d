"""In which settings and figures the compared runs differ, in words, and by how much from the baseline.

A group of seeds is one column: the settings without the seed, figures as medians, the best one with its range.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import EngineError
from engine.experiment import Experiment
from engine.many.beats import LEAST_SEEDS, compared
from engine.optimizers import OPTIMIZERS
from engine.validation import parameter_count
from nnviz.library import RunRecord
from nnviz.library.schema import FIGURES
from nnviz.look import text
from nnviz.session.compared import Compared
from nnviz.session.run_words import words_of_pairs
from nnviz.session.seeds import Chosen, main_figure, value_of, values_of
from nnviz.session.setting_words import setting_name, setting_value
from nnviz.widgets.runs.differ_table import DifferCell, DifferRow

_NAMES = {"shape": "layers", "data": "data", "data_settings": "settings of the data"}
_LEFT_OUT = {"fingerprint", "evaluate"}
_FEW = 0.005  # of a difference in percent: smaller ones are written as 0.00


def differing(runs: Sequence[Compared], baseline: Chosen | None) -> list[DifferRow]:
    """A row for each setting and each figure that is not the same in all of them."""
    base = next((number for number, run in enumerate(runs) if run.chosen == baseline), 0)
    rows = [row for row in (_origin(runs), *_settings(runs)) if _differs(row)]
    for figure in _FIGURES:
        medians = _medians(figure, runs, base)
        if medians is not None:
            ranges = [_range(figure, runs)] if figure.is_strong and any(run.is_group for run in runs) else []
            rows += [row for row in (medians, *ranges) if _differs(medians) or _differs(row)]
    return rows


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
    return [words_of_pairs(compared(values[run], values[base]), run.title, base.title, name) for run in counted]


def _data_of(run: Compared) -> tuple[str, str]:
    return run.record.data, run.record.fingerprint


def _origin(runs: Sequence[Compared]) -> DifferRow:
    """Where a branch left the run that it came from."""
    return DifferRow("branch", tuple(DifferCell(_beginning(run.record)) for run in runs))


def _beginning(record: RunRecord) -> str:
    if record.left_at is None:
        return "—"
    return f"from epoch {text.epochs(record.left_at, record.batches)} of {_parent(record.parent)}"


def _parent(run: int | None) -> str:
    return "a run that is gone" if run is None else f"run {run}"


def _dated(cell: DifferCell, record: RunRecord) -> DifferCell:
    """A figure that says of which epoch it is, if the network is of another: "2.67 % at epoch 8"."""
    at = None if cell.text == "—" else record.figures_before
    return cell if at is None else cell._replace(text=f"{cell.text} at epoch {text.epochs(at)}")


def _settings(runs: Sequence[Compared]) -> list[DifferRow]:
    made = [_experiment(run.record) for run in runs]
    first = next((each for each in made if each is not None), None)
    if first is None:
        return []
    names = dict.fromkeys(name for each in made if each is not None for name in first.difference(each))
    if any(run.is_group for run in runs):
        names.pop("seed", None)
    rows = [DifferRow("data", tuple(DifferCell(text.name(run.record.data)) for run in runs))]
    for name in names:
        if name not in _LEFT_OUT and name != "data":
            cells = tuple(DifferCell("—" if each is None else _value(name, each.value(name))) for each in made)
            rows.append(DifferRow(_NAMES.get(name, setting_name(name)), cells))
    counts = [None if each is None else parameter_count(each.shape) for each in made]
    rows.append(DifferRow("parameters", tuple(DifferCell("—" if n is None else text.count(n)) for n in counts)))
    return rows


def _experiment(record: RunRecord) -> Experiment | None:
    try:
        return record.experiment
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
        value = run.record.figures.get(self.name) if self.name in FIGURES else value_of(run.record, self.name)
        return [] if value is None else [value]

    def range(self, values: Sequence[float]) -> str:
        """ "2.20 – 2.60", without the unit."""
        return " – ".join(self.words(value).removesuffix(" %") for value in (values[0], values[-1]))

    def words(self, value: float) -> str:
        return self.write(value) if math.isfinite(value) else "diverged"


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
_AT_ANY_TIME = {"epochs", "seconds"}  # the others are measured at the end of an epoch


def _medians(figure: _Figure, runs: Sequence[Compared], base: int) -> DifferRow | None:
    """The figure of each run, of a group the median; None where it was measured of none."""
    values = [figure.values(run) for run in runs]
    if not any(values):
        return None
    found = [statistics.median(each) if each else None for each in values]
    cells = []
    for number, (run, measured) in enumerate(zip(runs, values, strict=True)):
        is_told = run.is_group and measured
        tip = f"median of {len(measured)}: {figure.range(measured)}" if is_told else ""
        cell = _cell(figure, found[number], None if number == base else found[base], tip)
        cells.append(cell if run.is_group or figure.name in _AT_ANY_TIME else _dated(cell, run.record))
    return DifferRow(_called(figure, runs), tuple(cells), figure.is_strong)


def _called(figure: _Figure, runs: Sequence[Compared]) -> str:
    """ "test error, median of 5"; of the figures below it only what they are: their tooltips tell the rest."""
    sizes = {len(run.members) for run in runs if run.is_group}
    if not sizes or not figure.is_strong:
        return figure.title
    return f"{figure.title}, median of {sizes.pop()}" if len(sizes) == 1 else f"{figure.title}, median"


def _cell(figure: _Figure, value: float | None, base: float | None, tip: str) -> DifferCell:
    if value is None:
        return DifferCell("—")
    is_told = base is not None and math.isfinite(value) and math.isfinite(base)
    return DifferCell(figure.words(value), figure.delta(value - base) if is_told and base is not None else "", tip)


def _range(figure: _Figure, runs: Sequence[Compared]) -> DifferRow:
    """From the lowest to the highest of a group; of how many runs, where not all were measured."""
    cells = []
    for run in runs:
        values = figure.values(run) if run.is_group else []
        missing = f", n = {len(values)}" if values and len(values) < len(run.members) else ""
        cells.append(DifferCell(f"{figure.range(values)}{missing}" if values else ""))
    return DifferRow("lowest – highest", tuple(cells))
