"""Texts about trials and runs of a sweep, for read-outs, tables and lines below plots."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engine.datasets import Dataset
from engine.sweeps.results import DIVERGED, FAILED, FINISHED, PRUNED, STOPPED, RunResult
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.result_text import (
    QUANTITIES,
    WHY_ONCE,
    figure_name,
    figure_number,
    figure_value,
    format_seeds,
    format_spread,
)
from nnviz.formatting.setting_text import setting_name
from nnviz.session.sweep_titles import format_setting_value, sweep_title
from nnviz.ui.read_out import Piece

if TYPE_CHECKING:
    from nnviz.cards.sweep.trials_model import TrialsModel

# The status of runs, and the appearance of their dots.
STATUSES = {
    FINISHED: "finished",
    PRUNED: "pruned",
    STOPPED: "stopped with the sweep",
    DIVERGED: "diverged: its parameters became infinite or undefined",
    FAILED: "failed",
}
_COUNTED = {PRUNED: "• {} pruned", STOPPED: "○ {} stopped", DIVERGED: "× {} diverged", FAILED: "× {} failed"}
_LINES = "each line is a trial, the best are brighter"
_DOTTED = "dotted: stopped, diverged or failed"
_LONGEST = 24  # letters of the name of a sweep
_OPENS = "double click: open the run"
_OPENS_MIDDLE = "double click: open the median run"


def shown_sweep_title(trials: TrialsModel) -> str:
    """Returns the title of the displayed sweep, shortened to one line."""
    told = next((each for each in trials.sweeps if each.id == trials.shown), None)
    return text.plain(f"sweep {trials.shown}" if told is None else sweep_title(told), _LONGEST)


def unit_of(table: TrialTable, dataset: Dataset | None) -> str:
    """Returns the unit of the target, if the window has the data of the sweep."""
    is_same = dataset is not None and dataset.fingerprint == table.plan.base.fingerprint
    return Meaning(dataset).unit if is_same else ""


def format_settings(table: TrialTable, trial: int) -> str:
    """Returns the settings of a trial: "learning rate 0.05 · hidden layers 64-32"."""
    values = table.results.trials[trial].values
    return " · ".join(f"{setting_name(name)} {format_setting_value(name, value)}" for name, value in values.items())


def format_figures(table: TrialTable, trial: int, unit: str, in_column: bool = False) -> tuple[str, str]:
    """Returns the median of a trial and its range, by the figure by which trials are compared.

    Runs that did not finish count as the worst; if the median is such a run, its status is returned. ``in_column``:
    an error has no "%", which stands above the column.
    """
    results = table.results
    found = results.trials[trial]
    spread, score = found.spread(results.compared_by), found.score(results.compared_by)
    if spread is None or math.isinf(score):
        ended = found.statuses if spread is None else [each for each in found.statuses if each != FINISHED]
        return ", ".join(dict.fromkeys(map(_ended, ended))) or "–", ""
    number_of = partial(figure_number, results.quantity)
    of = "" if spread.count == 1 else f"{number_of(spread.lowest)} – {number_of(spread.highest)}"
    is_bare = in_column and results.quantity == "error"
    return number_of(score) if is_bare else figure_value(results.quantity, score, unit), of


def _ended(status: str) -> str:
    return "pruned" if status == PRUNED else status


def run_readout(table: TrialTable, run: RunResult, unit: str) -> list[list[Piece]]:
    """Returns the read-out of a run."""
    results = table.results
    value = run.figures.get(results.compared_by)
    measured = "not measured" if value is None else figure_value(results.quantity, value, unit)
    lines: list[list[Piece]] = [
        [(f"trial {run.trial + 1} · seed {run.seed}", "ink")],
        [(format_settings(table, run.trial), "muted")],
        [(f"{figure_name(results.compared_by)} {measured}", "ink")],
        [(f"epoch {text.epochs(run.epochs)} · {STATUSES.get(run.status, run.status)}", "muted")],
    ]
    return [*lines, [(_OPENS, "muted")]] if run.run is not None else lines


def trial_readout(table: TrialTable, trial: int, unit: str) -> list[list[Piece]]:
    """Returns the read-out of a trial and its seeds."""
    results, found = table.results, table.results.trials[trial]
    spread, score = found.spread(results.compared_by), found.score(results.compared_by)
    figures = format_figures(table, trial, unit)[0]
    if spread is not None and math.isfinite(score):
        words = format_spread(results.quantity, replace(spread, median=score), unit)
        figures = f"{figure_name(results.compared_by)} {words}"
    count = len(found.runs)
    return [
        [(f"trial {trial + 1} · {format_seeds(count)}", "ink")],
        [(format_settings(table, trial), "muted")],
        [(figures, "ink")],
        [(_OPENS_MIDDLE if count > 1 else _OPENS, "muted")],
    ]


def lines_key(table: TrialTable) -> str:
    """Returns the meaning of the lines of parallel coordinates."""
    return f"{_LINES} · {_DOTTED}" if np.isnan(table.medians[table.trials_of_runs]).any() else _LINES


def dots_key(table: TrialTable) -> str:
    """Returns the meaning of the dots, and the number of runs that did not finish."""
    seeds = len(table.plan.seeds)
    dots = "each dot is a run" if seeds == 1 else f"● median of {format_seeds(seeds)}, faint: each run"
    counts = Counter(run.status for run in table.runs)
    ended = [words.format(text.count(counts[status])) for status, words in _COUNTED.items() if counts[status]]
    return " · ".join([dots, *ended])


def format_chosen_trial(table: TrialTable, unit: str) -> Conclusion:
    """Returns the test error of the trial selected by validation error; empty without one."""
    results = table.results
    chosen, last = results.chosen, results.test_figure
    if chosen is None:
        return Conclusion("No trial finished with all its seeds, so none is selected.")
    spread = None if last is None else chosen.spread(last)
    if spread is None or last is None:
        return Conclusion(f"The best: {format_settings(table, chosen.trial)}.", "No test set, so no test error.")
    figures = f"{format_spread(results.quantity, spread, unit)}, {format_seeds(spread.count)}"
    return Conclusion(f"Test {QUANTITIES[results.quantity]} of the best: {figures}.", WHY_ONCE)
