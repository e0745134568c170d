"""Workspaces: arrangements of cards. Each card says in which it stands, and where."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.panels.cards import CARDS, CardInfo, Column


@dataclass(frozen=True)
class Workspace:
    """A named arrangement; ``name`` is what cards and scripts call it."""

    name: str
    title: str

    def cards(self, column: Column) -> list[tuple[str, CardInfo]]:
        """Names and cards of a column, from the top."""
        named = [(name, CARDS[name]) for name in CARDS]
        there = [(name, card) for name, card in named if self.name in card.places]
        of_column = [(name, card) for name, card in there if card.places[self.name].column is column]
        return sorted(of_column, key=lambda each: each[1].places[self.name].number)


WORKSPACES = {"train": Workspace("train", "Train")}


def workspace_named(name: str) -> Workspace:
    """The workspace of that name. Raises ValueError where there is none (yet)."""
    if name not in WORKSPACES:
        raise ValueError(f"there is no workspace {name!r}. There is: {', '.join(WORKSPACES)}.")
    return WORKSPACES[name]
