"""Conclusions about compared runs: luck or not, shared mistakes, agreement."""

from __future__ import annotations

import numpy as np

from engine.sweeps.significance import GroupComparison
from nnviz.cards.comparison.conclusion import (
    agreement_conclusion,
    luck_conclusion,
    mistakes_conclusion,
    single_runs_conclusion,
)
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.run_name import RunName, short_names

BETTER, WORSE = GroupComparison(25, 0, 25, 0.008, 5), GroupComparison(0, 0, 25, 0.008, 5)
CLOSE, FEW = GroupComparison(14, 0, 25, 0.84, 5), GroupComparison(9, 0, 9, None, 3)


# ---- differences


def test_two_groups_of_seeds_are_luck_or_not() -> None:
    assert luck_conclusion("0.05", [("0.2", BETTER)]) == Conclusion(
        "Not luck: each of the five seeds of 0.2 beats each of 0.05."
    )
    assert luck_conclusion("0.05", [("0.2", CLOSE)]) == Conclusion(
        "Could be luck: 0.2 beats 0.05 in 14 of 25 pairs of seeds; more seeds would narrow it."
    )
    assert luck_conclusion("0.05", [("0.2", FEW)]) == Conclusion(
        "Too few seeds to tell: each of the three seeds of 0.2 beats each of 0.05."
    )


def test_several_groups_are_told_in_one_sentence() -> None:
    found = [("0.2", BETTER), ("0.1", CLOSE), ("2", WORSE), ("0.3", BETTER), ("0.06", FEW)]
    assert luck_conclusion("0.05", found) == Conclusion(
        "Probably not luck: 0.2 and 0.3 beat 0.05, which beats 2.",
        "Could be luck: 0.1. Too few seeds to tell: 0.06.",
    )
    assert luck_conclusion("0.05", [("2", WORSE), ("3", WORSE)]).lead == "Probably not luck: 0.05 beats 2 and 3."
    assert luck_conclusion("0.05", [("0.2", BETTER), ("0.1", CLOSE)]).lead == "Probably not luck: 0.2 beats 0.05."
    assert luck_conclusion("0.05", [("0.2", CLOSE), ("0.1", CLOSE)]) == Conclusion(
        "Nothing clearly beats 0.05 or loses to it.", "Could be luck: 0.2 and 0.1."
    )


def test_single_runs_need_seeds() -> None:
    assert single_runs_conclusion([], False) == Conclusion(
        "One run each: train each with 5 seeds to see whether it is luck."
    )
    assert single_runs_conclusion(["0.2"], False) == Conclusion(
        "0.2 is one run: train it with 5 seeds to see whether it is luck."
    )
    assert single_runs_conclusion(["0.2", "0.3"], False) == Conclusion(
        "0.2 and 0.3 are one run each: train them with 5 seeds to see whether it is luck."
    )
    assert single_runs_conclusion([], True) == Conclusion("Luck: these runs differ only in their seed.")


def test_runs_have_the_shortest_names_that_distinguish_them() -> None:
    names = [
        RunName.of("#1–5", ["rate 0.2", "64-32"], ["seeds 1–5"]),
        RunName.of("#6–10", ["rate 0.05", "64-32"]),
        RunName.of("#11", ["rate 0.05", "16"]),
    ]
    assert short_names(names[:2]) == ["rate 0.2", "rate 0.05"]
    assert short_names(names) == ["rate 0.2", "#6–10 · rate 0.05", "#11 · rate 0.05"]
    assert short_names([RunName("wide"), RunName("wide")]) == ["wide", "wide"]


# ---- predictions


def test_the_better_run_avoids_mistakes_of_the_worse_and_makes_others() -> None:
    told = Conclusion("Of the 1\u202f605 mistakes of 0.05, 0.2 avoids 752.", "It makes 228 others.")
    counts = np.array([[8167, 228], [752, 853]])
    assert mistakes_conclusion("0.05", "0.2", counts) == told
    assert mistakes_conclusion("0.2", "0.05", counts.T) == told


def test_nothing_is_said_about_few_mistakes() -> None:
    assert mistakes_conclusion("0.2", "0.05", np.array([[9991, 3], [3, 3]])) is None


def test_runs_agree_or_not() -> None:
    runs = [("0.2", "7"), ("0.05", "7"), ("adam", "7"), ("wide", "1")]
    assert agreement_conclusion(runs[:1]) is None
    assert agreement_conclusion(runs[:2]) == Conclusion("Both predict 7.")
    assert agreement_conclusion(runs[:3]) == Conclusion("All three predict 7.")
    assert agreement_conclusion(runs) == Conclusion("Three of four predict 7.", "wide: 1.")
    assert agreement_conclusion(runs, ["0.05"]) == Conclusion(
        "Three of four predict 7.", "wide: 1. The seeds of 0.05 disagree."
    )
    assert agreement_conclusion(runs[2:]) == Conclusion("They disagree.", "adam: 7, wide: 1.")
