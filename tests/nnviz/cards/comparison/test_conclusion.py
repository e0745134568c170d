"""Conclusions about compared runs: significance, shared mistakes, agreement."""

from __future__ import annotations

import numpy as np

from engine.sweeps.significance import GroupComparison
from nnviz.cards.comparison.conclusion import (
    agreement_conclusion,
    mistakes_conclusion,
    numbers_conclusion,
    significance_conclusion,
    single_runs_conclusion,
)
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.run_name import RunName, short_names

BETTER, WORSE = GroupComparison(25, 0, 25, 0.008, 5), GroupComparison(0, 0, 25, 0.008, 5)
CLOSE, FEW = GroupComparison(14, 0, 25, 0.84, 5), GroupComparison(9, 0, 9, None, 3)


# ---- differences


def test_two_groups_of_seeds() -> None:
    assert significance_conclusion("0.05", [("0.2", BETTER)]) == Conclusion(
        "Every run of 0.2 has a lower error than every run of 0.05.", "Very unlikely to be chance."
    )
    assert significance_conclusion("0.05", [("0.2", CLOSE)]) == Conclusion(
        "The difference could be chance.",
        "0.2 has a lower error than 0.05 in 14 of 25 pairs of seeds.",
        "Train more seeds to decide.",
    )
    assert significance_conclusion("0.05", [("0.2", FEW)]) == Conclusion(
        "Too few seeds to tell.", "Every run of 0.2 has a lower error than every run of 0.05."
    )


def test_several_groups_are_reported_in_one_sentence() -> None:
    found = [("0.2", BETTER), ("0.1", CLOSE), ("2", WORSE), ("0.3", BETTER), ("0.06", FEW)]
    assert significance_conclusion("0.05", found) == Conclusion(
        "Significant: 0.2 and 0.3 have a lower error than 0.05, 2 has a higher error than 0.05.",
        "Could be chance: 0.1. Too few seeds to tell: 0.06.",
    )
    assert (
        significance_conclusion("0.05", [("2", WORSE), ("3", WORSE)]).lead
        == "Significant: 2 and 3 have a higher error than 0.05."
    )
    assert (
        significance_conclusion("0.05", [("0.2", BETTER), ("0.1", CLOSE)]).lead
        == "Significant: 0.2 has a lower error than 0.05."
    )
    assert significance_conclusion("0.05", [("0.2", CLOSE), ("0.1", CLOSE)]) == Conclusion(
        "No setting is clearly better or worse than 0.05.", "Could be chance: 0.2 and 0.1."
    )


def test_single_runs_need_seeds() -> None:
    assert single_runs_conclusion([], False) == Conclusion(
        "These are single runs: train each with 5 seeds to see whether the difference may be chance."
    )
    assert single_runs_conclusion(["0.2"], False) == Conclusion(
        "0.2 is a single run: train it with 5 seeds to see whether the difference may be chance."
    )
    assert single_runs_conclusion(["0.2", "0.3"], False) == Conclusion(
        "0.2 and 0.3 are single runs: train them with 5 seeds to see whether the difference may be chance."
    )
    assert single_runs_conclusion([], True) == Conclusion(
        "These runs differ only in their seed: the difference is chance."
    )


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
    reported = Conclusion(
        "0.2 is right on 752 of the 1\u202f605 mistakes of 0.05.", "It is wrong on 228 other examples."
    )
    counts = np.array([[8167, 228], [752, 853]])
    assert mistakes_conclusion("0.05", "0.2", counts) == reported
    assert mistakes_conclusion("0.2", "0.05", counts.T) == reported


def test_nothing_is_said_about_few_mistakes() -> None:
    assert mistakes_conclusion("0.2", "0.05", np.array([[9991, 3], [3, 3]])) is None


def test_runs_agree_or_not() -> None:
    runs = [("0.2", "7"), ("0.05", "7"), ("adam", "7"), ("wide", "1")]
    assert agreement_conclusion([]) == Conclusion("")
    assert agreement_conclusion(runs[:1]) == Conclusion("It predicts 7.")
    assert agreement_conclusion(runs[:2], verb="read", networks=10) == Conclusion(
        "Both read 7.", "All ten networks do."
    )
    assert agreement_conclusion(runs[:3], networks=3) == Conclusion("All three predict 7.")
    assert agreement_conclusion(runs) == Conclusion("Three of four predict 7.", "wide: 1.")
    assert agreement_conclusion(runs, ["0.05"]) == Conclusion(
        "Three of four predict 7.", "wide: 1. The seeds of 0.05 disagree."
    )
    assert agreement_conclusion(runs[2:]) == Conclusion("They disagree.", "adam: 7, wide: 1.")


def test_runs_predict_numbers_within_a_range() -> None:
    numbers = [(9.5, "9.5"), (23.1, "23.1"), (12.0, "12.0")]
    assert numbers_conclusion(numbers, "mpg") == Conclusion("They predict 9.5 to 23.1 mpg.")
    assert numbers_conclusion(numbers[:1], "") == Conclusion("It predicts 9.5.")
