"""The report of an attempt at a lesson, to hand in: one HTML page, which holds its data as JSON, too."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PyQt5.QtCore import QDate, QLocale

from nnviz import __version__
from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.lessons.document import Lesson, Question, Step
from nnviz.lessons.goals import facts_of
from nnviz.lessons.progress import Progress, StepProgress
from nnviz.window.lesson.player import format_value

FORMAT = 1  # of the data
DATA_ID = "nnviz-report"  # of the element that holds them
_LONGEST_NAME = 200
# Results of a step: words in the data. The page has its own, in ``texts.REPORT_RESULTS``.
DONE, READ, SKIPPED, SOLUTION_SHOWN, NOT_FINISHED, NOT_BEGUN = (
    *("done", "read", "skipped", "solution shown", "not finished", "not begun"),
)
_STYLE = """
body { font-family: sans-serif; max-width: 64em; margin: 2em auto; line-height: 1.4; }
table { border-collapse: collapse; } td, th { padding: 0.2em 0.8em; text-align: left; border-bottom: 1px solid #ccc; }
img { max-width: 100%; } .right { color: #1a7f37; } .wrong { color: #b42318; } .skipped { color: #666; }
"""


def report_data(lesson: Lesson, attempt: Progress, name: str, date: datetime) -> dict[str, Any]:
    """Returns what the report says, as a JSON document. Numbers of options count from 0; shares are 0…1.

    Args:
        lesson, attempt: the lesson, and what the pupil did in it.
        name: the pupil's name, as typed.
        date: when the report is made, with its time zone.
    """
    steps = [_step_data(step, attempt.steps.get(step.id)) for step in lesson.steps]
    results = [step["result"] for step in steps]
    firsts = [question["right_at_first_try"] for step in steps for question in step["questions"]]
    return {
        "format": FORMAT,
        "program": f"nnviz {__version__}",
        "lesson": lesson.id,
        "title": lesson.title,
        "language": lesson.language,
        "content": lesson.content,
        "name": text.name(name.strip(), _LONGEST_NAME),
        "date": date.isoformat(timespec="seconds"),
        "begun": _iso(attempt.began, date),
        "finished": _iso(attempt.finished, date),
        "summary": {
            "steps": len(steps),
            "done": results.count(DONE) + results.count(READ),
            "skipped": results.count(SKIPPED) + results.count(SOLUTION_SHOWN),
            "questions": len(firsts),
            "answered": len(firsts) - firsts.count(None),
            "right_at_first_try": firsts.count(True),
            "seconds": round(sum(each.seconds for each in attempt.steps.values()), 1),
        },
        "steps": steps,
    }


def _iso(seconds: float, date: datetime) -> str | None:
    return datetime.fromtimestamp(seconds, date.tzinfo).isoformat(timespec="seconds") if seconds else None


def _step_data(step: Step, known: StepProgress | None) -> dict[str, Any]:
    seen = StepProgress() if known is None else known
    return {
        "id": step.id,
        "title": step.title,
        "result": _result(step, known),
        "seconds": round(seen.seconds, 1),
        "runs_started": seen.trainings,
        "goals": [goal.phrase() for goal in step.goals],
        "figures": dict(seen.figures),
        "questions": [_question_data(number, question, seen) for number, question in enumerate(step.questions)],
    }


def _result(step: Step, known: StepProgress | None) -> str:
    if known is None:
        return NOT_BEGUN
    if known.is_by_program:
        return SKIPPED if known.is_skipped else SOLUTION_SHOWN
    if step.goals and not (known.met and all(known.met)):
        return NOT_FINISHED
    return DONE if step.goals else READ


def _question_data(number: int, question: Question, known: StepProgress) -> dict[str, Any]:
    """Returns a question with the pupil's choices. What the solution chose is not among them."""
    options = range(len(question.options))
    choices = [option for place, option in known.choices if place == number and option in options]
    is_chosen = number < len(known.answers) and number not in known.shown_answers
    first = choices[: len(question.correct)]
    return {
        "text": _plain(question.text),
        "options": [_plain(option.html) for option in question.options],
        "correct": sorted(question.correct),
        "choices": choices,
        "chosen": list(known.answers[number]) if is_chosen else [],
        "right_at_first_try": None if not choices else sorted(first) == sorted(question.correct),
    }


def _plain(written: str) -> str:
    """Returns the text of a lesson's HTML, in which each < begins a tag."""
    return html.unescape(re.sub("<[^>]*>", "", written)).strip()


# ---- the page


def report_html(lesson: Lesson, attempt: Progress, name: str, date: datetime, pictures: Mapping[str, bytes]) -> str:
    """Returns the page; see :func:`report_data`. ``pictures``: PNG files by their captions."""
    data = report_data(lesson, attempt, name, date)
    title, who = html.escape(lesson.title), html.escape(data["name"]) or "–"
    about = texts.REPORT_ABOUT.format(date=_date(date), lesson=lesson.id, version=__version__)
    heads = "".join(f"<th>{each}</th>" for each in texts.REPORT_HEADS)
    rows = "".join(
        _row(number, step, found) for number, (step, found) in enumerate(zip(lesson.steps, data["steps"], strict=True))
    )
    answers = "".join(_answers(step, found) for step, found in zip(lesson.steps, data["steps"], strict=True))
    shown = "".join(_picture(caption, png) for caption, png in pictures.items())
    return (
        f'<!DOCTYPE html>\n<html lang="{texts.WRITTEN_IN}"><head><meta charset="utf-8">'
        f"<title>{title} – {who}</title><style>{_STYLE}</style>\n{_script(data)}</head>\n"
        f'<body><h1 lang="{html.escape(lesson.language)}">{title}</h1><p>{texts.REPORT_WHO} <b>{who}</b></p>'
        f"<p><b>{html.escape(_summary(data['summary']))}</b></p><p>{html.escape(about)}</p>\n"
        f"<table><tr>{heads}</tr>{rows}</table>\n{answers}{shown}</body></html>\n"
    )


def _script(data: dict[str, Any]) -> str:
    """Returns the data as an element that nothing runs; a name in them cannot end it."""
    inert = json.dumps(data).replace("<", "\\u003c")
    return f'<script type="application/json" id="{DATA_ID}">{inert}</script>'


def _date(date: datetime) -> str:
    """Returns a date in the language of the page."""
    return QLocale(texts.WRITTEN_IN).toString(QDate(date.year, date.month, date.day), QLocale.FormatType.LongFormat)


def _summary(summary: dict[str, Any]) -> str:
    values = {**summary, "open": summary["questions"] - summary["answered"], "time": _minutes(summary["seconds"])}
    parts = [texts.REPORT_SUMMARY_STEPS]
    parts += [texts.REPORT_SUMMARY_ANSWERED] if values["answered"] else []
    parts += [texts.REPORT_SUMMARY_OPEN] if values["open"] else []
    return " ".join([*parts, texts.REPORT_SUMMARY_TIME]).format(**values)


def _picture(caption: str, png: bytes) -> str:
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<h2>{html.escape(caption)}</h2><p><img src="{source}" alt=""></p>'


def _row(number: int, step: Step, found: dict[str, Any]) -> str:
    """Returns a row of the table; a step without an attempt has no figures."""
    cells = [f"{number + 1}. {step.title}", "; ".join(found["goals"]), texts.REPORT_RESULTS[found["result"]]]
    if found["result"] == NOT_BEGUN:
        cells += [""] * (len(texts.REPORT_HEADS) - len(cells))
    else:
        choices = sum(len(question["choices"]) for question in found["questions"])
        cells += [_figures(step, found["figures"]), _minutes(found["seconds"])]
        cells += [str(choices), str(found["runs_started"])]
    look = ' class="skipped"' if found["result"] in (SKIPPED, SOLUTION_SHOWN) else ""
    return f"<tr{look}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _figures(step: Step, figures: Mapping[str, float | str]) -> str:
    """Returns the values of the goals' facts: "Test error 2.98 %"."""
    facts = {fact.written: fact for goal in step.goals for fact in facts_of(goal) if fact.written in figures}
    return "; ".join(f"{fact.label} {format_value(fact, figures[name])}" for name, fact in facts.items())


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min"


def _answers(step: Step, found: dict[str, Any]) -> str:
    """Returns the questions of a step that was shown, with the chosen options."""
    if not found["questions"] or found["result"] == NOT_BEGUN:
        return ""
    pairs = zip(step.questions, found["questions"], strict=True)
    return f"<h2>{html.escape(step.title)}</h2>{''.join(_answer(*pair, found['result']) for pair in pairs)}"


def _answer(question: Question, found: dict[str, Any], result: str) -> str:
    """Returns a question; an option that was chosen at first and then given up is marked, too.

    The right options that were not chosen are marked once the step is over: the pupil reads the report, too.
    """
    is_skipped = result in (SKIPPED, SOLUTION_SHOWN)
    items = []
    for number, option in enumerate(question.options):
        is_chosen, is_right = number in found["chosen"], option.is_correct
        word = texts.REPORT_CHOSEN if is_chosen else texts.REPORT_CHOSEN_BEFORE if number in found["choices"] else ""
        verdict = texts.REPORT_RIGHT if is_right else texts.REPORT_WRONG
        words = [verdict, word] if word else [verdict] if is_right and (is_skipped or result == DONE) else []
        look = "skipped" if is_skipped else "right" if is_right else "wrong"
        judged = f' <b class="{look}">{", ".join(words)}</b>' if words else ""
        items.append(f"<li>{'☒' if is_chosen else '☐'} {option.html}{judged}</li>")
    asked = f"<p>{html.escape(found['text'])}</p>" if found["text"] else ""
    return f"{asked}<ul>{''.join(items)}</ul>"
