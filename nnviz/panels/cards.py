"""The registry of cards: what each says of itself. Docks, View menu and exports are built from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from engine.registry import Registry


class Column(Enum):
    """From left to right: what a person chooses, watches and asks."""

    CHOOSE = "choose"
    WATCH = "watch"
    ASK = "ask"


@dataclass(frozen=True)
class Place:
    """Where a card stands in a workspace: its column, its number in it from the top, and how high it is at first."""

    column: Column
    number: int
    height: int = 0


@dataclass(frozen=True)
class CardInfo:
    """A card, before there is one; its help stands under its name among the texts of the help.

    Attributes:
        title: as the View menu has it.
        make: gives the widget; takes the session.
        places: by the names of the workspaces it stands in.
        needs: what must be worked out of the displayed network while it is in view, by the names of the session's
            probes.
        page_of: the name of the card with tabs that it is a page of; it then has no place of its own.
        is_fixed: whether it stays in the column of settings and has no menu.
    """

    title: str
    make: Callable[[Any], Any]
    places: dict[str, Place] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    page_of: str = ""
    is_fixed: bool = False


CARDS: Registry[CardInfo] = Registry("card")
SETTINGS = "settingsDock"  # the dock of the fixed cards
