"""Dots, lines and steps of the plots of a sweep's trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.sweeps.results import DIVERGED, FAILED, FINISHED, PRUNED, STOPPED
from nnviz.cards.sweep.parallel_plot import LineAxis, LineGroup
from nnviz.cards.sweep.trial_table import SettingAxis, TrialTable
from nnviz.formatting.result_text import figure_name
from nnviz.formatting.round_numbers import marks, round_top
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.plots.painted_axes import AxesFrame, Scale
from nnviz.ui.plots.point_plot import ABOVE, CIRCLE, CROSS, DISC, Series

MOST_LINES = 2_000  # trials that are drawn as lines: the best ones, and of the others some, evenly
_MEDIAN = -1  # in the place of a run: the dot of a trial
_PERCENT, _SMALL, _PLAIN, _LARGE = 100.0, 0.8, 1.2, 1.6
_APART, _ASIDE = 0.05, 0.25  # of the room that a name has: between trials of the same value, and to its side at most
_ROOM, _ROOM_OVER = 0.05, 0.02  # of an axis, beyond its ends: of one below and of one at the left
_GOOD, _MOST_BRIGHT = 0.1, 50  # the share of the trials whose lines are brighter, and how many at most


@dataclass(frozen=True)
class ResultAxis:
    """The axis of the figure by which trials are compared.

    Attributes:
        name: the figure with its unit: "validation error %".
        is_log: whether it is logarithmic.
        factor: factor from figures to the unit of the axis.
        low, high: the ends, as places.
    """

    name: str
    is_log: bool
    factor: float
    low: float
    high: float

    def places(self, values: Array) -> Array:
        """Returns the places of figures; on a logarithmic axis the lower end for figures that are not positive."""
        scaled = self.factor * values
        if not self.is_log:
            return scaled
        placed: Array = np.log10(np.maximum(scaled, 10.0**self.low))
        return placed

    @property
    def scale(self) -> Scale:
        """The meaning of places."""
        return Scale(self.is_log)

    @property
    def ends(self) -> tuple[float, float]:
        """The ends, with a margin for whole dots."""
        room = _ROOM_OVER * (self.high - self.low)
        return self.low - room, self.high + room


def result_axis(table: TrialTable, is_log: bool, unit: str) -> ResultAxis:
    """Returns an axis with round ends around all figures."""
    is_error = table.results.quantity == "error"
    factor = _PERCENT if is_error else 1.0
    values = factor * table.values
    found = values[np.isfinite(values) & (values > 0)]
    name = f"{figure_name(table.results.compared_by)} {'%' if is_error else unit}".rstrip()
    if not len(found):
        return ResultAxis(name, False, factor, 0.0, factor)
    low, high = float(found.min()), float(found.max())
    if not is_log:
        return ResultAxis(name, False, factor, 0.0, round_top(high))
    low, high = max(marks(low / 10, low)), min(marks(high, 10 * high))
    if high < 2 * low:  # a single dot needs room too
        low, high = max(marks(low / 10, low / 1.5)), min(marks(high * 1.5, high * 10))
    return ResultAxis(name, True, factor, math.log10(low), math.log10(high))


@dataclass(frozen=True, eq=False)
class TrialDots:
    """The dots of a plot, with the trial and the run of each.

    Attributes:
        series: the dots.
        trials: (dots,) the trials.
        runs: (dots,) the indices of the runs in the table; -1 for the median of a trial.
    """

    series: tuple[Series, ...]
    trials: Array
    runs: Array

    def dot_of(self, trial: int | None) -> int | None:
        """Returns the dot of a trial: its median's, else its first run's."""
        if trial is None:
            return None
        found = np.flatnonzero(self.trials == trial)
        own = found[self.runs[found] == _MEDIAN]
        return int(own[0] if len(own) else found[0]) if len(found) else None


class _DotBuilder:
    """Collects series of dots."""

    def __init__(self) -> None:
        self._series: list[Series] = []
        self._trials: list[Array] = []
        self._runs: list[Array] = []

    def add(self, points: Array, trials: Array, runs: Array, looks: tuple[str, bool, str, float]) -> None:
        """Adds dots with a colour, faintness, symbol and size."""
        if len(points):
            ink, is_faint, mark, size = looks
            self._series.append(Series(points, ink, is_faint, mark, size))
            self._trials.append(trials)
            self._runs.append(runs)

    def drawn(self) -> TrialDots:
        """Returns all dots."""
        nothing = [np.zeros(0, np.intp)]
        return TrialDots(
            tuple(self._series), np.concatenate(self._trials or nothing), np.concatenate(self._runs or nothing)
        )


# How runs that were not trained to their end are drawn: colour, whether it is faint, mark, size.
_LOOKS = {
    PRUNED: ("faint", False, DISC, _SMALL),
    STOPPED: ("faint", False, CIRCLE, 1.0),
    DIVERGED: ("muted", False, CROSS, 1.0),
    FAILED: ("error", False, CROSS, 1.0),
}


def dots(table: TrialTable, across: Array, result: ResultAxis, colours: Mapping[int, str]) -> TrialDots:
    """Returns a dot for each run, after a dot for the median of each trial with several seeds.

    Args:
        across: (trials,) x coordinates of trials.
        colours: colours of compared trials.
    """
    found, trial_of, statuses = _DotBuilder(), table.trials_of_runs, table.statuses
    figures = result.places(table.values)
    numbers = np.arange(len(trial_of))
    for status, looks in _LOOKS.items():
        which = numbers[statuses == status]
        heights = np.full(len(which), result.high) if looks[2] == CROSS else figures[which]
        found.add(_pairs(across[trial_of[which]], heights), trial_of[which], which, looks)
    finished = numbers[statuses == FINISHED]
    has_seeds = len(table.plan.seeds) > 1
    if has_seeds:
        points = _pairs(across[trial_of[finished]], figures[finished])
        found.add(points, trial_of[finished], finished, ("ink", True, DISC, _SMALL))
    _add_trials(found, table, across, result, colours, None if has_seeds else finished)
    return found.drawn()


def _add_trials(
    found: _DotBuilder,
    table: TrialTable,
    across: Array,
    result: ResultAxis,
    colours: Mapping[int, str],
    runs: Array | None,
) -> None:
    """Adds the dots of trials with a figure; ``runs`` are the runs of the dots, None for medians."""
    if runs is None:
        trials = np.flatnonzero(np.isfinite(table.medians))
        runs = np.full(len(trials), _MEDIAN)
    else:
        trials = table.trials_of_runs[runs]
    heights, chosen = result.places(table.medians), table.results.chosen
    best = -1 if chosen is None else chosen.trial
    stands_out = np.isin(trials, [best, *colours])
    plain = ~stands_out
    points = _pairs(across[trials], heights[trials])
    found.add(points[plain], trials[plain], runs[plain], ("ink", False, DISC, _PLAIN))
    for trial in dict.fromkeys([*colours, best]):
        which = trials == trial
        looks = (colours.get(trial, "good"), False, ABOVE, _LARGE)
        found.add(points[which], trials[which], runs[which], looks)


def _pairs(x: Array, y: Array) -> Array:
    return np.stack([x, y], axis=1) if len(x) else np.zeros((0, 2))


# ---- along a setting


def places_along(table: TrialTable, axis: int) -> Array:
    """Returns (trials,) places along a setting; trials of the same name are spread around the first one."""
    places = table.places(axis)
    if not table.axes[axis].names:
        return places
    found = places.copy()
    for name in np.unique(places[np.isfinite(places)]):
        same = np.flatnonzero(places == name)
        number = np.arange(len(same))
        apart = min(_APART, _ASIDE / max(1, len(same) // 2))
        found[same] += np.where(number % 2, 1, -1) * ((number + 1) // 2) * apart
    return found


def setting_frame(axis: SettingAxis, result: ResultAxis, is_first: bool) -> AxesFrame:
    """Returns the frame of the dots over a setting; only the first frame names the result."""
    room = 0.0 if axis.names else _ROOM * (axis.high - axis.low)
    return AxesFrame(
        (axis.low - room, axis.high + room),
        result.ends,
        setting_name(axis.name),
        result.name if is_first else "",
        None,
        Scale(axis.is_log, axis.names),
        result.scale,
    )


# ---- lines


def line_axes(table: TrialTable, result: ResultAxis) -> list[LineAxis]:
    """Returns the axes of the settings, and of the result as the last one."""
    settings = [
        LineAxis(setting_name(axis.name), (axis.low, axis.high), Scale(axis.is_log, axis.names)) for axis in table.axes
    ]
    return [*settings, LineAxis(result.name, (result.low, result.high), result.scale)]


def line_places(table: TrialTable, result: ResultAxis) -> Array:
    """Returns (trials, axes) places. A trial without a figure has the figure of a stopped run, or the worst one."""
    last = result.places(table.medians)
    figures = result.places(table.values)
    others = ~np.isfinite(last)
    reached = np.full(len(last), np.nan)
    reached[table.trials_of_runs] = np.where(np.isfinite(figures), figures, result.high)
    last[others] = reached[others]
    return np.stack([*(places_along(table, number) for number in range(len(table.axes))), last], axis=1)


def lines(table: TrialTable, colours: Mapping[int, str]) -> list[LineGroup]:
    """Returns the lines of trials: the best ones brighter, trials that were not trained to their end dotted."""
    results, medians = table.results, table.medians
    ranked = results.order
    good = ranked[np.isfinite(medians[ranked])]
    best, rest = np.split(good, [min(_MOST_BRIGHT, max(1, round(_GOOD * len(good))))])
    rest, front = (each[~np.isin(each, list(colours))] for each in (rest, best[1:]))
    counts = np.bincount(table.trials_of_runs, minlength=len(medians))
    started, has_all = counts > 0, counts[rest] == len(table.plan.seeds)
    found = [
        LineGroup(_some(np.flatnonzero(started & ~np.isfinite(medians))), "faint", 0.7, is_dotted=True, is_ground=True),
        LineGroup(_some(rest[has_all]), "faint", 0.8, is_ground=True),
        LineGroup(_some(rest[~has_all]), "faint", 0.8),
        LineGroup(front[::-1], "ink", 0.75),
        *(LineGroup(np.array([trial]), colour, 1.0, 2.0) for trial, colour in colours.items() if started[trial]),
    ]
    first = best[:1][~np.isin(best[:1], list(colours))]
    return [each for each in (*found, LineGroup(first, "good", 1.0, 2.5)) if len(each.numbers)]


def _some(trials: Array) -> Array:
    """Returns at most as many trials as can be drawn, the worst first."""
    return trials[:: -(-len(trials) // MOST_LINES) or 1][::-1]


# ---- the best so far


def best_so_far(
    table: TrialTable, result: ResultAxis, colours: Mapping[int, str]
) -> tuple[TrialDots, Array, AxesFrame]:
    """Returns a dot for each run in order of completion, the best median so far as steps, and their frame."""
    places = np.arange(1, len(table.runs) + 1)
    found, figures = _DotBuilder(), result.places(table.values)
    trial_of, statuses = table.trials_of_runs, table.statuses
    for status, looks in (*_LOOKS.items(), (FINISHED, ("ink", True, DISC, 1.0))):
        which = np.flatnonzero(statuses == status)
        heights = np.full(len(which), result.high) if looks[2] == CROSS else figures[which]
        found.add(_pairs(places[which], heights), trial_of[which], which, looks)
    for trial, colour in colours.items():
        which = np.flatnonzero((trial_of == trial) & (statuses == FINISHED))
        found.add(_pairs(places[which], figures[which]), trial_of[which], which, (colour, False, ABOVE, 1.0))
    counts, medians = table.best_so_far()
    most = max(len(table.runs), 1 if table.plan.most_runs is None else table.plan.most_runs)
    frame = AxesFrame((0.0, most + 0.5), result.ends, "finished runs", result.name, None, y_scale=result.scale)
    return found.drawn(), _steps(counts, result.places(medians), len(table.runs)), frame


def _steps(counts: Array, heights: Array, end: int) -> Array:
    """Returns the corners of a step curve up to the last run."""
    if not len(counts):
        return np.zeros((0, 2))
    x = np.repeat([*counts.tolist(), float(end)], 2)[1:-1]
    return np.stack([x, np.repeat(heights, 2)], axis=1)
