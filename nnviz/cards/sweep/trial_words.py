"""Trials and runs of a sweep in words, for read-outs, tables and lines below plots."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.datasets import Dataset
from engine.sweeps.results import DIVERGED, FAILED, FINISHED, PRUNED, STOPPED, RunResult
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.results import WHY_ONCE, figure_name, figure_value, range_words, spread_words, words_of_seeds
from nnviz.formatting.setting_words import setting_name
from nnviz.session.sweep_titles import sweep_title, value_words
from nnviz.session.trial_table import TrialTable
from nnviz.ui.read_out import Piece

if TYPE_CHECKING:
    from nnviz.session.trials import Trials

# How runs ended, and how such a dot is told from the others.
STATUSES = {
    FINISHED: "trained to its end",
    PRUNED: "stopped early, as others were better",
    STOPPED: "stopped with the sweep",
    DIVERGED: "diverged: its numbers grew beyond all bounds",
    FAILED: "failed",
}
_COUNTED = {PRUNED: "• {} stopped early", STOPPED: "○ {} stopped", DIVERGED: "× {} diverged", FAILED: "× {} failed"}
_LINES = "a line is a trial, the best ones brighter"
_DOTTED = "dotted: stopped, diverged or failed"
_LONGEST = 24  # letters of the name of a sweep
_OPENS = "double click: put it into the window"
_OPENS_MIDDLE = "double click: put its middle run into the window"


def title_of_shown(trials: Trials) -> str:
    """What the sweep that is looked at is called, in one line that is not long."""
    told = next((each for each in trials.sweeps if each.id == trials.shown), None)
    return text.plain(f"sweep {trials.shown}" if told is None else sweep_title(told), _LONGEST)


def unit_of(table: TrialTable, dataset: Dataset | None) -> str:
    """That of what is predicted, where the data in the window are those of the sweep."""
    is_same = dataset is not None and dataset.fingerprint == table.plan.base.fingerprint
    return Meaning(dataset).unit if is_same else ""


def setting_words(table: TrialTable, trial: int) -> str:
    """What distinguishes a trial: "learning rate 0.05 · hidden layers 64-32"."""
    values = table.results.trials[trial].values
    return " · ".join(f"{setting_name(name)} {value_words(name, value)}" for name, value in values.items())


def figures_of(table: TrialTable, trial: int, unit: str) -> tuple[str, str]:
    """Median, as trials are ranked, and lowest to highest of what they are compared by.

    Runs that did not end well count as the worst; of a trial whose median is one of them it tells how they ended.
    """
    results = table.results
    found = results.trials[trial]
    spread, score = found.spread(results.compared_by), found.score(results.compared_by)
    if spread is None or math.isinf(score):
        ended = found.statuses if spread is None else [each for each in found.statuses if each != FINISHED]
        return ", ".join(dict.fromkeys(map(_ended, ended))) or "–", ""
    of = "" if spread.count == 1 else range_words(results.quantity, spread.lowest, spread.highest, "", " – ")
    return figure_value(results.quantity, score, unit), of.removesuffix(" %")


def _ended(status: str) -> str:
    return "stopped early" if status == PRUNED else status


def told_run(table: TrialTable, run: RunResult, unit: str) -> list[list[Piece]]:
    """What a read-out tells of a run."""
    results = table.results
    value = run.figures.get(results.compared_by)
    measured = "not measured" if value is None else figure_value(results.quantity, value, unit)
    lines: list[list[Piece]] = [
        [(f"trial {run.trial + 1} · seed {run.seed}", "text")],
        [(setting_words(table, run.trial), "muted")],
        [(f"{figure_name(results.compared_by)} {measured}", "text")],
        [(f"epoch {text.epochs(run.epochs)} · {STATUSES.get(run.status, run.status)}", "muted")],
    ]
    return [*lines, [(_OPENS, "muted")]] if run.run is not None else lines


def told_trial(table: TrialTable, trial: int, unit: str) -> list[list[Piece]]:
    """What a read-out tells of a trial and its seeds."""
    results, found = table.results, table.results.trials[trial]
    spread, score = found.spread(results.compared_by), found.score(results.compared_by)
    figures = figures_of(table, trial, unit)[0]
    if spread is not None and math.isfinite(score):
        words = spread_words(results.quantity, replace(spread, median=score), unit)
        figures = f"{figure_name(results.compared_by)} {words}"
    count = len(found.runs)
    return [
        [(f"trial {trial + 1} · {words_of_seeds(count)}", "text")],
        [(setting_words(table, trial), "muted")],
        [(figures, "text")],
        [(_OPENS_MIDDLE if count > 1 else _OPENS, "muted")],
    ]


def line_words(table: TrialTable) -> str:
    """What the lines of parallel coordinates are."""
    return f"{_LINES} · {_DOTTED}" if np.isnan(table.medians[table.trials_of_runs]).any() else _LINES


def key_words(table: TrialTable) -> str:
    """What the dots are, and how many runs did not end well."""
    seeds = len(table.plan.seeds)
    dots = "a dot is a run" if seeds == 1 else f"● median of {words_of_seeds(seeds)}, faint: each run"
    counts = Counter(run.status for run in table.runs)
    ended = [words.format(text.count(counts[status])) for status, words in _COUNTED.items() if counts[status]]
    return " · ".join([dots, *ended])


def chosen_words(table: TrialTable, unit: str) -> str:
    """The test error of the trial that is best by the validation error, once, and why only that; empty without one."""
    results = table.results
    chosen, last = results.chosen, results.test_figure
    if chosen is None:
        return "No trial has ended well with all its seeds, so none is chosen."
    spread = None if last is None else chosen.spread(last)
    if spread is None or last is None:
        return f"The best: {setting_words(table, chosen.trial)}. There is no test part to tell its error by."
    figures = f"{spread_words(results.quantity, spread, unit)}, {words_of_seeds(spread.count)}"
    return f"{figure_name(last).replace('test', 'Test', 1)} of the best: {figures}. {WHY_ONCE}"
