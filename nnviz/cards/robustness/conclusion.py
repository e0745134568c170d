"""What the robustness curves of a network mean, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.explain.perturbations import PERTURBATIONS, Shape
from engine.explain.robustness import RobustnessPoint
from nnviz.cards.robustness.model import PerturbationStrength
from nnviz.cards.robustness.perturbed_example import strength_text
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, is_plural

# The rise up to which a perturbation hardly matters: percentage points of an error, percent of an RMSE.
_HARDLY_ERROR, _HARDLY_RMSE = 1.0, 5.0
_LITTLE = 0.1  # of the unperturbed error, up to which the largest rise is little, as that of an untrained network


def robustness_conclusion(
    curves: Mapping[str, Sequence[RobustnessPoint]], shape: Shape, unit: str = ""
) -> Conclusion | None:
    """Returns which perturbation raises the error most, on average over its strengths, and which one hardly does.

    The strength that is named is the smallest one with at least half of the largest rise.

    Args:
        curves: complete curves by perturbation; strength 0 is in each of them. Without any, None is returned.
        shape: the dimensions of an example, on which the units of strengths depend.
        unit: the unit of an RMSE.
    """
    first = next((point for curve in curves.values() for point in curve if not point.strength), None)
    if first is None or not (first.error is not None or first.rmse):
        return None
    rises = {name: {point.strength: _rise(first, point) for point in curve} for name, curve in curves.items()}
    harmful = sorted(rises, key=lambda name: -sum(rises[name].values()) / len(rises[name]))
    quantity, hardly, of_rise = ("error", _HARDLY_ERROR, "points")
    if first.error is None:
        quantity, hardly, of_rise = ("RMSE", _HARDLY_RMSE, "%")
    largest = max(max(curve.values()) for curve in rises.values())
    if largest <= max(hardly, 100 * _LITTLE * (1.0 if first.error is None else first.error)):
        before = f"{quantity} of {_values(unit, first)}"
        return Conclusion(f"No perturbation raises the {before} by more than {text.figure(largest, 2)} {of_rise}.")
    hardest = harmful[0]
    after = _half_way(curves[hardest], rises[hardest])
    at = strength_text(PerturbationStrength(hardest, after.strength), shape)
    at = at if PERTURBATIONS[hardest]().unit(shape) else f"strength {at}"
    lead = f"{_subject(hardest, '', 'raise')} the {quantity} most: from {_values(unit, first, after)} at {at}."
    for name in reversed(harmful[1:]):
        strength = _harmless(rises[name], hardly)
        if strength:
            up_to = strength_text(PerturbationStrength(name, strength), shape, in_both_directions=True)
            return Conclusion(lead, f"{_subject(name, f' up to {up_to} hardly', 'matter')}.")
    return Conclusion(lead)


def _rise(before: RobustnessPoint, after: RobustnessPoint) -> float:
    """Returns the rise of an error in percentage points, or of an RMSE in percent."""
    if before.error is not None and after.error is not None:
        return round(100 * (after.error - before.error), 9)
    return 100 * ((after.rmse or 0.0) / (before.rmse or 1.0) - 1)


def _half_way(curve: Sequence[RobustnessPoint], rises: Mapping[float, float]) -> RobustnessPoint:
    """Returns the point with the smallest strength that has at least half of the largest rise."""
    half = max(rises.values()) / 2
    reached = (point for point in curve if rises[point.strength] >= half)
    return min(reached, key=lambda point: (abs(point.strength), -rises[point.strength]))


def _harmless(rises: Mapping[float, float], hardly: float) -> float:
    """Returns the largest measured strength up to which no rise, in either direction, is larger than ``hardly``."""
    harmful = min((abs(strength) for strength, rise in rises.items() if rise > hardly), default=float("inf"))
    return max(strength for strength in rises if strength < harmful)


def _values(unit: str, *points: RobustnessPoint) -> str:
    """Returns errors or RMSEs with their unit once: "2.5 to 41 %"."""
    sizes = [100 * point.error if point.error is not None else point.rmse or 0.0 for point in points]
    of = unit if points[0].error is None else "%"
    return f"{' to '.join(text.figure(size, 2) for size in sizes)} {of}".rstrip()


def _subject(name: str, more: str, verb: str) -> str:
    """Returns the beginning of a sentence about a perturbation: "Noise raises", "Covered parts raise"."""
    label = PERTURBATIONS[name].label
    return f"{label}{more} {verb}{'' if is_plural(label) else 's'}"
