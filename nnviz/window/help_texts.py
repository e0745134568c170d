"""The texts that F1 shows. They stand in assets/help.md, each once, under the names that they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from engine.assets_folder import ASSETS

FILE = ASSETS / "help.md"


class HelpText(NamedTuple):
    """What is told under a heading; both are plain text."""

    title: str
    text: str


def texts_of(name: str) -> tuple[HelpText, ...]:
    """All that belong to a name, in the order of the file; none for a name that is not there.

    Args:
        name: the object name of a card or a control ("drawDock", "learningRateEdit"), or a registered name behind its
            kind ("optimizer.adam").
    """
    known = texts()
    found = known.get(name)
    if found is None:
        patterns = (pattern for pattern in known if "*" in pattern and fnmatchcase(name, pattern))
        found = known.get(next(patterns, ""), ())
    return found


def text_of(name: str) -> HelpText:
    """The first that belongs to a name. Raises KeyError where there is none."""
    found = texts_of(name)
    if not found:
        raise KeyError(name)
    return found[0]


@lru_cache(maxsize=1)
def texts() -> Mapping[str, tuple[HelpText, ...]]:
    """Name, perhaps with a ``*`` for a number or a word, → its texts. Read from the file when first asked for."""
    read: dict[str, tuple[HelpText, ...]] = {}
    for title, names, text in re.findall(
        r"^## (.+)\n(`.+`)\n\n((?:(?!#).*\n)+)", FILE.read_text(encoding="utf-8") + "\n", re.MULTILINE
    ):
        for name in re.findall(r"`(.+?)`", names):
            read[name] = (*read.get(name, ()), HelpText(title, " ".join(text.split())))
    return read
