"""``RunName``: the name of a run in parts, which is shortened by its least important parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

BETWEEN = " · "
_MORE = " …"
_SHAPE = re.compile(r"\d+((?:-\d+)+)-\d+")  # "784-64-32-10"; the group holds the hidden layers


class RunName(str):
    """The name of a run, which is a text, with shorter forms of it.

    Attributes:
        forms: the whole name and shorter ones, the longest first; the most important parts are in all of them.
    """

    forms: tuple[str, ...]

    def __new__(cls, *forms: str) -> RunName:
        made = super().__new__(cls, forms[0])
        made.forms = forms
        return made

    @classmethod
    def of(cls, head: str, parts: Sequence[str], common: Sequence[str] = (), origin: str = "") -> RunName:
        """Returns the name of these parts.

        Args:
            head: what the name begins with, as the number of the run; empty for nothing. It is left out last.
            parts: what distinguishes the run from others, the most important first. The first one is in every form.
            common: what most of the others have as well; it is left out first.
            origin: what stands before the parts, and is left out before any of them is.
        """
        forms = [_joined(head, origin, *parts, *common[:count]) for count in range(len(common), -1, -1)]
        if parts:
            shorter = [_joined(head, *parts[:count]) for count in range(len(parts) - 1, 0, -1)]
            forms += [_joined(head, *parts), *(f"{form}{_MORE}" for form in shorter), _joined(head, parts[0]), parts[0]]
            if of_shape := _SHAPE.fullmatch(parts[0]):
                forms.append(of_shape[1].removeprefix("-"))
        return cls(*dict.fromkeys(forms))

    def after(self, words: str) -> RunName:
        """Returns the name with these words before it in every form."""
        return RunName(*(f"{words}{form}" for form in self.forms))

    def before(self, part: str) -> RunName:
        """Returns the name with one more part at its end, which is left out first."""
        return RunName(f"{self}{BETWEEN}{part}", *self.forms)

    def within(self, room: float, width: Callable[[str], float] = len) -> str:
        """Returns the longest form that fits; if none does, the shortest one, cut in the middle.

        Args:
            room: the limit in the unit of ``width``: characters, unless it is given.
        """
        found = next((form for form in self.forms if width(form) <= room), None)
        return _cut(self.forms[-1], room, width) if found is None else found


def short_names(names: Sequence[RunName]) -> list[str]:
    """Returns the shortest form of each name that no other of them has; the whole name if there is none."""
    taken = Counter(form for name in names for form in name.forms)
    return [
        next((form for form in reversed(name.forms) if taken[form] == 1 and not form.endswith(_MORE)), name)
        for name in names
    ]


def _joined(*parts: str) -> str:
    return BETWEEN.join(filter(None, parts))


def _cut(words: str, room: float, width: Callable[[str], float]) -> str:
    """Returns as many words as fit, with an ellipsis in place of the middle; at least the ellipsis."""
    for count in range(len(words) - 1, 0, -1):
        begin = (count + 1) // 2
        shown = f"{words[:begin]}…{words[len(words) - (count - begin) :]}"
        if width(shown) <= room:
            return shown
    return "…"
