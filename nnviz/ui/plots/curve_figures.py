"""The texts of the curves' read-out: values of the current and earlier runs, and changes of settings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PyQt5.QtGui import QColor

from engine.training.early_estimates import ESTIMATE_EXAMPLES
from engine.training.history import Curve
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.plots.curve_axes import Quantity
from nnviz.ui.read_out import Piece

Line = list[Piece]

EXACT = ("train", "test", "validation")
_BACK = ("last run", "second to last", "earlier")
_MOST_CHANGES = 4  # shown at once
_SHADES = (0.55, 0.25, 0.0)  # mix of the colours "faint" and "muted" for earlier runs, the latest first


@dataclass(frozen=True)
class EarlierRun:
    """The curves of an earlier run, with the estimates of its first epoch.

    Attributes:
        title: its difference from the current run: "rate 0.05, seed 2".
        lacks_estimates: whether its first epoch has none although it is long enough.
    """

    title: str
    train: Curve
    test: Curve
    lacks_estimates: bool = False

    def begins_before(self, epoch: float) -> bool:
        """Whether a line of this run is visible on an axis that ends at ``epoch``."""
        return any(len(curve.epochs) > 1 and curve.epochs[0] < epoch for curve in (self.train, self.test))


def grey(back: int) -> QColor:
    """Returns the grey of the run that is ``back`` runs before the latest earlier one; neighbours differ slightly."""
    faint, muted, share = theme.colour("faint"), theme.colour("muted"), _SHADES[back % len(_SHADES)]
    mixed = (round(a + share * (b - a)) for a, b in zip(faint.getRgb()[:3], muted.getRgb()[:3], strict=True))
    return QColor(*mixed)


def own_figures(curves: Mapping[str, Curve], names: Iterable[str], at: float, quantity: Quantity) -> list[Line]:
    """Returns one line with the curves' values at ``at``, or no line if there are none."""
    line: Line = []
    for name in names:
        word, value = name.rpartition("_")[2], value_at(curves.get(name), at)
        if value is not None:
            line.append((f"{word} {quantity.text(value)}", word))
    return [line] if line else []


def explained_figures(curves: Mapping[str, Curve], names: Iterable[str], at: float) -> list[Line]:
    """Returns one line with the R² at ``at``, or no line if there are none."""
    found = [(name.rpartition("_")[2], value_at(curves.get(name), at)) for name in names]
    pieces: Line = [(f"{word} {text.steady(value)}", word) for word, value in found if value is not None]
    return [[("R²", "muted"), *pieces]] if pieces else []


def sample_line(sizes: Mapping[str, int]) -> Line:
    """Returns the line that says of which examples an estimate is; ``sizes`` are those of the sets by their names."""
    most = text.count(ESTIMATE_EXAMPLES)
    if not sizes:
        words = f"of at most {most} examples of each set"
    elif all(size > ESTIMATE_EXAMPLES for size in sizes.values()):
        words = f"of the first {most} examples of each set"
    else:
        counts = [
            f"the first {most} {name}" if size > ESTIMATE_EXAMPLES else f"all {text.count(size)} {name}"
            for name, size in sizes.items()
        ]
        words = f"of {text.listed(counts)} examples"
    return [(words, "muted")]


def earlier_figures(runs: Sequence[EarlierRun], at: float, quantity: Quantity) -> list[Line]:
    """Returns one line per run, the latest first. Runs with the same title get their position as well."""
    titles = [run.title for run in runs]
    lines: list[Line] = []
    for back, run in enumerate(reversed(runs)):
        value = value_at(run.test if run.test.values else run.train, at)
        title = run.title if titles.count(run.title) == 1 else f"{run.title}, {_BACK[min(back, len(_BACK) - 1)]}"
        if value is not None:
            lines.append([("━", grey(back)), (f"{title} {quantity.text(value)}", "muted")])
    return lines


def change_lines(changes: Sequence[tuple[float, str]]) -> list[Line]:
    """Returns a line for each of the first few changes of settings, and the number of further ones."""
    lines: list[Line] = [[(f"from epoch {epoch:.4g}: {what}", "muted")] for epoch, what in changes[:_MOST_CHANGES]]
    if len(changes) > _MOST_CHANGES:
        lines.append([(f"and {len(changes) - _MOST_CHANGES} more changes", "muted")])
    return lines


def value_at(curve: Curve | None, epoch: float) -> float | None:
    """Returns the curve's value at exactly this epoch, or None."""
    if curve is None:
        return None
    index = bisect_left(curve.epochs, epoch)
    return curve.values[index] if index < len(curve.epochs) and curve.epochs[index] == epoch else None
