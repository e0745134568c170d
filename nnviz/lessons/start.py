"""The beginning of a new lesson: a file whose first step sets up a window as it is now."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TEXT = """---
lesson: 1
id: {id}
title: {title}
language: {language}
---
What the lesson is about, in two sentences.

## The first step {{#start}}
What to do, and what to look at. **Before you start:** a question.
- [ ] A wrong answer
  > Why it is wrong.
- [x] The right answer
  > Why it is right.
```do
{setup}
```
```goal
answered
```
```solution
answer 2
```
> A hint.
"""


@dataclass
class LessonStart:
    """What the first step sets up.

    Attributes:
        data: the line that loads the data: "mnist train-examples = 300", or the name of a file.
        is_file: whether ``data`` is a file next to the lesson.
        preset: the preset that the settings are based on; "" for none.
        settings: settings that differ from the preset's, by their names in lessons.
        arrangement: directives that arrange the cards.
        drawing: what is drawn: a file next to the lesson, or "test 23"; "" for nothing.
    """

    data: str
    is_file: bool = False
    preset: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    arrangement: Sequence[str] = ()
    drawing: str = ""

    def text(self, title: str, language: str = "en") -> str:
        """Returns the file."""
        lines = [f"{'open' if self.is_file else 'data'} {self.data}"]
        lines += [f"preset {self.preset}"] if self.preset else []
        settings = "; ".join(f"{name} = {value}" for name, value in self.settings.items())
        lines += [f"set {settings}"] if settings else []  # in one line, as an optimizer alone changes the learning rate
        lines += ["new", *self.arrangement]
        lines += [f"draw {self.drawing}" if self.drawing else "clear"]
        return _TEXT.format(id=id_of(title), title=title, language=language, setup="\n".join(lines))


def id_of(title: str) -> str:
    """Returns an id for a lesson from its title: "My lesson!" → "my-lesson"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "lesson"
