"""The registry of cards: their positions and the queries that they need. Frame, View menu and exports use it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from engine.basics.registry import Registry
from engine.datasets import Dataset


class Column(Enum):
    """The parts of the window: from left to right what the user chooses, watches, and asks; below, the time."""

    CHOOSE = "choose"
    WATCH = "watch"
    ASK = "ask"
    TIME = "time"


@dataclass(frozen=True)
class Place:
    """A card's position in a workspace.

    Attributes:
        column: its column.
        number: its position in the column, from the top. Cards with the same number are in the order of their names.
        height: its initial height, in pixels.
        share: its initial share of the height, for a card in the time; by default that of the curves.
        is_strip: whether the card has its low form there.
        is_presented: whether the presentation shows the card there.
    """

    column: Column
    number: int
    height: int = 0
    share: float = 0
    is_presented: bool = True
    is_strip: bool = False


@dataclass(frozen=True)
class CardInfo:
    """The description of a card. Its help is the text under its name in assets/help.md.

    Attributes:
        make: takes the session and returns the widget.
        places: its positions, by the names of the workspaces that show it.
        needs: names of the session's queries whose results it needs while it is in view.
        page_of: the name of the card of which it is a page. It has no position of its own, and is shown wherever the
            card is, or only in the workspaces of ``places``.
        part_of: the name of the card that makes it, and in which it always stands.
        page_number: its position among the pages, from the left. Pages that belong to the card itself have 0.
        suits: whether the card makes sense for a data set; a page is made with the first such data. None: for all.
        is_fixed: whether lessons cannot show, hide or enlarge it: the card of the settings, and its sections.
    """

    make: Callable[[Any], Any]
    places: dict[str, Place] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    page_of: str = ""
    part_of: str = ""
    page_number: int = 0
    suits: Callable[[Dataset], bool] | None = None
    is_fixed: bool = False


CARDS: Registry[CardInfo] = Registry("card")
# The modules that register cards, by the workspace that needs them first: they are imported when it is shown. Their
# order does not matter.
_MODULES = {
    "train": (
        "curves.card",
        "distributions.card",
        "regression.card",
        "settings.settings_card",
        "user_examples.card",
        "stage.card",
    ),
    "inside": (
        "inspector.card",
        "explanation.card",
        "map.card",
        "mistakes.mistakes_card",
        "neuron.card",
        "robustness.card",
        "step_through.card",
    ),
    "runs": (
        "comparison.curves_card",
        "comparison.differences_card",
        "comparison.disagreement_card",
        "comparison.predictions_page",
        "runs.card",
        "sweep.card",
        "sweep.trials_card",
    ),
}
# Arrangements of cards: each card says where it is in which.
WORKSPACES = {"train": "Train", "inside": "Look inside", "runs": "Runs"}


def register_cards(workspace: str) -> None:
    """Imports the cards that a workspace needs first, which register themselves."""
    for module in _MODULES[workspace]:
        importlib.import_module(f"nnviz.cards.{module}")
