"""The figures of the displayed network: error, RMSE or loss of each set, with the epoch at which it was measured."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from engine.training.history import Curve, Curves
from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.plots.curve_axes import ERROR, LOSS, Quantity

PARTS = ("test", "train", "validation")  # in the order in which figures are listed


@dataclass(frozen=True)
class EndFigure:
    """The last known figure of a set of examples.

    Attributes:
        part: "train", "test" or "validation".
        value: the figure in the unit of its curve; finite.
        epoch: the epoch at which it was measured.
        name: what it is called: "test error".
        when: how it was measured: "at epoch 3", "estimated at epoch 0.2".
        tip: the tooltip.
    """

    part: str
    value: float
    epoch: float
    name: str
    when: str
    tip: str


@dataclass(frozen=True)
class ShownFigures:
    """The figures of the displayed network, and what is said with them.

    Attributes:
        figures: those that are known, in the order of ``PARTS``.
        past: the displayed epoch of the past, "epoch 3"; "" for the live network.
        note: the epoch of the figures if the displayed network has learned since, "error at epoch 2"; "" otherwise.
        now: the live network's value on the test set while ``past`` is displayed; None if it is unknown.
    """

    figures: tuple[EndFigure, ...] = ()
    past: str = ""
    note: str = ""
    now: float | None = None


def _last_measured(curves: Curves, part: str, epoch: float) -> tuple[float, float, bool] | None:
    """Returns the last value of a part up to an epoch, its epoch, and whether it is an estimate."""
    exact: Curve = getattr(curves, part)
    known = curves.joined(part)
    count = bisect_right(known.epochs, epoch)
    if not count:
        return None
    at = known.epochs[count - 1]
    return at, known.values[count - 1], exact.at(at) is None


def shown_figures(session: Session, quantity: Quantity) -> ShownFigures:
    """Returns the figures of the displayed network: live or in the past."""
    run, epoch = session.runs.current, session.timeline.epoch
    figures = []
    for part in PARTS:
        found = known_figure(session, quantity, part)
        if found is not None and math.isfinite(found[1]):
            figures.append(_figure(session, quantity, part, found))
    shown = run.epochs if epoch is None else epoch
    is_behind = bool(figures) and figures[0].epoch != shown
    is_said = epoch is not None or session.state is not Status.TRAINING
    note = f"{quantity.called} at {run.epoch_text(figures[0].epoch)}" if is_behind and is_said else ""
    if epoch is None:
        return ShownFigures(tuple(figures), note=note)
    now = _live(session, quantity, "test")
    value = now[1] if now is not None and math.isfinite(now[1]) else None
    return ShownFigures(tuple(figures), run.epoch_text(epoch), note, value)


def known_figure(session: Session, quantity: Quantity, part: str) -> tuple[float, float, bool] | None:
    """Returns the displayed network's last known figure: its epoch, its value, and whether it is an estimate."""
    epoch = session.timeline.epoch
    return _live(session, quantity, part) if epoch is None else _past(session, quantity, part, epoch)


def exact_figure(session: Session, quantity: Quantity, part: str) -> float | None:
    """Returns the displayed network's figure without what-ifs; None if it was not measured on the whole set."""
    found = known_figure(session, quantity, part)
    return None if found is None or found[0] != session.displayed.epochs or found[2] else found[1]


def _curves(session: Session, quantity: Quantity) -> Curves:
    curves: Curves = getattr(session.runs.current.history, quantity.name)
    return curves


def _live(session: Session, quantity: Quantity, part: str) -> tuple[float, float, bool] | None:
    """Returns epoch and value of the live network, and whether it is an estimate; None if it is unknown."""
    run = session.runs.current
    early: Curve = getattr(_curves(session, quantity), f"early_{part}")
    at = run.epoch_of_figures if run.edited is None else run.place_of_edits
    if run.edited is None and run.history.best is None and early.epochs and early.epochs[-1] > at:
        return early.epochs[-1], early.values[-1], True
    value = run.figures().get(f"{part}_{quantity.name}")
    return None if value is None else (at, value, False)


def _past(session: Session, quantity: Quantity, part: str, epoch: float) -> tuple[float, float, bool] | None:
    """Returns epoch and value up to an epoch of the past: that of the curve, or measured there; None if unknown."""
    found = _last_measured(_curves(session, quantity), part, epoch)
    if found is None or found[0] != epoch:
        at, measured = session.timeline.figures
        value = measured.get(f"{part}_{quantity.name}")
        if at == epoch and value is not None:
            return at, value, False
    return found


def _figure(session: Session, quantity: Quantity, part: str, found: tuple[float, float, bool]) -> EndFigure:
    epoch, value, is_estimate = found
    when = f"{'estimated ' if is_estimate else ''}at {session.runs.current.epoch_text(epoch)}"
    tip = _tip(session, quantity, part, when, epoch)
    return EndFigure(part, value, epoch, f"{part} {quantity.called}", when, tip)


def _tip(session: Session, quantity: Quantity, part: str, when: str, epoch: float) -> str:
    """Returns what the figure is; for an RMSE with its R²."""
    name = "training" if part == "train" else part
    where, name = f"in the {name} set, {when}.", name.capitalize()
    if quantity.name == ERROR.name:
        return f"{name} error: the share of misclassified examples {where}"
    if quantity.name == LOSS.name:
        return f"{name} loss: the mean loss of an example {where}"
    target = session.meaning.target_name
    of = f" of {target}" if target else ""
    words = f"{name} RMSE{of}: the root of the mean squared difference between predicted and true values {where}"
    share = session.runs.current.history.figures(epoch).get(f"{part}_r2")
    if share is None:
        return words
    return f"{words} R² is {text.steady(share)}: 1 is perfect, 0 is no better than predicting the mean."
