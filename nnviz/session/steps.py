"""Makes the parts that are about single steps of the training."""

from __future__ import annotations

from nnviz.session.asked_step import AskedStep
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.edited_errors import EditedErrors
from nnviz.session.exact_replay import ExactReplay
from nnviz.session.messages import Messages
from nnviz.session.past_batch import PastBatch
from nnviz.session.question import Question
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.settings import Settings
from nnviz.session.step_effects import StepEffects
from nnviz.session.step_through import StepThrough
from nnviz.session.taken_steps import TakenSteps
from nnviz.session.timeline import Timeline
from nnviz.session.training import Training
from nnviz.session.undo import Undo


def step_parts(
    data: Data,
    runs: Runs,
    displayed: Displayed,
    training: Training,
    undo: Undo,
    settings: Settings,
    timeline: Timeline,
    exact: ExactReplay,
    question: Question,
    selection: Selection,
    errors: EditedErrors,
    messages: Messages,
) -> tuple[StepThrough, StepEffects, PastBatch]:
    """The step that is looked at, what it does to the error, and the batch of a moment of the past."""
    steps = TakenSteps(data, runs, displayed, training, undo, errors, messages)
    past_batch = PastBatch(runs, data, displayed, timeline, exact, messages)
    asked = AskedStep(data, settings, runs, training, displayed, past_batch, question, selection)
    step_through = StepThrough(asked, steps, messages)
    return step_through, StepEffects(step_through, steps, messages.crashed.emit), past_batch
