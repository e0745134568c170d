"""The answer at the right end of the stage: its letters, its confidence, numbers, two networks, and the threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QImage
from PyQt5.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from nnviz.cards.stage.diagram.model import ACTIVITY, DiagramModel
from nnviz.cards.stage.prediction.answer_part import AnswerPart
from nnviz.cards.stage.prediction.answer_view import Answer, AnswerView, fitted
from nnviz.session.predicted_class import predicted_class_of
from nnviz.session.selection import Example, Neuron
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER, SECOND_ANSWER
from nnviz.session.status import Status
from nnviz.ui import theme
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import Watch, find, is_shown, retype, wait_for_answer

DIGITS = tuple("0123456789")


@pytest.fixture
def sized(qapp: QApplication) -> Iterator[Callable[[float], None]]:
    """Sets the text size, which is 100 percent before and after."""
    theme.apply(qapp, "light", 100)
    yield lambda percent: theme.apply(qapp, "light", percent)
    theme.apply(qapp, "light", 100)


@pytest.fixture
def view(qtbot: QtBot, sized: object) -> AnswerView:
    made = AnswerView("")
    qtbot.addWidget(made)
    made.resize(170, 460)
    made.set_names(DIGITS)
    made.show()
    return made


def shown(model: Model, qtbot: QtBot, size: QSize | None = None) -> AnswerPart:
    """The part in view, of a session that computes what the part needs."""
    part = AnswerPart(model.session)
    qtbot.addWidget(part)
    part.resize(size or QSize(250, 460))
    part.show()
    model.session.queries.want(part, part.needs, True)
    part.set_in_view(True)
    return part


@pytest.fixture
def part(ready_model: Model, qtbot: QtBot, sized: object) -> AnswerPart:
    return shown(ready_model, qtbot)


def train(model: Model, qtbot: QtBot, epochs: int = 1) -> None:
    for _ in range(epochs):
        model.session.step_epoch()
        qtbot.waitUntil(lambda: model.session.state in (Status.PAUSED, Status.FINISHED))
    wait_for_answer(qtbot, model)


def give(model: Model, qtbot: QtBot, number: int = 0) -> None:
    """Makes an example of the test set the input."""
    model.session.question.set_data_example(Example("test", number))
    wait_for_answer(qtbot, model)


def outputs_are(session: Session, **of_digits: float) -> None:
    """Hands over outputs as the query does."""
    values = np.zeros(10, np.float32)
    for name, share in of_digits.items():
        values[int(name[1:])] = share
    session.question.set_answer(session.displayed.network, session.question.example, values)


def written(part: AnswerPart) -> tuple[str, str, str]:
    (answer,) = part.view.answers
    return answer.name, answer.caption, answer.note


def inked(image: QImage, colour: str) -> list[int]:
    """The rows with that colour of the theme."""
    wanted = theme.colour(colour).rgb()
    return [y for y in range(image.height()) if any(image.pixel(x, y) == wanted for x in range(image.width()))]


def height_of_name(view: AnswerView) -> int:
    """Pixels of the height of the painted letters above the caption, in ink."""
    rows = [y for y in inked(view.grab().toImage(), "ink") if y < view.sure_button.y()]
    return rows[-1] - rows[0] + 1


# ---- the letters


@pytest.mark.parametrize(("height", "percent", "least"), [(460, 100, 170), (318, 100, 140), (275, 150, 120)])
def test_a_numeral_is_large_wherever_there_is_height(
    view: AnswerView, sized: Callable[[float], None], height: int, percent: float, least: int
) -> None:
    """Letters of 100 pixels have capitals of about 73."""
    sized(percent)
    view.resize(170, height)
    view.show_answers((Answer("7", "100 % sure"),), can_choose=True)
    assert height_of_name(view) >= round(0.71 * least)
    assert view.sure_button.geometry().bottom() < height


def test_a_numeral_fits_into_a_narrow_view(view: AnswerView) -> None:
    view.set_names([*DIGITS, "W", "10"])
    view.resize(96, 400)
    view.show_answers((Answer("W", "100 % sure"),), can_choose=True)
    image = view.grab().toImage()
    ink = theme.colour("ink").rgb()
    for x in (0, image.width() - 1):
        assert not any(image.pixel(x, y) == ink for y in range(view.sure_button.y()))


def test_the_answer_stands_in_the_middle_and_stays_in_its_place(view: AnswerView) -> None:
    places = []
    for answer in (Answer("7", "100 % sure"), Answer("1", "100 % sure", "or 7 (1 %)"), Answer("7", "not sure")):
        view.show_answers((answer,), can_choose=True)
        places.append((height_of_name(view), view.sure_button.geometry()))
    assert len(set(map(str, places))) == 1
    rows = inked(view.grab().toImage(), "ink")
    assert abs((rows[0] + view.sure_button.geometry().bottom()) / 2 - view.height() / 2) < 25


def test_other_words_lay_out_nothing(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    watch = Watch()
    part.installEventFilter(watch)
    hint = part.sizeHint()
    for share in (1.0, 0.3, 0.7):
        outputs_are(ready_model.session, d7=share, d1=0.2)
    QApplication.sendPostedEvents()
    assert QEvent.Type.LayoutRequest not in watch.seen
    assert part.sizeHint() == hint


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [("blue", 200, ("blue",)), ("Chinstrap", 250, ("Chinstrap",)), ("Ankle boot", 170, ("Ankle", "boot"))],
)
def test_class_names_have_two_lines_if_they_are_much_larger_then(
    qapp: QApplication, name: str, width: int, lines: Sequence[str]
) -> None:
    found, size = fitted(name, width, 300, 64)
    assert found == tuple(lines)
    assert 26 <= size <= 64
    font = theme.font(bold=True)
    font.setPixelSize(size)
    assert max(map(QFontMetrics(font).horizontalAdvance, lines)) <= width


def test_letters_of_a_very_long_name_are_not_smaller_than_26_pixels(view: AnswerView) -> None:
    name = "a very long name of a class that does not fit into the view"
    assert fitted(name, 170, 300, 64)[1] == 26
    view.set_names(["a", name])
    view.show_answers((Answer(name, "100 % sure"),))
    rows = inked(view.grab().toImage(), "ink")
    assert len(rows) < 120, "two lines and the caption"


# ---- what it says


def test_the_answer_with_its_confidence_and_the_second_class(
    part: AnswerPart, ready_model: Model, qtbot: QtBot
) -> None:
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    outputs_are(ready_model.session, d7=0.85, d1=0.12)
    assert written(part) == ("7", "85 % sure", "or 1 (12 %)")
    assert not part.view.answers[0].is_muted
    outputs_are(ready_model.session, d7=0.999, d1=0.001)
    assert written(part) == ("7", "99.9 % sure", ""), "a second class of nearly nothing is left out"
    outputs_are(ready_model.session, d7=0.45, d1=0.4)
    assert written(part) == ("7", "not sure", "or 1 (40 %)")
    assert not inked(part.view.grab().toImage(), "ink"), "muted"
    outputs_are(ready_model.session, d7=0.9)
    assert inked(part.view.grab().toImage(), "ink")


def test_a_confidence_near_100_has_a_decimal(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    for share, reported in (
        (0.987, "99"),
        (0.99, "99.0"),
        (0.996, "99.6"),
        (0.9994, "99.9"),
        (0.9996, "100"),
        (1, "100"),
    ):
        outputs_are(ready_model.session, d7=share)
        assert written(part)[1] == f"{reported} % sure"


def test_the_answer_is_that_of_the_network(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    session = ready_model.session
    outputs = session.displayed.network.predict(session.question.example[None])[0]
    verdict = predicted_class_of(outputs)
    assert written(part)[0] == DIGITS[verdict.best]
    columns, rows = part.table()
    assert columns == ["class", "output"]
    assert [row[0] for row in rows] == list(DIGITS)
    np.testing.assert_allclose([row[1] for row in rows], outputs, rtol=1e-5)


def test_an_untrained_network_guesses(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    give(ready_model, qtbot)
    assert written(part)[1:] == ("a guess: not trained yet", "")
    assert not inked(part.view.grab().toImage(), "ink")
    assert part.view.sure_button.isHidden()
    train(ready_model, qtbot)
    assert "sure" in written(part)[1]
    assert part.view.sure_button.isVisible()
    ready_model.session.timeline.go_to(0)
    wait_for_answer(qtbot, ready_model)
    assert written(part)[1] == "a guess: not trained yet"


def test_without_an_input_there_is_a_short_bar(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    assert part.table() is None
    assert part.view.reason == "", "the input says what to do"
    assert 2 <= len(inked(part.view.grab().toImage(), "faint")) <= 4
    assert part.view.accessibleDescription() == "no answer"
    give(ready_model, qtbot)
    assert not inked(part.view.grab().toImage(), "faint")
    ready_model.session.sketch.replace("clear", ())
    wait_for_answer(qtbot, ready_model)
    assert part.view.answers == ()


def test_outputs_that_are_not_finite_are_reported(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    give(ready_model, qtbot)
    session.question.set_data_example(Example("test", 1))
    part.refresh()  # the answer to this input has not arrived yet
    assert part.view.reason == ""
    run = session.runs.current
    run.parameters = np.full_like(run.parameters, np.nan)
    session.displayed.show(run)
    qtbot.waitUntil(lambda: part.view.reason == "the outputs are not finite")
    assert inked(part.view.grab().toImage(), "muted")


def test_it_is_described_at_most_once_a_second(view: AnswerView) -> None:
    view.show_answers((Answer("7", "100 % sure"),))
    assert view.accessibleName() == "Answer"
    assert view.accessibleDescription() == "7, 100 % sure"
    view.show_answers((Answer("9", "60 % sure", "or 7 (40 %)"),))
    view.show_answers((Answer("3", "80 % sure"),))
    assert view.accessibleDescription() == "7, 100 % sure"
    view._pause.timeout.emit()
    assert view.accessibleDescription() == "3, 80 % sure"


def test_nothing_is_painted_again_for_the_same_answer(view: AnswerView, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(view, "update", lambda: calls.append(1))
    for _ in range(3):
        view.show_answers((Answer("7", "100 % sure"),))
    assert len(calls) == 1


def test_a_part_out_of_view_shows_nothing_until_it_is_in_view(
    part: AnswerPart, ready_model: Model, qtbot: QtBot
) -> None:
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    outputs_are(ready_model.session, d7=1)
    part.set_in_view(False)
    outputs_are(ready_model.session, d3=1)
    assert written(part)[0] == "7"
    part.set_in_view(True)
    assert written(part)[0] == "3"


# ---- the threshold


def test_a_click_on_the_confidence_asks_from_where_the_answer_is_sure(
    part: AnswerPart, ready_model: Model, qtbot: QtBot
) -> None:
    session = ready_model.session
    give(ready_model, qtbot)
    train(ready_model, qtbot)
    outputs_are(session, d7=0.6, d1=0.4)
    assert not part.popup.isVisible()
    qtbot.mouseClick(part.view.sure_button, Qt.MouseButton.LeftButton)
    assert part.popup.isVisible()
    field = find(part, QLineEdit, "sureThresholdSpin")
    assert field.text() == "50 %"
    for typed, share in (("100", 1.0), ("0", 0.0), ("25 %", 0.25), ("999", 1.0)):
        with qtbot.waitSignal(session.question.threshold_changed):
            retype(qtbot, part, "sureThresholdSpin", typed)
        assert session.question.threshold == share
        assert field.text() == f"{100 * share:.0f} %"
        assert written(part)[1] == ("60 % sure" if share <= 0.6 else "not sure")
        assert not part.popup.isVisible(), "Enter closes it"
        qtbot.keyClick(part.view.sure_button, Qt.Key.Key_Space)
        assert part.popup.isVisible(), "keys open it, too"
    qtbot.keyClick(part.popup, Qt.Key.Key_Escape)
    assert not part.popup.isVisible()


def test_keys_step_the_threshold_and_what_is_no_share_changes_nothing(
    part: AnswerPart, ready_model: Model, qtbot: QtBot
) -> None:
    question = ready_model.session.question
    for typed in ("", "abc", "%"):
        part.popup.open(part.view)
        field = retype(qtbot, part, "sureThresholdSpin", typed)
        assert question.threshold == 0.5, typed
        assert field.text() == "50 %", typed
    part.popup.open(part.view)
    line = find(part, QLineEdit, "sureThresholdSpin")
    qtbot.keyClick(line, Qt.Key.Key_Up)
    assert question.threshold == 0.55
    for _ in range(30):
        qtbot.keyClick(line, Qt.Key.Key_Down)
    assert question.threshold == 0
    assert line.text() == "0 %"
    part.popup.hide()


def test_the_network_is_left_as_it_is(ready_model: Model) -> None:
    session = ready_model.session
    before, run = session.runs.current.network.parameters.copy(), session.runs.current
    session.question.set_threshold(0.9)
    assert session.runs.current is run
    assert not run.unsaved
    np.testing.assert_array_equal(run.network.parameters, before)


# ---- other data


WithData = Callable[[Dataset], tuple[Model, AnswerPart]]


@pytest.fixture
def with_data(qtbot: QtBot, load_with: Callable[..., None], sized: object) -> Iterator[WithData]:
    """Makes a session of other data in the place of MNIST, with a network that fits them, and its part."""
    made: list[Model] = []

    def make(data: Dataset) -> tuple[Model, AnswerPart]:
        load_with(lambda: data)
        model = Model()
        made.append(model)
        session = model.session
        qtbot.waitUntil(lambda: is_shown(session.data))
        session.reset()
        qtbot.waitUntil(lambda: session.runs.current.misfit(data) is None)
        part = shown(model, qtbot)
        give(model, qtbot)
        return model, part

    yield make
    for model in made:
        assert model.close()


def numbers_of(targets: int) -> Dataset:
    inputs = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    split = Split(inputs, inputs[:, :targets])
    return Dataset("Numbers", split, split, targets=tuple(f"length {number}" for number in range(targets)))


def test_a_number_has_its_true_value_and_its_range(with_data: WithData, qtbot: QtBot) -> None:
    data = replace(numbers_of(1), targets=("price [€]",))
    model, part = with_data(data)
    assert written(part)[1] == "a guess: not trained yet"
    train(model, qtbot)
    (answer,) = part.view.answers
    true = float(data.test.targets[0, 0])
    assert answer.row is not None
    assert answer.caption == f"€ · true {answer.row.truth}"
    assert float(answer.row.truth.replace("−", "-")) == pytest.approx(true, abs=0.01)
    assert float(answer.name.replace("−", "-")) == pytest.approx(model.session.prediction[0], abs=0.01)
    assert answer.has_line
    assert part.numbers.isHidden()
    assert part.view.sure_button.isHidden()
    names, (line,) = part.table()
    assert names == ["target", "prediction", "true"]
    assert line[0] == "price [€]"
    assert line[2] == pytest.approx(true, rel=1e-4)
    rows = inked(part.grab().toImage(), "ink")
    assert 0 < rows[0] < rows[-1] < part.height() - 1


def test_of_several_numbers_eight_have_a_row_and_the_chosen_one_is_large(with_data: WithData, qtbot: QtBot) -> None:
    model, part = with_data(numbers_of(10))
    train(model, qtbot)
    session = model.session
    assert [row.name for row in part.numbers.rows] == [f"length {number}" for number in range(8)]
    assert all(row.truth for row in part.numbers.rows)
    assert part.numbers.isVisible()
    assert part.view.answers[0].row == part.numbers.rows[0]
    diagram = session.models[DiagramModel]  # explains the same number
    session.queries.want(part, (ACTIVITY,), True)
    qtbot.waitUntil(lambda: diagram.activity is not None and diagram.activity.target == 0)
    layers = len(session.runs.current.network.shape) - 1
    session.selection.choose_neuron(Neuron(layers, 3))
    assert part.view.answers[0].row == part.numbers.rows[3]
    qtbot.waitUntil(lambda: diagram.activity.target == 3)
    assert len(part.table()[1]) == 10
    assert session.question.verdict is None

    # Rows leave before the answer does.
    part.resize(250, 200)
    assert part.numbers.isHidden()
    assert part.view.height() == 200


def test_names_of_classes_are_fitted_and_make_the_part_wider(
    part: AnswerPart, with_data: WithData, qtbot: QtBot, sized: Callable[[float], None]
) -> None:
    narrow = part.sizeHint().width()
    assert narrow == 170
    labels = np.arange(200) % 2
    inputs = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    split = Split(inputs, np.eye(2, dtype=np.float32)[labels], labels)
    data = Dataset("Birds", split, split, class_names=("Chinstrap", "Gentoo"))
    model, part = with_data(data)
    train(model, qtbot)
    assert narrow < part.sizeHint().width() <= 250
    assert part.minimumSizeHint().width() == 96
    assert written(part)[0] in data.class_names
    for percent in (100, 200):
        sized(percent)
        assert part.sizeHint().width() <= 250
        rows = inked(part.view.grab().toImage(), "muted" if part.view.answers[0].is_muted else "ink")
        assert 0 < rows[0] < rows[-1] < part.height() - 1


def test_a_network_that_does_not_fit_is_reported(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    train(ready_model, qtbot)
    session = ready_model.session
    digits = session.runs.current
    session.data.load("sine")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "sine")
    session.runs.show(digits)
    part.invalidate()
    wait_for_answer(qtbot, ready_model)
    assert part.view.answers == ()
    assert part.view.reason == "network takes 784 numbers, not these"


# ---- two networks


def compare(model: Model, qtbot: QtBot) -> None:
    """Looks back at epoch 1 of 2 and compares it with the present."""
    train(model, qtbot, 2)
    model.session.timeline.go_to(1)
    model.session.side_by_side.toggle()
    queries = model.session.queries
    qtbot.waitUntil(lambda: all(queries[name].is_up_to_date for name in (ANSWER, SECOND_ANSWER)))


def test_two_networks_have_an_answer_each(part: AnswerPart, ready_model: Model, qtbot: QtBot) -> None:
    give(ready_model, qtbot)
    compare(ready_model, qtbot)
    session = ready_model.session
    before, after = part.view.answers
    assert (before.heading, before.ink) == ("epoch 1", "looking_back")
    assert (after.heading, after.ink) == ("now", "ink")
    assert part.compared_bars.isVisible()
    image = part.view.grab().toImage()
    left, right = image.copy(0, 0, 125, image.height()), image.copy(125, 0, 125, image.height())
    assert inked(left, "looking_back")
    assert not inked(right, "looking_back")
    head, rows = part.table()
    assert head == ["class", "epoch 1", "now", "difference"]
    network = session.displayed.network
    outputs = network.predict(session.question.example[None])[0]
    np.testing.assert_allclose([row[1] for row in rows], outputs, rtol=1e-5, atol=1e-7)

    # Bars leave before the answers do.
    part.resize(250, 200)
    assert part.compared_bars.isHidden()
    session.side_by_side.toggle()
    assert len(part.view.answers) == 1


def test_two_networks_have_a_number_each(with_data: WithData, qtbot: QtBot) -> None:
    model, part = with_data(numbers_of(2))
    compare(model, qtbot)
    assert [answer.heading for answer in part.view.answers] == ["epoch 1", "now"]
    assert part.compared_numbers.isVisible()
    assert [before.name for before, after in part.compared_numbers.rows] == ["length 0", "length 1"]
    assert tuple(answer.row for answer in part.view.answers) == part.compared_numbers.rows[0]
    assert part.table()[0] == ["target", "epoch 1", "now", "difference"]
    assert not part.grab().isNull()
