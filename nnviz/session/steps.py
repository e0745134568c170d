"""Makes the parts that are about single steps of the training."""

from __future__ import annotations

from nnviz.cards.step_through.manual_steps import TakenSteps
from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.past_batch import PastBatch
from nnviz.cards.step_through.step_effects import StepEffects
from nnviz.cards.step_through.step_request import AskedStep
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.edited_errors import EditedErrors
from nnviz.session.exact import Exact
from nnviz.session.messages import Messages
from nnviz.session.question import Question
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.settings import Settings
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
    exact: Exact,
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
