"""What the network is asked about follows the data: a drawing, or an example that is set; steps to undo, no echoes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.errors import DataError
from engine.datasets import Dataset, Split, load_data
from engine.datasets.curve import curve_dataset
from engine.datasets.dataset import NUMBER, PICTURE, POINT, ROW, one_hot
from engine.datasets.plane import plane_dataset
from engine.experiment import Experiment
from nnviz.digits.examples import are_centred
from nnviz.digits.strokes import Ink, Stroke
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.messages import Messages
from nnviz.session.question import Question
from nnviz.session.run import new_run
from nnviz.session.runs import Runs
from nnviz.session.selection import Example, Selection
from nnviz.session.sketch import Sketch
from nnviz.session.undo import Undo

SPIRALS, SINE = plane_dataset("spirals", points=60), curve_dataset("sine", points=40)


@dataclass
class Parts:
    """Those of a session that have to do with the question."""

    data: Data
    sketch: Sketch
    question: Question
    selection: Selection
    undo: Undo


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Parts]:
    """Without a window, and without what trains."""
    undo, data = Undo(), Data(Messages())
    sketch = Sketch(undo)
    data.changed.connect(lambda: sketch.adapt(data.dataset))
    runs = Runs(new_run(Experiment()), undo)
    selection = Selection(runs, data)
    question = Question(Displayed(runs.current), sketch, data, selection, undo)
    yield Parts(data, sketch, question, selection, undo)
    data.close(0)


def bring(session: Parts, data: Dataset) -> None:
    """As if they had been loaded."""
    session.data.dataset = data
    session.data.changed.emit()


def pictures(side: int) -> Dataset:
    """Of noise, all over the frame."""
    labels = np.arange(40) % 2
    inputs = np.random.default_rng(0).random((40, side * side), np.float32)
    return Dataset("Noise", Split(inputs, one_hot(labels, 2), labels), example_shape=(side, side))


def stroke() -> Stroke:
    return Stroke(np.array([(-0.2, -0.3), (0.2, 0.3)]))


def test_an_example_leaves_the_canvas_with_its_data(session: Parts) -> None:
    noise, others = pictures(28), replace(pictures(28), title="Others", train=pictures(28).train.head(30))
    bring(session, noise)
    session.question.set_data_example(Example("train", 3))
    (example,) = session.sketch.drawing
    drawn = stroke()
    session.sketch.step("stroke", (example,), (example, drawn))
    bring(session, SPIRALS)
    bring(session, noise)
    assert session.sketch.drawing == (example, drawn), "the same data again"
    bring(session, others)
    assert session.sketch.drawing == (drawn,)
    session.undo.undo()
    assert session.sketch.drawing == (), "the step leads back to no example of other data"
    assert session.question.example is None
    session.question.set_example(np.full(784, 0.25), "grey")
    bring(session, noise)
    assert session.sketch.drawing == ()


def test_what_an_example_is() -> None:
    kinds = [load_data(name).kind for name in ("penguins", "mpg")]
    assert kinds == [ROW, ROW]
    assert (SPIRALS.kind, SINE.kind, pictures(8).kind) == (POINT, NUMBER, PICTURE)


def test_a_drawing_before_there_are_data_and_where_pictures_fit_the_canvas(session: Parts) -> None:
    session.sketch.draw((stroke(),))
    drawn = session.question.example
    assert drawn is session.sketch.picture
    assert drawn is not None
    bring(session, pictures(28))
    assert session.question.is_drawn
    assert session.question.example is session.sketch.picture


@pytest.mark.parametrize("data", [SPIRALS, SINE, pictures(8), load_data("penguins")], ids=lambda data: data.title)
def test_other_data_begin_with_a_test_example(session: Parts, qtbot: QtBot, data: Dataset) -> None:
    with qtbot.waitSignal(session.question.changed):
        bring(session, data)
    question = session.question
    assert question.origin is not None
    assert question.origin.part == ("train" if data.test is None else "test")
    np.testing.assert_array_equal(question.example, data.splits[question.origin.part].example(question.origin.number))
    assert session.undo.last() is None
    before = question.example
    for _ in range(9):
        question.set_random_example("dice")
    assert question.example is not before
    assert len(question.example) == data.width


def test_an_example_is_one_step_to_undo_however_often_it_was_moved(session: Parts) -> None:
    bring(session, SPIRALS)
    question = session.question
    first = question.example
    for x in (0.1, 0.2, 0.3):
        question.move_example([x, 0.5])
        np.testing.assert_allclose(question.example, [x, 0.5])
        assert session.undo.last() is None
    question.set_example((0.4, 0.5), "point")
    assert session.undo.last().text == "point"
    assert question.origin is None
    question.set_example(np.array([0.0, 1.0]))
    session.undo.undo()
    np.testing.assert_allclose(question.example, [0.4, 0.5])
    session.undo.undo()
    assert question.example is first
    assert question.origin is not None
    session.undo.redo()
    np.testing.assert_allclose(question.example, [0.4, 0.5])


def test_examples_are_remembered_by_their_meaning(session: Parts) -> None:
    bring(session, SPIRALS)
    question = session.question
    question.set_example([0.4, 0.5])
    point = question.example
    bring(session, SINE)
    assert len(question.example) == 1
    bring(session, plane_dataset("moons", points=40))
    assert question.example is point, "a point stays a point"
    question.set_data_example(Example("test", 3))
    assert question.origin == Example("test", 3)
    bring(session, SPIRALS)
    assert question.origin is None, "it is none of these"
    scaled = load_data("penguins")
    bring(session, scaled)
    question.set_example(np.zeros(scaled.width))
    zeros = question.example
    bring(session, load_data("penguins", {"seed": 3}))
    assert question.example is not zeros, "0 stands for another mean"
    bring(session, scaled)
    assert question.example is zeros


def test_an_undo_after_other_data_came_changes_what_is_remembered(session: Parts, qtbot: QtBot) -> None:
    bring(session, SPIRALS)
    first = session.question.example
    session.question.set_example([0.4, 0.5])
    bring(session, SINE)
    number = session.question.example
    while session.undo.last() is not None:
        session.undo.undo()
    assert session.question.example is number
    bring(session, SPIRALS)
    assert session.question.example is first


def test_a_drawing_stays_while_there_are_other_data(session: Parts, qtbot: QtBot) -> None:
    session.sketch.draw((stroke(),))
    bring(session, SPIRALS)
    point = session.question.example
    with qtbot.assertNotEmitted(session.question.changed):
        session.sketch.draw((stroke(), stroke()))
    assert session.question.example is point
    bring(session, pictures(28))
    assert session.question.example is session.sketch.picture


def test_a_drawing_of_one_of_these_classes_is_put_away_for_others(session: Parts) -> None:
    digits = pictures(28)
    bring(session, digits)
    session.sketch.draw((stroke(),))
    shapes = replace(digits, class_names=("circle", "square"))
    bring(session, shapes)
    assert session.sketch.drawing == (), "a 7 is none of the shapes"
    session.sketch.draw((stroke(), stroke()))
    bring(session, SPIRALS)
    bring(session, digits)
    assert len(session.sketch.drawing) == 1
    bring(session, shapes)
    assert len(session.sketch.drawing) == 2


def test_where_one_draws_an_example_becomes_a_picture_on_the_canvas(session: Parts) -> None:
    data = pictures(28)
    bring(session, data)
    session.question.set_example(np.full(784, 0.5), "grey")
    (ink,) = session.sketch.drawing
    assert isinstance(ink, Ink)
    assert ink.title == "grey"
    np.testing.assert_allclose(session.question.example, 0.5)
    session.question.set_data_example(Example("train", 3))
    np.testing.assert_allclose(session.question.example, data.train.inputs[3], atol=1e-6)
    session.question.move_example(np.zeros(784))
    assert session.question.example.any(), "a drawing is not dragged"
    for _ in range(2):
        session.undo.undo()
    assert session.sketch.drawing == ()


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0], [np.nan, 0.0], ["a", "b"], [1e300, 0.0]])
def test_what_is_no_example_changes_nothing(session: Parts, values: object) -> None:
    bring(session, SPIRALS)
    before = session.question.example
    for change in (session.question.set_example, session.question.move_example):
        with pytest.raises(DataError):
            change(values)
    session.question.set_data_example(Example("test", 10**6))
    session.question.set_data_example(Example("validation", 0))
    assert session.question.example is before
    assert session.undo.last() is None


def test_the_caller_may_go_on_writing_to_its_array(session: Parts) -> None:
    bring(session, SPIRALS)
    values = np.array([0.1, 0.2], np.float32)
    session.question.set_example(values)
    values[:] = 9
    np.testing.assert_allclose(session.question.example, [0.1, 0.2])


def test_a_chosen_example_becomes_the_input_but_never_in_place_of_a_drawing(
    session: Parts, few_digits: Dataset
) -> None:
    question, selection, sketch = session.question, session.selection, session.sketch
    bring(session, few_digits)
    labels = few_digits.train.labels
    assert labels is not None
    for number in (3, 5):  # on the empty canvas, then in place of another example
        selection.choose_example(Example("train", number))
        assert (question.origin, question.label, question.is_own) == (Example("train", number), labels[number], False)
    assert session.undo.last() is None
    question.set_data_example(Example("train", 5))
    assert session.undo.last() is None, "it is the input already"

    drawn = (*sketch.drawing, stroke())
    sketch.draw(drawn)
    assert (question.origin, question.label, question.is_own) == (None, None, True)
    selection.choose_example(Example("train", 6))
    assert sketch.drawing == drawn
    question.show_example(Example("train", 6))
    assert question.origin == Example("train", 6)
    session.undo.undo()
    assert sketch.drawing == drawn


def test_numbers_have_no_verdict(session: Parts) -> None:
    split = Split(SINE.train.inputs, np.repeat(SINE.train.targets, 2, axis=1))
    bring(session, replace(SINE, train=split, test=None, targets=("y", "z")))
    session.question.set_answer(None, None, np.array([0.9, 0.1]))
    assert session.question.verdict is None


def test_drawings_are_centred_as_the_pictures_of_the_data(session: Parts, few_digits: Dataset) -> None:
    assert are_centred(few_digits)
    bring(session, pictures(28))
    assert not session.sketch.centred
    session.sketch.set_options(centred=True)
    session.data.changed.emit()
    assert session.sketch.centred, "the person's choice, until other data come"
    session.sketch.set_options(centred=False)
    bring(session, few_digits)
    assert session.sketch.centred
