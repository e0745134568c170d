"""The registry of cards: what each says of itself, from which docks, menus and help are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from engine.registry import Registry


class Column(Enum):
    """Left to right: what a person chooses, watches and asks."""

    CHOOSE = "choose"
    WATCH = "watch"
    ASK = "ask"


@dataclass(frozen=True)
class Place:
    """Where a card stands in a workspace: its column, and how high it is at first beside the others there."""

    column: Column
    height: int = 100


@dataclass(frozen=True)
class Card:
    """A card, before there is one.

    Attributes:
        title: as the View menu and the help have it.
        make: gives the widget; takes the session.
        places: by the names of the workspaces it stands in; the order within a column is that of the registry.
        needs: what must be worked out of the displayed network while the card is in view, as the session's probes
            call it.
        page_of: the name of a card with tabs of which it is one; such a card has no place of its own.
        is_fixed: whether it stays in the left column and has no menu.
    """

    title: str
    make: Callable[[Any], Any]
    places: dict[str, Place] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    page_of: str = ""
    is_fixed: bool = False


CARDS: Registry[Card] = Registry("card")
