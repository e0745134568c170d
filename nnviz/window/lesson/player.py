"""The player of a lesson: its steps, answers, goals and locks."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic, time

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.lessons.catalogue import SETTINGS, Kind
from nnviz.lessons.directives import ALL, Directive
from nnviz.lessons.document import Lesson, Step
from nnviz.lessons.goals import Condition, Fact, Value, comparisons_of, facts_of
from nnviz.lessons.progress import Progress, StepProgress
from nnviz.window.lesson.facts import Facts
from nnviz.window.lesson.performer import Performer

_LOG = logging.getLogger("nnviz")
ARRANGING = ("show", "hide", "enlarge")  # directives that arrange the cards of a workspace
ASKING = ("draw", "clear")  # directives that set the input

_SECONDS_TO_SKIP = 120.0  # in a step, before it may be skipped without a try


class LessonPlayer(QObject):
    """Plays one lesson. Attributes are for reading.

    Signals:
        changed: anything that the panel shows has changed.
        progressed: ``progress`` has changed.
        step_changed: another step, or another lesson, is shown.
        directive_began(Directive): it is carried out next.
        locks_changed: ``locked`` or ``pointed`` has changed.
        finished: the user finished the attempt, whose last step is still shown.
        closed: the lesson was left.

    Attributes:
        lesson, folder: the lesson and the folder with its files; None without a lesson.
        index: the number of the step, from 0.
        answers: the chosen options of each question of the step, from 0.
        met: whether each goal of the step is met; it stays so.
        was_met_at_once: whether all goals were met when the step was opened.
        hints: how many hints of the step are shown.
        failure: why a directive could not be carried out; "" if none failed.
        progress: the progress in the lesson; see :meth:`note_time`.
    """

    changed = pyqtSignal()
    progressed = pyqtSignal()
    step_changed = pyqtSignal()
    directive_began = pyqtSignal(object)
    locks_changed = pyqtSignal()
    finished = pyqtSignal()
    closed = pyqtSignal()

    def __init__(
        self,
        facts: Facts,
        performer: Performer,
        controls: Callable[[], Iterable[str]],
        members: Callable[[str], Iterable[str]],
    ) -> None:
        """Makes a player without a lesson.

        Args:
            controls: returns the names of all controls that can be locked.
            members: takes a name of a lesson and returns the names of the controls that it stands for.
        """
        super().__init__()
        self._facts, self._performer, self._controls = facts, performer, controls
        self._members = members
        self.lesson: Lesson | None = None
        self.folder = Path()
        self.index = 0
        self.answers: list[frozenset[int]] = []
        self.met: list[bool] = []
        self.was_met_at_once = False
        self.hints = 0
        self.failure = ""
        self.progress = Progress("", "")
        self._since = 0.0  # when the step was shown, or its time was noted
        self._entered: Progress | None = None  # the progress whose present step is shown
        self._after: Callable[[], None] = lambda: None  # what follows the directives in progress
        facts.changed.connect(self._evaluate)
        performer.done.connect(self._performed)
        performer.answered.connect(self.answer)
        performer.failed.connect(self._failed)
        performer.began.connect(self.directive_began)
        for signal in (self.locks_changed, self.changed):
            performer.training_changed.connect(signal)

    # ---- a lesson

    def open(self, lesson: Lesson, folder: Path) -> None:
        """Opens a lesson at its first step, and carries out what the step does first."""
        self._take(lesson, folder, Progress(lesson.content, "", began=time()))
        self._enter(0)

    def resume(self, lesson: Lesson, folder: Path, progress: Progress, has_run: bool) -> None:
        """Opens a lesson where it was left.

        Args:
            lesson, folder: as for :meth:`open`.
            progress: the progress in the lesson.
            has_run: whether the current run is that of the lesson. If not, all steps up to the present one are set up
                again, and what was trained is lost.
        """
        ids = [step.id for step in lesson.steps]
        index = ids.index(progress.step) if progress.step in ids else 0
        self._take(lesson, folder, progress)
        steps = lesson.steps[: index + 1]
        if has_run and all(progress.of(step.id).is_set_up for step in steps[:-1]):
            self._enter(index)
        else:
            if progress.of(steps[-1].id).is_by_program:
                progress.of(steps[-1].id).begin_again()
            progress.of(steps[-1].id).met = []
            for known in progress.steps.values():
                known.is_set_up = False  # also later steps, which were shown before this one was shown again
            self._enter(index, [directive for step in steps for directive in step.setup], steps)

    def _take(self, lesson: Lesson, folder: Path, progress: Progress) -> None:
        self.lesson, self.folder, self.progress = lesson, folder, progress
        self._since = monotonic()
        self._facts.take_trainings()  # those before the lesson

    def replace(self, lesson: Lesson) -> None:
        """Shows another version of the lesson, such as a translation, at the same step."""
        assert self.lesson is not None
        ids, place = [step.id for step in lesson.steps], self.step.id
        self.lesson = lesson
        self.progress.content = lesson.content
        index = ids.index(place) if place in ids else min(self.index, len(ids) - 1)
        self._enter(index, () if self.progress.of(lesson.steps[index].id).is_set_up else None)

    def close(self) -> None:
        """Leaves the lesson; ``closed`` follows."""
        if self.lesson is not None:
            self.leave()
            self.locks_changed.emit()
            self.closed.emit()

    def leave(self) -> None:
        """Stops what the lesson does, before another one is opened."""
        self.note_time()
        self._performer.stop()
        self._facts.want_activities(False)
        self.lesson = None

    @property
    def step(self) -> Step:
        """The current step."""
        assert self.lesson is not None
        return self.lesson.steps[self.index]

    @property
    def is_busy(self) -> bool:
        """Whether directives are being carried out."""
        return self._performer.is_performing

    @property
    def is_done(self) -> bool:
        """Whether all goals of the step are met."""
        return all(self.met)

    @property
    def is_prediction(self) -> bool:
        """Whether the step asks for a prediction: for any answer, and for more than that."""
        names = [{fact.name for fact in facts_of(goal)} for goal in self.step.goals]
        return {"answered"} in names and any(each - {"answered"} for each in names)

    @property
    def has_feedback(self) -> bool:
        """Whether chosen options are judged: predictions once all goals are met, so that the experiment comes first."""
        return self.is_done or not self.is_prediction

    @property
    def is_by_program(self) -> bool:
        """Whether the step is done, but by the program: it was skipped, or its solution shown."""
        return self.is_done and self.progress.of(self.step.id).is_by_program

    @property
    def by_program(self) -> frozenset[int]:
        """The numbers of the steps, from 0, that were skipped, or whose solution was shown."""
        steps = () if self.lesson is None else self.lesson.steps
        known = self.progress.steps
        return frozenset(at for at, step in enumerate(steps) if step.id in known and known[step.id].is_by_program)

    def is_final(self, question: int) -> bool:
        """Whether the right options of a question are shown, and its choice is final.

        So it is if the solution has chosen, and once the step has shown what was to be predicted, or the program has
        done it.
        """
        is_over = self.is_done and (self.is_prediction or self.is_by_program)
        return is_over or question in self.progress.of(self.step.id).shown_answers

    def chosen(self, question: int) -> frozenset[int]:
        """Returns the options of a question that the user has chosen, not the solution."""
        is_shown = question in self.progress.of(self.step.id).shown_answers
        return frozenset() if is_shown else self.answers[question]

    @property
    def skip_refusal(self) -> str:
        """Why the step cannot be skipped now; "" if it can: after some time, a wrong try, or a failure.

        A wrong prediction is no wrong try: the user would learn that it is wrong.
        """
        if self.is_busy:
            return texts.SKIP_BUSY
        if self.is_done:
            return texts.SKIP_DONE.format(button=texts.FINISH if self.is_last else texts.NEXT)
        if not self.step.solution:
            return texts.SKIP_WITHOUT_SOLUTION
        known, questions = self.progress.of(self.step.id), self.step.questions
        has_tried = self.has_feedback and any(
            question < len(questions) and option not in questions[question].correct
            for question, option in known.choices
        )
        left = _SECONDS_TO_SKIP - known.seconds - (monotonic() - self._since)
        if has_tried or known.is_solved or self.failure or left <= 0:
            return ""
        words = texts.SKIP_AFTER_TRY if questions and self.has_feedback else texts.SKIP_AFTER_TIME
        return words.format(time=text.roughly(left))

    @property
    def is_last(self) -> bool:
        """Whether this is the last step."""
        return self.lesson is not None and self.index == len(self.lesson.steps) - 1

    def _arrangement(self, index: int) -> list[Directive]:
        """Returns what arranges the window for a step: the workspace, the cards, and the input of the step."""
        assert self.lesson is not None
        found: list[Directive] = []
        for step in self.lesson.steps[: index + 1]:
            for directive in step.setup:
                if directive.verb == "workspace":
                    found = [directive]
                elif directive.verb in ARRANGING:
                    found.append(directive)
        return [*found, *(each for each in self.lesson.steps[index].setup if each.verb in ASKING)]

    def _enter(
        self, index: int, directives: Iterable[Directive] | None = None, steps: Sequence[Step] | None = None
    ) -> None:
        """Shows a step, and carries out directives.

        Args:
            index: the number of the step, from 0.
            directives: None for what sets it up, or arranges the window if that was done.
            steps: the steps that are set up by these directives; None for the one that is shown.
        """
        self.note_time()
        if directives is None:
            assert self.lesson is not None
            step = self.lesson.steps[index]
            is_set_up = step.id in self.progress.steps and self.progress.of(step.id).is_set_up
            directives = self._arrangement(index) if is_set_up else step.setup
        self.index, self.hints, self.failure, self.was_met_at_once = index, 0, "", False
        is_known = self.step.id in self.progress.steps
        self.progress.step, known = self.step.id, self.progress.of(self.step.id)
        self.progress.finished = 0.0
        self._entered = self.progress
        self.answers = _fitting_answers(known, self.step)
        has_met = len(known.met) == len(self.step.goals)
        self.met = list(known.met) if has_met else [False] * len(self.step.goals)
        self._facts.begin_step()
        self._facts.want_activities(any(fact.name == "dead" for goal in self.step.goals for fact in facts_of(goal)))
        self.step_changed.emit()
        self.locks_changed.emit()
        self.progressed.emit()
        self._after = partial(self._opened, is_known, (self.step,) if steps is None else steps)
        self._performer.perform(tuple(directives), self.folder)

    def note_time(self) -> None:
        """Notes the time, the runs and the figures of the present step in ``progress``, but not those of directives."""
        now = monotonic()
        if self.lesson is not None and self.progress.step:
            known, trainings = self.progress.of(self.progress.step), self._facts.take_trainings()
            if not self.progress.finished:
                known.seconds += now - self._since
            if self._entered is self.progress and not self.is_busy:
                known.trainings += trainings
                self._note_figures(known)
        self._since = now

    def _note_figures(self, known: StepProgress) -> None:
        """Notes the values of the goals' facts, until the goal is met, and unless the program reached them."""
        if known.is_by_program:
            known.figures = {}
            return
        kept = {
            fact for goal, is_met in zip(self.step.goals, known.met, strict=False) if is_met for fact in facts_of(goal)
        }
        for fact in (fact for goal in self.step.goals for fact in facts_of(goal) if fact not in kept):
            value = None if fact.info.kind is Kind.FLAG else self._read(fact)
            if value is not None and (isinstance(value, str) or math.isfinite(value)):
                known.note_figure(fact.written, value)

    def _opened(self, was_known: bool, steps: Sequence[Step]) -> None:
        """Evaluates the goals for the first time.

        Args:
            was_known: whether the step was shown before.
            steps: the steps that are set up now, unless a directive failed.
        """
        for step in steps:
            self.progress.of(step.id).is_set_up = not self.failure
        self._facts.begin_step()
        self._note_answers()
        self._evaluate()
        self.was_met_at_once = bool(self.met) and self.is_done and not was_known
        self.changed.emit()

    # ---- the user

    def next(self) -> None:
        """Goes to the next step if all goals are met; finishes the attempt at the last one."""
        if self.lesson is None or not self.is_done or self.is_busy:
            return
        if self.is_last:
            self.note_time()
            self.progress.finished = self.progress.finished or time()
            self.finished.emit()
        else:
            self._enter(self.index + 1)

    def back(self) -> None:
        """Shows the step before, with its arrangement; what else it does is not carried out again."""
        if self.lesson is not None and self.index > 0:
            self._enter(self.index - 1)

    def reset_step(self) -> None:
        """Begins the step again."""
        if self.lesson is not None:
            self.note_time()
            self.progress.of(self.step.id).begin_again()
            self._enter(self.index, self.step.setup)

    def show_hint(self) -> None:
        """Shows the next hint; after the last one, carries out the solution."""
        if self.lesson is None:
            return
        if self.hints < len(self.step.hints):
            self.hints += 1
            self.changed.emit()
        else:
            self.solve()

    def skip(self) -> None:
        """Carries out the solution and goes to the next step, if there is one."""

        def skipped() -> None:
            self.progress.of(self.step.id).is_skipped = True
            self._meet()
            if not self.is_last:  # there the user presses Finish
                self.next()

        self.solve(skipped)

    def solve(self, then: Callable[[], None] = lambda: None) -> None:
        """Carries out the solution; ``then`` is called when it is done, and the goals are evaluated."""
        if self.lesson is None or self.is_busy:
            return

        def after() -> None:
            self._evaluate()
            then()

        self.note_time()
        self.progress.of(self.step.id).is_solved = True
        self._after = after
        self._performer.perform(self.step.solution, self.folder, at_full_speed=True)
        self.changed.emit()

    def skip_met(self) -> None:
        """Continues as if all goals were met."""
        self._meet()
        self.next()

    def _meet(self) -> None:
        self.met = self.progress.of(self.step.id).met = [True] * len(self.met)

    def choose(self, question: int, option: int) -> None:
        """Chooses an option of a question, or takes the choice back where several may be chosen."""
        if self.lesson is None or self.is_final(question):
            return
        if self.step.questions[question].is_multiple:
            self.answers[question] = self.answers[question] ^ {option}
        else:
            self.answers[question] = frozenset({option})
        self.progress.of(self.step.id).note_choice(question, option)
        self._note_answers()
        self.changed.emit()

    def answer(self, options: Sequence[int]) -> None:
        """Chooses options, from 1, of the first question, as the solution does; a prediction stays as it was made."""
        if self.lesson is not None and self.answers:
            chosen = frozenset(option - 1 for option in options)
            if chosen != self.answers[0] and not (self.is_prediction and self.answers[0]):
                self.answers[0] = chosen
                self.progress.of(self.step.id).shown_answers = [0]
            self._note_answers()
            self.changed.emit()

    def _note_answers(self) -> None:
        questions = self.step.questions
        self.progress.of(self.step.id).answers = [sorted(chosen) for chosen in self.answers]
        self.progressed.emit()
        is_answered = bool(questions) and all(self.answers)
        pairs = zip(self.answers, questions, strict=True)
        self._facts.note_answers(is_answered, is_answered and all(chosen == each.correct for chosen, each in pairs))

    # ---- directives

    def _performed(self) -> None:
        self._facts.take_trainings()  # those of the directives
        after, self._after = self._after, lambda: None
        after()
        self.changed.emit()

    def _failed(self, directive: Directive, why: str) -> None:
        self.failure = texts.FAILED.format(directive=directive.text, why=why)
        self._performed()

    # ---- goals

    def _read(self, fact: Fact) -> Value:
        """Returns the value of a fact. An error is the failure of the step, and the value is not known."""
        try:
            return self._facts.read(fact)
        except Exception as error:  # a fault of the program, which would come again at each change of a fact
            if not self.failure:
                _LOG.exception("a fact of a lesson cannot be read")
                self.failure = texts.FAILED.format(directive=fact.text, why=f"{type(error).__name__}: {error}")
            return None

    def _evaluate(self) -> None:
        if self.lesson is None or self.is_busy:
            return
        before = list(self.met)
        for number, goal in enumerate(self.step.goals):
            self.met[number] = self.met[number] or goal.holds(self._read) is True
        if self.met != before:
            known = self.progress.of(self.step.id)
            self._note_figures(known)  # as they are now, before the new ticks keep them
            known.met = list(self.met)
            self.progressed.emit()
        if self.step.goals:
            self.changed.emit()

    def present(self, goal: Condition) -> str:
        """Returns the present value of a goal's fact: "now 8.2 %"; "" if there is nothing to show."""
        unmet = next((each for each in comparisons_of(goal) if each.holds(self._read) is not True), None)
        if unmet is None or not unmet.sign:
            return ""
        value = self._read(unmet.fact)
        return texts.GOAL_PRESENT.format(value=format_value(unmet.fact, value))

    # ---- locks

    @property
    def is_training(self) -> bool:
        """Whether a directive trains. Until it has trained its epochs, all controls but the canvas are locked."""
        return self._performer.is_training

    @property
    def locked(self) -> frozenset[str]:
        """The names of the locked controls and cards, also of settings whose fields are not made yet."""
        if self.lesson is None or not self.is_training:
            return self.locked_by_steps
        return self.locked_by_steps | (self._all_controls() - self._all(("draw",)))

    def is_locked(self, name: str) -> bool:
        """Whether a control or setting is locked, or a part of it is."""
        return not self.locked.isdisjoint(self._all([name]) or {name})

    @property
    def locked_by_steps(self) -> frozenset[str]:
        """The names of the controls and cards that the steps up to this one lock."""
        if self.lesson is None:
            return frozenset()
        found: set[str] = set()
        for step in self.lesson.steps[: self.index + 1]:
            for directive in step.setup:
                if directive.verb == "unlock":
                    found -= self._all(directive.words)
                elif directive.verb == "lock" and directive.words[0] == ALL:
                    found = self._all_controls() - self._all(directive.words[1:])
                elif directive.verb == "lock":
                    found |= self._all(directive.words)
        return frozenset(found)

    def _all_controls(self) -> set[str]:
        return {*self._controls(), *self._all(SETTINGS)}

    def _all(self, names: Iterable[str]) -> set[str]:
        return {member for name in names for member in self._members(name)}

    @property
    def pointed(self) -> tuple[str, ...]:
        """The names of the cards and controls that the step points at."""
        if self.lesson is None:
            return ()
        return tuple(name for each in self.step.setup if each.verb == "point" for name in each.words)

    @property
    def unlocked(self) -> tuple[str, ...]:
        """The names that this step unlocks."""
        if self.lesson is None:
            return ()
        return tuple(name for each in self.step.setup if each.verb == "unlock" for name in each.words)


def _fitting_answers(known: StepProgress, step: Step) -> list[frozenset[int]]:
    """Returns the answers that were given before, if they fit the questions; else none."""
    questions, given = step.questions, known.answers
    if len(given) != len(questions):
        return [frozenset() for _ in questions]
    pairs = zip(given, questions, strict=True)
    return [frozenset(chosen) & frozenset(range(len(question.options))) for chosen, question in pairs]


def format_value(fact: Fact, value: Value) -> str:
    """Returns the value of a fact as text; a dash while it is not known."""
    if value is None:
        return "–"
    if isinstance(value, (str, bool)):
        return str(value)
    if fact.info.kind is Kind.SHARE:
        return text.percent(value)
    return text.epochs(value) if fact.name.startswith("epoch") else text.figure(value)
