"""Conclusions about robustness curves."""

from __future__ import annotations

from collections.abc import Mapping

from engine.explain.robustness import RobustnessPoint
from nnviz.cards.robustness.conclusion import robustness_conclusion
from nnviz.formatting.conclusion import Conclusion

IMAGE, COLUMNS = (28, 28), (7,)


def errors(found: Mapping[float, float]) -> list[RobustnessPoint]:
    return [RobustnessPoint(strength, 0.0, error) for strength, error in found.items()]


def rmses(found: Mapping[float, float]) -> list[RobustnessPoint]:
    return [RobustnessPoint(strength, 0.0, None, rmse) for strength, rmse in found.items()]


def test_it_names_what_raises_the_error_most_and_what_hardly_does() -> None:
    curves = {
        "noise": errors({0: 0.025, 0.1: 0.03, 0.2: 0.2, 0.3: 0.41, 0.4: 0.8}),
        "shift": errors({0: 0.025, 1: 0.026, 2: 0.035, 3: 0.2}),
    }
    assert robustness_conclusion(curves, IMAGE) == Conclusion(
        "Noise raises the error most: from 2.5 to 80 % at strength 0.4.", "Shift up to 2 px hardly matters."
    )


def test_the_named_strength_is_the_smallest_with_half_of_the_rise_in_either_direction() -> None:
    curves = {
        "rotation": errors({-90: 0.9, -45: 0.6, -15: 0.05, 0: 0.02, 15: 0.03, 45: 0.5, 90: 0.8}),
        "thickness": errors({-2: 0.04, -1: 0.03, 0: 0.02, 1: 0.025, 2: 0.029}),
    }
    assert robustness_conclusion(curves, IMAGE) == Conclusion(
        "Rotation raises the error most: from 2 to 60 % at −45°.", "Stroke thickness up to ±1 px hardly matters."
    )


def test_of_columns_the_rmse_has_its_unit() -> None:
    curves = {
        "noise": rmses({0: 2.9, 0.5: 3.0, 1: 3.2}),
        "covered": rmses({0: 2.9, 1: 3.9, 2: 6.1}),
    }
    assert robustness_conclusion(curves, COLUMNS, "mpg") == Conclusion(
        "Occlusion raises the RMSE most: from 2.9 to 6.1 mpg at 2 columns.",
        "Noise up to 0.5 σ hardly matters.",
    )


def test_one_column() -> None:
    curves = {"covered": errors({0: 0.05, 1: 0.3, 2: 0.5}), "noise": errors({0: 0.05, 0.5: 0.05})}
    assert robustness_conclusion(curves, COLUMNS) == Conclusion(
        "Occlusion raises the error most: from 5 to 30 % at 1 column.", "Noise up to 0.5 σ hardly matters."
    )


def test_it_does_not_call_anything_harmless_that_is_not() -> None:
    curves = {"noise": errors({0: 0.02, 0.1: 0.2}), "shift": errors({0: 0.02, 1: 0.1})}
    found = robustness_conclusion(curves, IMAGE)
    assert found == Conclusion("Noise raises the error most: from 2 to 20 % at strength 0.1.")


def test_the_error_of_an_untrained_network_is_not_raised() -> None:
    curves = {"noise": errors({0: 0.9, 0.1: 0.932}), "shift": errors({0: 0.9, 1: 0.88})}
    assert robustness_conclusion(curves, IMAGE) == Conclusion(
        "No perturbation raises the error of 90 % by more than 3.2 points."
    )
    columns = {"noise": rmses({0: 2.9, 1: 3.1})}
    assert robustness_conclusion(columns, COLUMNS, "mpg") == Conclusion(
        "No perturbation raises the RMSE of 2.9 mpg by more than 6.9 %."
    )
    assert robustness_conclusion({}, IMAGE) is None
