"""Conclusions: what the figures of a card mean, in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Conclusion(NamedTuple):
    """A few sentences about measured figures.

    Attributes:
        lead: the first sentence, which is emphasised: "Most often: 4 read as 9."
        rest: the sentences after it, or "".
        last: more of them, or ""; where space is short, they are left out first.
    """

    lead: str
    rest: str = ""
    last: str = ""

    @property
    def text(self) -> str:
        """The sentences as plain text."""
        return " ".join(filter(None, self))


def enumeration(names: Sequence[str]) -> str:
    """Returns names as in a sentence: "7", "7 and 9", "1, 4 and 6"; "" for none."""
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last


def is_plural(name: str) -> bool:
    """Returns whether a name takes a plural verb: "hidden layers", but not "loss"."""
    return name.endswith("s") and not name.endswith("ss")
