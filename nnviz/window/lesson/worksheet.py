"""A lesson on paper: its texts, questions with boxes to tick, and goals."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QFont, QTextDocument

from nnviz.lessons import texts
from nnviz.lessons.document import Lesson, Question, Step
from nnviz.ui import theme
from nnviz.window.lesson.text_view import image_at

_POINTS = 11.0  # of the text; Qt makes headings 1.5 and 2 times as large
_STYLE = """
h2 { margin-top: 18px; } p { margin-bottom: 6px; }
code, pre { font-family: monospace; } pre { white-space: pre-wrap; }
th, td { padding: 2px 10px 2px 0; text-align: left; } .box { font-size: 14pt; }
.option { margin-top: 4px; margin-bottom: 0; }
"""
_WIDEST = 600  # pixels of an image, 96 to an inch: 159 mm
_BLANK = "_" * 30
_LINE = "_" * 80


class Worksheet(QTextDocument):
    """A lesson to be printed. Images are those of the lesson's folder.

    Qt adds margins of 2 cm and the page numbers.
    """

    def __init__(self, lesson: Lesson, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        font = QFont(theme.font())
        font.setPointSizeF(_POINTS)  # a size in pixels is tiny on a printer
        self.setDefaultFont(font)
        self.setDefaultStyleSheet(_STYLE)
        self.setHtml(worksheet_html(lesson))

    def loadResource(self, kind: int, url: QUrl) -> Any:
        """Returns an image of the lesson's folder; an empty one for all else."""
        return image_at(kind, url, self._folder, _WIDEST)


def worksheet_html(lesson: Lesson) -> str:
    """Returns texts, questions and goals, without hints, feedback, solutions and a summary at the end."""
    head = f"<p>{texts.WORKSHEET_NAME} {_BLANK} &nbsp; {texts.WORKSHEET_DATE} {_BLANK}</p>"
    parts = [head, f"<h1>{html.escape(lesson.title)}</h1>", lesson.introduction]
    for number, step in enumerate(_printed_steps(lesson), start=1):
        parts.append(f"<h2>{number}. {html.escape(step.title)}</h2>")
        parts += [_printed(part) if isinstance(part, Question) else part for part in step.parts]
        goals = "".join(_boxed(html.escape(goal.phrase())) for goal in step.goals)
        parts.append(f"<p>{texts.WORKSHEET_GOALS}</p>{goals}" if goals else "")
    return "".join(parts)


def _printed_steps(lesson: Lesson) -> Sequence[Step]:
    """Returns the steps, without a summary at the end: it has the right options of the questions before."""
    *steps, last = lesson.steps
    is_summary = not (last.questions or last.goals) and any(step.questions for step in steps)
    return steps if is_summary else lesson.steps


def _boxed(words: str) -> str:
    """Returns a line with a box to tick."""
    return f'<p class="option"><span class="box">☐</span>&nbsp; {words}</p>'


def _printed(question: Question) -> str:
    """Returns the options with boxes to tick, and a line to write on.

    They are paragraphs: Qt breaks a table at the wrong place between two pages.
    """
    return f"{''.join(_boxed(option.html) for option in question.options)}<p>{_LINE}</p>"
