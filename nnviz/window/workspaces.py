"""Workspaces are arrangements of cards. Each card says in which workspaces it is, and where."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.panels.cards import CARDS, CardInfo, Column


@dataclass(frozen=True)
class Workspace:
    """An arrangement of cards. ``name`` is for cards and scripts, ``title`` for the person."""

    name: str
    title: str

    def cards(self, column: Column) -> list[tuple[str, CardInfo]]:
        """The names and descriptions of a column's cards, from the top."""
        named = [(name, CARDS[name]) for name in CARDS]
        shown = [(name, card) for name, card in named if self.name in card.places]
        of_column = [(name, card) for name, card in shown if card.places[self.name].column is column]
        return sorted(of_column, key=lambda each: each[1].places[self.name].number)


WORKSPACES = {"train": Workspace("train", "Train")}


def workspace_named(name: str) -> Workspace:
    """The workspace of that name. Raises ValueError if there is none (yet)."""
    if name not in WORKSPACES:
        raise ValueError(f"there is no workspace {name!r}. There is: {', '.join(WORKSPACES)}.")
    return WORKSPACES[name]
