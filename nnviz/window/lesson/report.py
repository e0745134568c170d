"""The report of a pupil, to hand in: one HTML page."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping

from nnviz import __version__
from nnviz.lessons.document import Lesson, Question, Step
from nnviz.lessons.progress import Progress, StepProgress

_STYLE = """
body { font-family: sans-serif; max-width: 50em; margin: 2em auto; line-height: 1.4; }
table { border-collapse: collapse; } td, th { padding: 0.2em 0.8em; text-align: left; border-bottom: 1px solid #ccc; }
img { max-width: 100%; } .right { color: #1a7f37; } .wrong { color: #b42318; }
"""


def report_html(lesson: Lesson, progress: Progress, name: str, date: str, pictures: Mapping[str, bytes]) -> str:
    """Returns the report: each step with its goals, result, time, tries and answers, and pictures.

    Args:
        lesson, progress: the lesson, and what the pupil did in it.
        name: the pupil's name, as typed.
        date: the date, as text.
        pictures: PNG files by their captions.
    """
    title, who = html.escape(lesson.title), html.escape(name.strip()) or "–"
    whole = _minutes(sum(each.seconds for each in progress.steps.values()))
    about = f"Date: {html.escape(date)}<br>Lesson: {html.escape(lesson.id)}, nnviz {__version__}<br>Time: {whole}"
    rows = "".join(_row(number, step, progress.steps.get(step.id)) for number, step in enumerate(lesson.steps, start=1))
    answers = "".join(_answers(step, progress.steps.get(step.id)) for step in lesson.steps)
    shown = "".join(_picture(caption, png) for caption, png in pictures.items())
    heads = "".join(
        f"<th>{each}</th>" for each in ("Step", "Goals", "Result", "Time", "Answers chosen", "Runs started")
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{html.escape(lesson.language)}"><head><meta charset="utf-8">'
        f"<title>{title} – {who}</title><style>{_STYLE}</style></head>\n<body><h1>{title}</h1>"
        f"<p>Name: <b>{who}</b><br>{about}</p>\n<table><tr>{heads}</tr>{rows}</table>\n{answers}{shown}</body></html>\n"
    )


def _picture(caption: str, png: bytes) -> str:
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<h2>{html.escape(caption)}</h2><p><img src="{source}" alt=""></p>'


def _row(number: int, step: Step, known: StepProgress | None) -> str:
    goals = "; ".join(goal.phrase() for goal in step.goals)
    cells = [f"{number}. {step.title}", goals, _result(step, known)]
    if known is not None:
        cells += [_minutes(known.seconds), str(len(known.choices)), str(known.trainings)]
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min"


def _result(step: Step, known: StepProgress | None) -> str:
    if known is None:
        return "not begun"
    if known.is_skipped:
        return "skipped"
    if step.goals and not (known.met and all(known.met)):
        return "not finished"
    return "solution shown" if known.is_solved else "done" if step.goals else "read"


def _answers(step: Step, known: StepProgress | None) -> str:
    """Returns the questions of a step with the chosen options."""
    if known is None or len(known.answers) != len(step.questions):
        return ""
    blocks = [
        _choice(question, chosen, [option for place, option in known.choices if place == number])
        for number, (question, chosen) in enumerate(zip(step.questions, known.answers, strict=True))
    ]
    return f"<h2>{html.escape(step.title)}</h2>{''.join(blocks)}" if blocks else ""


def _choice(question: Question, chosen: list[int], choices: list[int]) -> str:
    """Returns a question; an option that was chosen at first and then given up is marked, too."""
    items = []
    for number, option in enumerate(question.options):
        is_chosen = number in chosen
        is_earlier = number in choices and not is_chosen
        word = "chosen" if is_chosen else "chosen before" if is_earlier else ""
        judged = f" <b class={'right' if option.is_correct else 'wrong'}>{word}</b>" if word else ""
        items.append(f"<li>{'☒' if is_chosen else '☐'} {option.html}{judged}</li>")
    return f"<ul>{''.join(items)}</ul>"
