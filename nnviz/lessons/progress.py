"""Progress in a lesson, which is one attempt: the present step, and the time, tries and answers of each step."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

_MOST_SECONDS = 10**8
_LATEST = 32_503_680_000  # seconds from 1970 to 3000; Windows knows no date after that year
_MOST_CHOICES = 50  # of a step
_MOST_FIGURES, _LONGEST_VALUE = 10, 60  # of a step; characters

Figure = float | str  # the value of a fact


@dataclass
class StepProgress:
    """Progress in a step.

    Attributes:
        seconds: time for which the step was shown, until the attempt was finished.
        choices: the questions and options that were chosen, (question, option) from 0, in this order. Of more than 50,
            those in the middle are left out.
        trainings: how many runs were started; one that was continued does not count.
        answers: the chosen options of each question, from 0.
        met: whether each goal is met.
        is_set_up: whether what the step does first was carried out.
        is_skipped: whether the step was skipped.
        is_solved: whether the solution was carried out.
        shown_answers: the questions, from 0, whose present answer the solution chose, not the pupil.
        figures: values that the facts of a goal had when it was met, or have so far, by the facts as they are written.
    """

    seconds: float = 0.0
    choices: list[list[int]] = field(default_factory=list)
    trainings: int = 0
    answers: list[list[int]] = field(default_factory=list)
    met: list[bool] = field(default_factory=list)
    is_set_up: bool = False
    is_skipped: bool = False
    is_solved: bool = False
    shown_answers: list[int] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def is_by_program(self) -> bool:
        """Whether the program did what the step asks for, not the pupil."""
        return self.is_skipped or self.is_solved

    def begin_again(self) -> None:
        """Forgets what the step has come to; its time and tries stay."""
        self.answers, self.met, self.shown_answers, self.figures = [], [], [], {}
        self.is_skipped = self.is_solved = self.is_set_up = False

    def note_choice(self, question: int, option: int) -> None:
        """Notes that an option was chosen, or taken back."""
        self.choices.append([question, option])
        if len(self.choices) > _MOST_CHOICES:
            del self.choices[_MOST_CHOICES // 2]

    def note_figure(self, fact: str, value: Figure) -> None:
        """Notes the value of a fact; of many facts only the first, and of a long text the beginning."""
        if fact in self.figures or len(self.figures) < _MOST_FIGURES:
            self.figures[fact] = value[:_LONGEST_VALUE] if isinstance(value, str) else value


@dataclass
class Progress:
    """Progress in a lesson: one attempt.

    Attributes:
        content: fingerprint of the lesson; progress in another content is not used.
        step: id of the present step.
        record: number of the run in the library that was the current one; 0 for none.
        experiment: what the fields described, as :meth:`Experiment.as_dict`.
        steps: progress by the id of the step, of those that were shown.
        began, finished: seconds since 1970; 0 for unknown, and not finished.
    """

    content: str
    step: str
    record: int = 0
    experiment: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, StepProgress] = field(default_factory=dict)
    began: float = 0.0
    finished: float = 0.0

    def of(self, step: str) -> StepProgress:
        """Returns the progress in a step, which may just begin."""
        return self.steps.setdefault(step, StepProgress())

    def as_dict(self) -> dict[str, Any]:
        """Returns a JSON document."""
        return asdict(self)


def progress_from(document: object) -> Progress | None:
    """Returns the progress that a JSON document describes; None if it is damaged."""
    try:
        entries: dict[str, Any] = dict(document)  # type: ignore[call-overload]
        steps = {str(step): _step_from(found) for step, found in dict(entries["steps"]).items()}
        experiment = dict(entries["experiment"])
        times = _time(entries.get("began", 0)), _time(entries.get("finished", 0))  # not there before 0.31
        return Progress(
            str(entries["content"]), str(entries["step"]), int(entries["record"]), experiment, steps, *times
        )
    except (TypeError, ValueError, KeyError, OverflowError):
        return None


def _seconds(value: object) -> float:
    return _within(value, _MOST_SECONDS)


def _time(value: object) -> float:
    return _within(value, _LATEST)


def _within(value: object, most: float) -> float:
    found = float(str(value))
    if not 0 <= found < most:
        raise ValueError("no time")
    return found


def _figures_from(entries: dict[str, Any]) -> dict[str, Figure]:
    return {
        str(fact): value
        for fact, value in dict(entries).items()
        if isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value))
    }


def _step_from(entries: dict[str, Any]) -> StepProgress:
    return StepProgress(
        _seconds(entries["seconds"]),
        [[int(question), int(option)] for question, option in entries["choices"]],
        int(entries["trainings"]),
        [[int(option) for option in chosen] for chosen in entries["answers"]],
        [bool(each) for each in entries["met"]],
        bool(entries["is_set_up"]),
        bool(entries["is_skipped"]),
        bool(entries["is_solved"]),
        [int(question) for question in entries.get("shown_answers", [])],  # progress of 0.30 lacks it
        _figures_from(entries.get("figures", {})),  # not there before 0.31
    )
