"""The registry of cards and what they need. Docks, View menu and exports are built from it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from engine.basics.registry import Registry
from engine.datasets import Dataset


class Column(Enum):
    """The columns from left to right: what a person chooses, watches and asks."""

    CHOOSE = "choose"
    WATCH = "watch"
    ASK = "ask"


@dataclass(frozen=True)
class Place:
    """A card's place in a workspace.

    Attributes:
        column: in which it stands.
        number: its number in it from the top. Cards with the same number stand in the order of their names.
        height: its first height in pixels.
        drawn_height: likewise while the data lie in a plane or on a curve; 0 for the same.
    """

    column: Column
    number: int
    height: int = 0
    drawn_height: int = 0


@dataclass(frozen=True)
class CardInfo:
    """The description of a card. Its help is the text under its name in assets/help.md.

    Attributes:
        make: takes the session and returns the widget, which has its title.
        places: its places by the names of the workspaces that show it.
        needs: names of the session's probes whose results it needs while it is in view.
        page_of: the name of the card with tabs of which it is a page; it then has no place of its own.
        page_number: its place among those pages, from the left; those that the card has of itself have 0.
        suits: for which data such a page makes sense; it is made when they come for the first time. None: for all.
        is_fixed: whether it stays in the settings column and has no menu.
        is_of_displayed: whether it draws the displayed network, so that it is marked while that is one of the past.
    """

    make: Callable[[Any], Any]
    places: dict[str, Place] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    page_of: str = ""
    page_number: int = 0
    suits: Callable[[Dataset], bool] | None = None
    is_fixed: bool = False
    is_of_displayed: bool = True


CARDS: Registry[CardInfo] = Registry("card")
# The modules that register cards, by the workspace that needs them first: they are imported when it is shown. Their
# order does not matter.
_MODULES = {
    "train": (
        "curves.card",
        "distributions.card",
        "draw.card",
        "plane.curve_page",
        "plane.plane_page",
        "prediction.card",
        "prediction_over_time.card",
        "regression.card",
        "settings.data_card",
        "settings.network_card",
        "settings.training_card",
        "user_examples.card",
        "weights.card",
    ),
    "inside": (
        "diagram.card",
        "explanation.card",
        "map.card",
        "mistakes.examples_card",
        "mistakes.mistakes_card",
        "neuron.card",
        "robustness.card",
        "step_through.card",
    ),
    "runs": (
        "comparison.curves_card",
        "comparison.differences_card",
        "comparison.disagreement_card",
        "comparison.predictions_card",
        "runs.card",
        "sweep.card",
        "sweep.trials_card",
    ),
}
# Arrangements of cards: each card says where it is in which.
WORKSPACES = {"train": "Train", "inside": "Look inside", "runs": "Runs"}
SETTINGS = "settingsDock"  # the dock of the fixed cards


def register_cards(workspace: str) -> None:
    """Imports the cards that a workspace needs first, which register themselves."""
    for module in _MODULES[workspace]:
        importlib.import_module(f"nnviz.cards.{module}")
