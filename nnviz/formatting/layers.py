"""Which layers of a very deep network are drawn: a widget for each of thousands would stop the window for minutes."""

from __future__ import annotations

from nnviz.formatting import text

FIRST, LAST = 30, 10  # layers that are drawn of a network with more


def drawn_layers(count: int) -> tuple[list[int], list[int]]:
    """The layers, from 0, that are drawn before and after those that are left out; without a gap all are before."""
    if count <= FIRST + LAST:
        return list(range(count)), []
    return list(range(FIRST)), list(range(count - LAST, count))


def left_out(count: int) -> str:
    """Says how many of so many layers are not drawn: "… 9,960 layers not drawn …"."""
    return f"… {text.count(count - FIRST - LAST)} layers not drawn …"
