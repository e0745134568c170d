"""Conclusions about a sweep: the setting that matters most, and where it works."""

from __future__ import annotations

import math

import numpy as np

from engine.sweeps.search_space import parse_dimension
from nnviz.cards.sweep.conclusion import SettingPlaces, trials_conclusion
from nnviz.cards.sweep.trial_table import SettingAxis
from nnviz.formatting.conclusion import Conclusion

RATES = [0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.4, 0.55, 0.7, 1.2, 1.9]
VALLEY = [0.4, 0.35, 0.3, 0.25, 0.06, 0.05, 0.04, 0.05, 0.5, 0.6, 0.8, 0.9]
LAYERS = ["64", "64-32", "128"] * 4


def setting(typed: str, values: list[float] | list[str]) -> SettingPlaces:
    axis = SettingAxis.of(parse_dimension(typed))
    names = axis.names
    return SettingPlaces(axis, np.array([names.index(str(each)) if names else axis.place(each) for each in values]))


def test_it_names_the_setting_that_matters_most_and_where_it_works() -> None:
    settings = [setting("hidden=64,64-32,128", LAYERS), setting("learning_rate=log:0.02..2", RATES)]
    assert trials_conclusion(settings, np.array(VALLEY), "error") == Conclusion(
        "The learning rate matters most: 0.13 to 0.4 works best.",
        "Median 5.00 % there, elsewhere 45.00 %.",
    )
    found = trials_conclusion(settings[1:], np.array([*VALLEY[:6], *VALLEY[:5:-1]]), "error")
    assert found is not None
    assert found.lead == "The learning rate seems to matter: 1.2 to 1.9 works best."


def test_values_of_a_list_are_named() -> None:
    scores = np.tile([0.04, 0.02, 0.09], 8) + np.arange(24) / 10_000
    noise = setting("learning_rate=log:0.02..2", [*RATES, *RATES[::-1]])
    found = trials_conclusion([noise, setting("hidden=64,64-32,128", LAYERS * 2)], scores, "error")
    assert found is not None
    assert found.lead == "The hidden layers matter most: 64-32 works best."


def test_of_one_setting_each_run_counts() -> None:
    rates = setting("learning_rate=0.05,0.2", ["0.05"] * 5 + ["0.2"] * 5)
    scores = np.array([5.0, 5.1, 5.2, 5.3, 5.4, 4.0, 4.1, 4.2, 4.3, 4.4])
    assert trials_conclusion([rates], scores, "rmse", "mpg") == Conclusion(
        "The learning rate matters: 0.2 works best.", "Median 4.20 mpg there, elsewhere 5.20 mpg."
    )
    close = np.array([5.0, 4.1, 5.2, 4.3, 5.4, 4.0, 5.1, 4.2, 5.3, 4.4])
    assert trials_conclusion([rates], close, "rmse") == Conclusion("No clear effect of the learning rate in 10 runs.")


def test_four_values_of_two_trials_each_that_separate_perfectly_are_named() -> None:
    rates = setting("learning_rate=0.0003,0.003,0.03,0.3", ["0.0003", "0.003", "0.03", "0.3"] * 2)
    layers = setting("hidden=4,16", ["4"] * 4 + ["16"] * 4)
    scores = np.array([9.0, 7.0, 4.0, 3.0, 8.5, 6.5, 3.9, 2.8])
    found = trials_conclusion([rates, layers], scores, "rmse", "mpg")
    assert found == Conclusion(
        "The learning rate seems to matter most: 0.3 works best.",
        "Median 2.90 mpg there, elsewhere 6.75 mpg.",
    )


def test_two_settings_may_matter_alike() -> None:
    layers, batches = np.repeat(["64", "128"], 16).tolist(), np.tile(np.repeat(["10", "100"], 8), 2).tolist()
    settings = [setting("hidden=64,128", layers), setting("batch_size=10,100", batches)]
    costs = {"64": 0.1, "128": 0.0, "10": 0.1, "100": 0.0}
    scores = np.array([costs[one] + costs[other] for one, other in zip(layers, batches, strict=True)])
    found = trials_conclusion(settings, scores + np.arange(32) % 8 / 10_000, "error")
    assert found is not None
    assert found.lead == "The hidden layers and the batch size matter."
    assert found.rest.startswith("Hidden layers 128 and batch size 100 work best. Median ")


def test_runs_that_did_not_finish_are_the_worst() -> None:
    rates = setting("learning_rate=log:0.02..2", RATES)
    scores = np.array([0.02, 0.021, 0.022, 0.023, 0.03, 0.031, 0.032, 0.033, *[math.inf] * 4])
    assert trials_conclusion([rates], scores, "error") == Conclusion(
        "The learning rate matters: 0.02 to 0.08 works best.",
        "Median 2.15 % there, elsewhere half or more did not finish.",
    )


def test_nothing_stands_out_of_chance_and_nothing_is_said_about_few_trials() -> None:
    settings = [setting("hidden=64,64-32,128", LAYERS), setting("learning_rate=log:0.02..2", RATES)]
    scores = np.random.default_rng(1).random(12)
    assert trials_conclusion(settings, scores, "error") == Conclusion("No setting stands out in 12 trials.")
    few = [SettingPlaces(axis, places[:7]) for axis, places in settings]
    assert trials_conclusion(few, scores[:7], "error") is None
