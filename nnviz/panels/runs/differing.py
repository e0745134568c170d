"""In which settings and figures the compared runs differ, in words, and by how much from the baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.errors import EngineError
from engine.experiment import Experiment
from engine.optimizers import OPTIMIZERS
from engine.validation import parameter_count
from nnviz.library import RunRecord
from nnviz.look import text
from nnviz.session.comparison import Compared
from nnviz.session.run import setting_name, setting_value
from nnviz.widgets.runs.differ_table import DifferCell, DifferRow

_NAMES = {"shape": "layers", "data": "data", "data_settings": "settings of the data"}
_LEFT_OUT = {"fingerprint", "evaluate"}
_FEW = 0.005  # of a difference in percent: smaller ones are written as 0.00


def differing(runs: Sequence[Compared], baseline: int | None) -> list[DifferRow]:
    """A row for each setting and each figure that is not the same in all of them."""
    base = next((number for number, run in enumerate(runs) if run.record.id == baseline), 0)
    rows = [_origin(runs), *_settings(runs), *_figures([run.record for run in runs], base)]
    rows = [_dated(row, runs) if row.name in _MEASURED else row for row in rows]
    return [row for row in rows if len({cell.text for cell in row.cells}) > 1]


def _origin(runs: Sequence[Compared]) -> DifferRow:
    """Where a branch left the run that it came from."""
    places = [(run.record.parent, run.record.left_at) for run in runs]
    told = ["—" if at is None else f"from epoch {text.epochs(at)} of {_parent(parent)}" for parent, at in places]
    return DifferRow("branch", tuple(map(DifferCell, told)))


def _parent(run: int | None) -> str:
    return "a run that is gone" if run is None else f"run {run}"


def _dated(row: DifferRow, runs: Sequence[Compared]) -> DifferRow:
    """A row of figures that says of which epoch they are, if the network is of another: "2.67 % at epoch 8"."""
    cells = []
    for cell, run in zip(row.cells, runs, strict=True):
        at = None if cell.text == "—" else run.record.figures_before
        cells.append(cell if at is None else cell._replace(text=f"{cell.text} at epoch {text.epochs(at)}"))
    return replace(row, cells=tuple(cells))


def _settings(runs: Sequence[Compared]) -> list[DifferRow]:
    made = [_experiment(run.record) for run in runs]
    first = next((each for each in made if each is not None), None)
    if first is None:
        return []
    names = dict.fromkeys(name for each in made if each is not None for name in first.difference(each))
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
    """A figure: its name in the table, how it is read, and how it and a difference are written."""

    name: str
    read: Callable[[RunRecord], float | None]
    write: Callable[[float], str]
    delta: Callable[[float], str]
    is_strong: bool = False


def _share(name: str, title: str, is_strong: bool = False) -> _Figure:
    return _Figure(title, lambda record: record.figures.get(name), text.percent, _points, is_strong)


def _number(name: str, title: str, is_strong: bool = False) -> _Figure:
    return _Figure(title, lambda record: record.figures.get(name), text.steady, _signed, is_strong)


def _signed(difference: float) -> str:
    return text.signed(difference, 2)


def _points(difference: float) -> str:
    """A difference of shares, in percentage points."""
    percent = 100 * difference
    return "±0.00" if abs(percent) < _FEW else f"{percent:+.2f}".replace("-", "−")


_FIGURES = (
    _share("test_error", "test error", True),
    _share("validation_error", "validation error"),
    _share("train_error", "train error"),
    _number("test_rmse", "test RMSE", True),
    _number("validation_rmse", "validation RMSE"),
    _number("train_rmse", "train RMSE"),
    _number("test_r2", "test R²"),
    _number("test_loss", "test loss"),
    _number("train_loss", "train loss"),
    _Figure("epochs trained", lambda record: record.epochs, text.epochs, _signed),
    _Figure("seconds", lambda record: record.seconds, lambda value: text.figure(value, 3), _signed),
)
# The rows of what is measured at the end of an epoch.
_MEASURED = {figure.name for figure in _FIGURES} - {"epochs trained", "seconds"}


def _figures(records: Sequence[RunRecord], base: int) -> list[DifferRow]:
    rows = []
    for figure in _FIGURES:
        values = [figure.read(record) for record in records]
        if any(value is not None for value in values):
            cells = tuple(_cell(figure, value, values[base], number == base) for number, value in enumerate(values))
            rows.append(DifferRow(figure.name, cells, figure.is_strong))
    return rows


def _cell(figure: _Figure, value: float | None, base: float | None, is_base: bool) -> DifferCell:
    if value is None:
        return DifferCell("—")
    return DifferCell(figure.write(value), "" if is_base or base is None else figure.delta(value - base))
