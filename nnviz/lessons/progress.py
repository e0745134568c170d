"""Progress in a lesson: the present step, and the time, tries and answers of each step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

_MOST_SECONDS = 10**8


@dataclass
class StepProgress:
    """Progress in a step.

    Attributes:
        seconds: time for which the step was shown.
        choices: the questions and options that were chosen, (question, option) from 0, in this order.
        trainings: how often training was started.
        answers: the chosen options of each question, from 0.
        met: whether each goal is met.
        is_set_up: whether what the step does first was carried out.
        is_skipped: whether the step was skipped.
        is_solved: whether the solution was carried out.
        shown_answers: the questions, from 0, whose present answer the solution chose, not the pupil.
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


@dataclass
class Progress:
    """Progress in a lesson.

    Attributes:
        content: fingerprint of the lesson; progress in another content is not used.
        step: id of the present step.
        record: number of the run in the library that was the current one; 0 for none.
        experiment: what the fields described, as :meth:`Experiment.as_dict`.
        steps: progress by the id of the step, of those that were shown.
    """

    content: str
    step: str
    record: int = 0
    experiment: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, StepProgress] = field(default_factory=dict)

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
        return Progress(str(entries["content"]), str(entries["step"]), int(entries["record"]), experiment, steps)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None


def _seconds(value: object) -> float:
    found = float(str(value))
    if not 0 <= found < _MOST_SECONDS:
        raise ValueError("no time")
    return found


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
    )
