"""Facts of a live session: each can be read and compared in every way that a goal may, and none is of another time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from pytestqt.qtbot import QtBot

from engine.training.distributions import layer_activities
from nnviz.lessons.catalogue import FACTS, SETTINGS, Catalogue, value_of_setting
from nnviz.lessons.errors import LessonError
from nnviz.lessons.goals import Fact, parse_goal
from nnviz.lessons.included import included_lessons
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.window.lesson.facts import ACTIVITIES, Facts
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import is_shown
from tests.nnviz.jobs.plans_helpers import Does

CATALOGUE = Catalogue(frozenset(), frozenset(), frozenset({"curves"}), frozenset())
_ARGUMENTS = {"layer": "1", "neuron": "1.2", "card": "curves", "true": "4", "predicted": "9"}
_VALUES = ("2", "0.5", "50 %", "ready", "train", "sgd", "true", "none", '"7"', "64, 32", "0.1, 0.2")


def _facts() -> Iterator[str]:
    """Yields each documented fact and each setting as a goal names it."""
    for name, info in FACTS.items():
        if "setting" in info.arguments:
            yield from (f"{name}({setting})" for setting in SETTINGS)
        else:
            named = ", ".join(_ARGUMENTS[each] for each in info.arguments)
            yield f"{name}({named})" if named else name
    yield from SETTINGS


def _goals(session: Session) -> Iterator[str]:
    for fact in _facts():
        yield from (fact, f"not {fact}")
        bare = fact.removeprefix("field(").rstrip(")")
        own = (str(value_of_setting(session.settings.experiment, bare)),) if bare in SETTINGS else ()
        yield from (
            f"{fact} {sign} {value}" for sign in ("<", "<=", "=", "!=", ">", ">=") for value in (*_VALUES, *own)
        )


@pytest.mark.parametrize("data", ["mnist", "mpg", "xor"])
def test_each_goal_that_may_be_written_can_be_evaluated(data: str, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.data.load(data)
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == data)
    facts = Facts(session, lambda: False)
    facts.want_activities(True)
    evaluated: set[str] = set()
    for act in (lambda: None, session.step_epoch, lambda: session.settings.change("of a test", dropout=(0.1, 0.2, 0))):
        act()
        qtbot.waitUntil(lambda: session.state not in (Status.TRAINING, Status.BUILDING))
        for line in _goals(session):
            with suppress(LessonError):
                goal = parse_goal("a.md", 1, line, CATALOGUE)
                assert goal.holds(facts.read) in (True, False, None)
                evaluated.add(line.removeprefix("not ").split(" ")[0].split("(")[0])
    assert evaluated == {*FACTS, *SETTINGS}


def test_loss_is_the_training_loss(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    facts = Facts(session, lambda: False)
    assert facts.read(Fact("loss")) is None
    session.step_epoch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert facts.read(Fact("loss")) == session.runs.current.history.loss.train.at(1)
    assert facts.read(Fact("field", ("loss",))) == "cross-entropy"
    session.settings.change("of a test", hidden=())
    assert facts.read(Fact("field", ("hidden",))) == "none"


def test_dead_neurons_are_those_of_the_network_as_it_is(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "mpg")
    session.settings.change("of a test", hidden=(9,), optimizer="adamw", learning_rate=0.1, seed=2, epochs=7)
    facts = Facts(session, lambda: False)
    facts.want_activities(True)

    def share() -> float:
        dataset = session.data.dataset
        assert dataset is not None
        layer = layer_activities(session.runs.current.displayed_network(), dataset.train)[0]
        return layer.dead / layer.neurons

    def follow(act: Callable[[], None]) -> float:
        act()
        query = session.queries[ACTIVITIES]
        qtbot.waitUntil(lambda: session.state in (Status.PAUSED, Status.FINISHED) and query.is_up_to_date)
        found = facts.read(Fact("dead", ("1",)))
        assert found == share()
        return found

    trained = [follow(session.start) for _ in range(2)]
    assert any(trained), "the example has dead neurons"
    neurons = [follow(lambda number=number: session.edits.set_bias(Neuron(1, number), -100.0)) for number in range(9)]
    assert neurons[-1] == 1


def test_values_of_runs_are_those_with_an_epoch_in_the_step(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    facts, rates = Facts(session, lambda: False), Fact("runs", ("learning-rate",))
    session.step_epoch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert facts.read(rates) == 1
    facts.begin_step()
    with qtbot.waitSignal(session.runs.history_changed):
        session.edits.set_bias(Neuron(1, 0), 1.0)  # its figures are measured, too
    assert facts.read(rates) == 0
    session.step_epoch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert facts.read(rates) == 1


def test_seeds_are_those_of_a_group_that_has_finished(make_cards: MakeCards, qtbot: QtBot, does: Does) -> None:
    session = make_cards("trainingCard", records=True).session
    qtbot.waitUntil(lambda: is_shown(session.data))
    session.settings.change("of a test", hidden=(5,), epochs=1)
    facts, seeds, sweeps = Facts(session, lambda: False), Fact("seeds"), session.sweeps
    sweeps.set_seeds(3)
    for is_stopped in (True, False):
        executor = does(held_seed=1)
        sweeps.toggle()
        assert executor.reached.wait(10)
        if is_stopped:
            sweeps.stop()
        else:
            sweeps.set_seeds(10)  # of the next group
            executor.go.set()
        qtbot.waitUntil(lambda: sweeps.plan_progress is None)
        assert facts.read(seeds) == (0 if is_stopped else 3)
    assert facts.take_trainings() == 2


def test_lesson_2_asks_for_a_network_that_has_had_its_rate_from_the_start(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    facts = Facts(session, lambda: False)
    lines = included_lessons()[1].read_text(encoding="utf-8").splitlines()
    goals = {
        rate: parse_goal(
            "a.md", 1, next(line for line in lines if line.startswith(f"learning-rate = {rate}")), CATALOGUE
        )
        for rate in ("2", "0.01")
    }

    def train(epochs: float) -> None:
        session.start()
        qtbot.waitUntil(lambda: session.state is Status.FINISHED and session.runs.current.epochs == epochs)

    session.settings.change("of a test", learning_rate=0.2, epochs=3)
    train(3)
    for rate, goal in goals.items():
        session.settings.change("of a test", learning_rate=float(rate))
        train(session.runs.current.epochs + 3)
        assert goal.holds(facts.read) is False
        session.reset()
        qtbot.waitUntil(lambda: session.state not in (Status.BUILDING, Status.FINISHED))
        assert goal.holds(facts.read) is False
        train(3)
        assert goal.holds(facts.read) is True
