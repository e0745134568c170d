"""The texts that F1 shows, from assets/help.md, which lists the names that each belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from engine.basics.assets_folder import ASSETS

FILE = ASSETS / "help.md"


class HelpText(NamedTuple):
    """A heading of the file and the text below it, both plain text.

    ``page`` and ``anchor`` are the place in the user guide to which the text links; empty without a link.
    """

    title: str
    text: str
    page: str = ""
    anchor: str = ""


def texts_of(name: str) -> tuple[HelpText, ...]:
    """Returns all texts of a name, in the order of the file; empty if there are none.

    Args:
        name: the object name of a card or a control ("drawDock", "learningRateEdit"), or a kind, a dot and a
            registered name ("optimizer.adam").
    """
    known = texts()
    if name not in known:
        name = next((pattern for pattern in known if "*" in pattern and fnmatchcase(name, pattern)), "")
    return known.get(name, ())


@lru_cache(maxsize=1)
def texts() -> Mapping[str, tuple[HelpText, ...]]:
    """Returns all texts by name.

    A ``*`` in a name stands for any number or word. The file is read at the first call.
    """
    read: dict[str, tuple[HelpText, ...]] = {}
    for title, names, text in re.findall(
        r"^## (.+)\n(`.+`)\n\n((?:(?!#).*\n)+)", FILE.read_text(encoding="utf-8") + "\n", re.MULTILINE
    ):
        link = re.search(r"\nGuide: \[.+\]\(guide/([\w-]+)\.md#?([\w-]*)\)\n$", text)
        words = " ".join(text[: link.start()].split() if link else text.split())
        found = HelpText(title, words, *(link.groups() if link else ()))
        for name in re.findall(r"`(.+?)`", names):
            read[name] = (*read.get(name, ()), found)
    return read
