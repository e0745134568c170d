"""Sweeps in a library, and the window's pages about them."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QMenu, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.sweeps.plan import GRID, SWEEP, Plan
from engine.sweeps.search_space import parse_dimension
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.library import Library
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.sweep_writer import SweepWriter
from nnviz.ui.plots.point_plot import PointPlot
from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import find
from tests.nnviz.library.helpers import an_experiment
from tests.nnviz.sweeps.helpers import Here, worked


def a_sweep(data: Dataset, *typed: str, made: Experiment | None = None, **more: Any) -> Plan:
    """A sweep on a grid, of two epochs."""
    base = an_experiment(data, epochs=2, batch_size=40, hidden=(5,)) if made is None else made
    return Plan(SWEEP, (base,), vary=tuple(map(parse_dimension, typed)), **{"sampler": GRID, **more})


def record_sweep(data: Dataset, plan: Plan, name: str = "", most: int = 10_000) -> int:
    """Does a sweep, or a given number of steps of it, in the test's library; returns its number."""
    with Library() as library:
        plan = plan.with_held_out(data)
        store = SweepWriter.of_new(library, plan, data.title, name, lambda text: None)
        conductor = Conductor(plan, data, Here(data), store)
        worked(conductor, most)
        is_done = conductor.is_over
        conductor.stop()
        assert conductor.close(is_done)
        return store.sweep


def show_trials(window: AnyWindow, qtbot: QtBot) -> TrialTable:
    """Turns to the trials of the newest sweep, and waits until they are read."""
    window.show_sweep_form()
    trials = window.session.models[TrialsModel]
    trials.show(trials.shown)
    qtbot.waitUntil(lambda: trials.table is not None)
    assert trials.table is not None
    return trials.table


def dots(window: AnyWindow, number: int = 1) -> PointPlot:
    """The plot over a setting, counted from 1."""
    return find(window, PointPlot, f"trialDots{number}Plot")


def at(plot: PointPlot, dot: int) -> QPoint:
    return plot.place_of(dot).toPoint()


def choose_entry(qtbot: QtBot, window: AnyWindow, button: str, entry: str) -> None:
    """Opens the menu of a button by a click, and clicks an entry of it, or of a menu in it."""
    opener = find(window, QToolButton, button)
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    menu = find(opener, QMenu, button.removesuffix("Button") + "Menu" if "Add" in button else f"{button}Menu")
    assert menu.isVisible()
    action = next(each for each in menu.actions() if each.text() == entry)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    menu.hide()
