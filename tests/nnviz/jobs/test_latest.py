"""What views need worked out: only for cards in view, off the interface thread, the latest question wins."""

from __future__ import annotations

import gc
import queue
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.network.network import Network
from engine.training.distributions import LayerStatisticsEvaluator
from nnviz.cards.curves.prediction_over_time import PastPredictions, PredictionOverTime
from nnviz.cards.distributions.model import Distributions, LayerStatistics
from nnviz.jobs.latest import Latest, Queries, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER
from nnviz.session.status import Status
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import pause, seven, show_view, train_epochs, train_for_a_while, wait_for


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("predictionDock", "curvesDock")


class Oracle:
    """Asks what a test says, and answers when a test lets it."""

    def __init__(self) -> None:
        self.subject: object | None = object()
        self.asked: list[object] = []  # the subjects that were worked out
        self.threads: set[threading.Thread] = set()
        self.released = 0
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def question(self) -> Request | None:
        """As it is now."""
        subject = self.subject
        return None if subject is None else (RequestKey(subject), lambda: self._work(subject))

    def _work(self, subject: object) -> object:
        self.asked.append(subject)
        self.threads.add(threading.current_thread())
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return subject

    def release(self) -> None:
        """Nobody needs it any more."""
        self.released += 1
        self.threads.add(threading.current_thread())


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    """Answers at once, unless its gate is closed."""
    oracle = Oracle()
    yield oracle
    oracle.gate.set()


@pytest.fixture
def query(qapp: object, oracle: Oracle) -> Iterator[Latest]:
    """Of that oracle, without a budget."""
    query = Latest(oracle.question, release=oracle.release)
    yield query
    oracle.gate.set()
    assert query.close(10_000)


def begun(qtbot: QtBot, oracle: Oracle, times: int = 1) -> None:
    """Waits until a given number of questions were taken up."""
    qtbot.waitUntil(lambda: len(oracle.asked) == times)


# ---- who wants it


def test_nobody_looks_nothing_is_worked_out(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    query.look()
    qtbot.wait(1)
    assert oracle.asked == []
    assert query.result is None
    assert not query.is_wanted


def test_it_is_worked_out_as_soon_as_a_card_comes_into_view(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    with qtbot.waitSignal(query.changed):
        query.want("card", True)
    assert query.result is oracle.subject
    query.look()
    query.want("another card", True)
    qtbot.wait(1)
    assert len(oracle.asked) == 1, "the same question is answered once"


def test_it_is_needed_until_the_last_card_is_out_of_view(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    for card in ("one", "two"):
        query.want(card, True)
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    query.want("one", False)
    oracle.subject = object()
    with qtbot.waitSignal(query.changed):
        query.look()
    assert oracle.released == 0
    query.want("two", False)
    assert not query.is_wanted
    oracle.subject = object()
    query.look()
    qtbot.waitUntil(lambda: oracle.released == 1)
    assert len(oracle.asked) == 2
    query.want("two", False)
    query.want("one", True)
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert oracle.released == 1


def test_nothing_is_worked_out_on_the_interface_thread(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is not None)
    query.want("card", False)
    qtbot.waitUntil(lambda: oracle.released == 1)
    assert threading.main_thread() not in oracle.threads


def test_what_has_turned_out_to_be_quick_is_done_at_once(qapp: object, qtbot: QtBot, oracle: Oracle) -> None:
    """Handing it to another thread would take longer; of a network of another size it has to turn out again."""
    sizes, main = [1], threading.main_thread()
    query = Latest(oracle.question, quick=10.0, size=lambda: sizes[-1])
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert main not in oracle.threads
    oracle.subject = subject = object()
    query.look()
    assert query.result is subject
    assert main in oracle.threads
    oracle.threads.clear()
    oracle.subject = object()
    sizes.append(2)
    query.look()
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert main not in oracle.threads
    assert query.close(10_000)


def test_cards_name_what_they_need(qapp: object, qtbot: QtBot) -> None:
    oracles = {name: Oracle() for name in ("a", "b", "c")}
    queries = Queries(lambda error: None)
    queries.add({name: Latest(oracle.question) for name, oracle in oracles.items()})
    queries.want("card", ("a", "c"), True)
    queries.look()
    qtbot.waitUntil(lambda: queries["a"].result is not None and queries["c"].result is not None)
    assert oracles["b"].asked == []
    assert queries.close(10_000)


# ---- the latest wins


def test_the_latest_question_wins(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    """Those that came while one was worked out are not, but for the last."""
    oracle.gate.clear()
    query.want("card", True)
    begun(qtbot, oracle)
    for _ in range(5):
        oracle.subject = object()
        query.look()
    last = oracle.subject
    oracle.gate.set()
    qtbot.waitUntil(lambda: query.result is last)
    assert len(oracle.asked) == 2


def test_who_waits_is_reported_when_a_later_question_is_answered(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    """Also where it is out of date by then; not by the one that was being answered already."""
    oracle.gate.clear()
    query.want("card", True)
    begun(qtbot, oracle)
    before = query.questions
    oracle.subject = object()
    assert not query.has_answered_after(before)
    with qtbot.waitSignal(query.changed):
        oracle.gate.set()
    oracle.gate.clear()
    assert not query.has_answered_after(before)
    assert not query.is_up_to_date
    oracle.gate.set()
    qtbot.waitUntil(lambda: query.is_up_to_date)
    assert query.has_answered_after(before)
    oracle.subject = object()
    assert not query.is_up_to_date
    assert query.has_answered_after(before)


class Stepper:
    """A request whose result is computed in steps, which a test lets pass one by one."""

    def __init__(self, qtbot: QtBot) -> None:
        self.subject, self.started, self._qtbot = object(), 0, qtbot
        self._steps: queue.SimpleQueue[bool] = queue.SimpleQueue()  # whether the work is over
        self.query = Latest(self._request)
        self.query.want("card", True)
        self.reach(1)

    def _request(self) -> Request:
        subject = self.subject

        def work() -> Generator[None, None, object]:
            self.started += 1
            while not self._steps.get(timeout=10):
                yield
            return subject

        return RequestKey(subject), work

    def step(self, is_over: bool = False) -> None:
        self._steps.put(is_over)

    def reach(self, started: int) -> None:
        """Waits until that many requests were started."""
        self._qtbot.waitUntil(lambda: self.started == started)


@pytest.fixture
def stepper(qtbot: QtBot) -> Iterator[Stepper]:
    """With a first result, and a second request of which the first step is computed."""
    stepper = Stepper(qtbot)
    stepper.step(is_over=True)
    qtbot.waitUntil(lambda: stepper.query.result is stepper.subject)
    stepper.subject = object()
    stepper.query.look()
    stepper.reach(2)
    yield stepper
    stepper.step(is_over=True)
    assert stepper.query.close(10_000)


def test_work_in_steps_is_stopped_by_a_newer_request(stepper: Stepper, qtbot: QtBot) -> None:
    first = stepper.query.result
    stepper.subject = object()
    stepper.query.look()
    stepper.step()
    stepper.reach(3)
    assert stepper.query.result is first, "the last result stays"
    assert not stepper.query.is_up_to_date
    stepper.step(is_over=True)
    qtbot.waitUntil(lambda: stepper.query.result is stepper.subject)


def test_work_in_steps_goes_on_while_the_request_is_the_same(stepper: Stepper, qtbot: QtBot) -> None:
    for _ in range(3):
        stepper.query.look()
        stepper.step()
    stepper.step(is_over=True)
    qtbot.waitUntil(lambda: stepper.query.result is stepper.subject)
    assert stepper.started == 2


@pytest.mark.parametrize("stop", [lambda query: query.forget(), lambda query: query.want("card", False)])
def test_work_in_steps_is_stopped_when_it_is_not_needed(
    stepper: Stepper, qtbot: QtBot, stop: Callable[[Latest], None]
) -> None:
    stop(stepper.query)
    stepper.step()
    stepper.query.want("card", True)
    stepper.reach(3)
    stepper.step(is_over=True)
    qtbot.waitUntil(lambda: stepper.query.result is stepper.subject)


def test_closing_stops_work_in_steps(stepper: Stepper) -> None:
    stepper.query.close(0)
    stepper.step()
    assert stepper.query.close(10_000)
    assert stepper.started == 2


def test_without_a_question_nothing_is_known(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is not None)
    oracle.subject = None
    with qtbot.waitSignal(query.changed):
        query.look()
    assert query.result is None
    with qtbot.assertNotEmitted(query.changed):
        query.look()


def test_of_another_network_nothing_is_known(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    """It is forgotten at once, and asked for again, even where the question looks the same."""
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is not None)
    with qtbot.waitSignal(query.changed):
        query.forget()
        assert query.result is None
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert len(oracle.asked) == 2


def test_what_is_worked_out_of_the_network_before_is_not_reported(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    reported: list[object] = []
    query.changed.connect(lambda: reported.append(query.result))
    oracle.gate.clear()
    query.want("card", True)
    begun(qtbot, oracle)
    oracle.subject = object()
    query.forget()
    oracle.gate.set()
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert reported == [oracle.subject]


def test_two_questions_are_the_same_when_they_are_about_the_same_objects() -> None:
    one, equal = [1.0], [1.0]
    assert RequestKey(one) == RequestKey(one)
    assert RequestKey(one) != RequestKey(equal)
    assert RequestKey(one) != RequestKey(one, one)
    assert RequestKey(one) != one
    assert RequestKey(one, int("1000")) == RequestKey(one, int("1000")), "numbers are equal wherever they are stored"
    assert RequestKey(one, 1000) != RequestKey(one, 1001)


# ---- how often


def test_a_budget_says_how_often(qapp: object, qtbot: QtBot, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too soon is not lost: it is looked at when it is time; and whoever comes into view need not wait."""
    budget = TimeBudget(0)
    is_due = [True]
    monkeypatch.setattr(TimeBudget, "seconds_left", property(lambda _: -1.0 if is_due[0] else 0.02))
    monkeypatch.setattr(TimeBudget, "reset", lambda _: is_due.__setitem__(0, True))
    query = Latest(oracle.question, budget)
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    is_due[0] = False
    oracle.subject = object()
    query.look()
    qtbot.wait(30)
    assert len(oracle.asked) == 1
    is_due[0] = True
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    is_due[0] = False
    oracle.subject = object()
    query.look()
    query.want("card", False)
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert query.close(10_000)


@pytest.mark.parametrize("is_busy", [False, True])
def test_what_is_wanted_sooner_comes_sooner(qapp: object, qtbot: QtBot, oracle: Oracle, is_busy: bool) -> None:
    """Though the next answer was due in a minute, or the one being worked out would have made it so."""
    budget = TimeBudget(60)
    query = Latest(oracle.question, budget)
    if is_busy:
        oracle.gate.clear()
    query.want("card", True)
    qtbot.waitUntil(lambda: len(oracle.asked) == 1)
    if not is_busy:
        qtbot.waitUntil(lambda: query.result is oracle.subject)
    oracle.subject = object()
    query.look()
    budget.due_in(0.01)
    query.look()
    oracle.gate.set()
    qtbot.waitUntil(lambda: query.result is oracle.subject)
    assert query.close(10_000)


# ---- what goes wrong


def test_where_memory_is_short_it_stays_unknown(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    """Nobody is bothered, and nothing is tried over and over; the next question is."""
    failed: list[object] = []
    query.failed.connect(failed.append)
    query.want("card", True)
    qtbot.waitUntil(lambda: query.result is not None)
    oracle.error = MemoryError()
    oracle.subject = object()
    with qtbot.waitSignal(query.changed):
        query.look()
    assert query.result is None
    query.look()
    qtbot.wait(1)
    assert len(oracle.asked) == 2
    oracle.error = None
    oracle.subject = object()
    with qtbot.waitSignal(query.changed):
        query.look()
    assert query.result is oracle.subject
    assert failed == []


def test_what_nobody_foresaw_is_reported(query: Latest, oracle: Oracle, qtbot: QtBot) -> None:
    """And a question that came meanwhile is answered all the same."""
    oracle.gate.clear()
    oracle.error = ZeroDivisionError()
    query.want("card", True)
    begun(qtbot, oracle)
    oracle.subject = object()
    query.look()
    with qtbot.waitSignal(query.failed) as signal:
        oracle.gate.set()
    assert isinstance(signal.args[0], ZeroDivisionError)
    oracle.error = None
    begun(qtbot, oracle, 2)


def test_closing_waits_no_longer_than_it_may(qapp: object, qtbot: QtBot, oracle: Oracle) -> None:
    query = Latest(oracle.question)
    reported: list[object] = []
    query.changed.connect(lambda: reported.append(query.result))
    oracle.gate.clear()
    query.want("card", True)
    begun(qtbot, oracle)
    assert not query.close(10)
    oracle.gate.set()
    assert query.close(10_000)
    qtbot.wait(1)
    query.look()
    assert reported == []
    assert len(oracle.asked) == 1


# ---- the statistics of the layers


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Grows with every network that is looked at: the thread that does it."""
    seen: list[threading.Thread] = []
    original = LayerStatisticsEvaluator.evaluate

    def look_at(self: LayerStatisticsEvaluator, network: Network) -> object:
        seen.append(threading.current_thread())
        return original(self, network)

    monkeypatch.setattr(LayerStatisticsEvaluator, "evaluate", look_at)
    return seen


def want(model: Model, wanted: bool = True) -> None:
    """As a card does that comes into view."""
    model.session.models[Distributions].query.want("test", wanted)


def statistics(session: Session) -> LayerStatistics:
    """Those that are known."""
    found = session.models[Distributions].query.result
    assert isinstance(found, LayerStatistics)
    return found


def are_known(session: Session) -> bool:
    """Whether there are any."""
    return session.models[Distributions].query.result is not None


def wait_until_idle(qtbot: QtBot, session: Session) -> None:
    """All that the query's lane was given so far is done: it works in order."""
    done: list[object] = []
    session.models[Distributions].query._thread.run(lambda: None, done.append, lambda error: pytest.fail(str(error)))
    qtbot.waitUntil(lambda: bool(done))


def mean_weight(session: Session) -> float:
    """Of the first layer that is displayed."""
    return float(session.displayed.network.weights[0].T.mean(dtype=np.float64))


def test_without_a_card_in_view_no_layer_is_looked_at(
    ready_model: Model, qtbot: QtBot, looks: list[threading.Thread]
) -> None:
    train_epochs(qtbot, ready_model, 2)
    assert looks == []
    assert not are_known(ready_model.session)


def test_the_page_that_shows_them_asks_for_them(
    ready_window: CardWindow, qtbot: QtBot, looks: list[threading.Thread]
) -> None:
    show_view(qtbot, ready_window, "distributionsView")
    qtbot.waitUntil(lambda: are_known(ready_window.session))
    assert threading.main_thread() not in looks
    show_view(qtbot, ready_window, "lossView")  # another page of the same card
    assert not ready_window.session.models[Distributions].query.is_wanted
    wait_until_idle(qtbot, ready_window.session)
    before = len(looks)
    train_epochs(qtbot, ready_window, 2)
    wait_until_idle(qtbot, ready_window.session)
    assert len(looks) == before


def test_a_fresh_network_is_as_it_was_at_the_start(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    want(ready_model)
    qtbot.waitUntil(lambda: are_known(session))
    found = statistics(session)
    assert found.now[0].weights.high == found.start[0].weights.high


def test_they_follow_a_training_and_remember_the_start(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    first = mean_weight(session)
    train_epochs(qtbot, ready_model, 2)
    want(ready_model)  # only now
    qtbot.waitUntil(lambda: are_known(session))
    found = statistics(session)
    assert found.start[0].weights.mean == pytest.approx(first)
    assert found.now[0].weights.mean == pytest.approx(mean_weight(session)) != pytest.approx(first)


def test_while_training_the_last_view_is_seen_in_the_end(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    want(ready_model)
    train_for_a_while(qtbot, ready_model)
    pause(qtbot, ready_model)
    last = pytest.approx(mean_weight(session), rel=1e-9)
    qtbot.waitUntil(lambda: are_known(session) and statistics(session).now[0].weights.mean == last)


def test_another_network_is_another_subject(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    want(ready_model)
    qtbot.waitUntil(lambda: are_known(session))
    session.settings.change("shape", shape=(784, 5, 4, 10))
    assert not are_known(session), "of the network before nothing is reported any more"
    qtbot.waitUntil(lambda: are_known(session))
    found = statistics(session)
    assert [layer.neurons for layer in found.now] == [layer.neurons for layer in found.start] == [5, 4, 10]


def test_looks_leave_nothing_behind(ready_model: Model, qtbot: QtBot) -> None:
    """Each holds a network; the garbage collector would be late."""
    session = ready_model.session
    want(ready_model)
    qtbot.waitUntil(lambda: are_known(session))
    gc.collect()
    gc.disable()
    looked_at = []
    try:
        for _ in range(5):
            session.displayed.network = session.displayed.network.copy()
            looked_at.append(weakref.ref(session.displayed.network))
            with qtbot.waitSignal(session.models[Distributions].query.changed):
                session.displayed.changed.emit()
        qtbot.waitUntil(lambda: sum(network() is not None for network in looked_at) == 1)  # the one displayed
    finally:
        gc.enable()


def test_out_of_sight_they_keep_no_buffers(ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[LayerStatisticsEvaluator]] = []
    original = LayerStatisticsEvaluator.__init__

    def noted(self: LayerStatisticsEvaluator, *arguments: object) -> None:
        made.append(weakref.ref(self))
        original(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(LayerStatisticsEvaluator, "__init__", noted)
    want(ready_model)
    qtbot.waitUntil(lambda: are_known(ready_model.session))
    assert [evaluator() is not None for evaluator in made] == [True]
    want(ready_model, False)
    qtbot.waitUntil(lambda: made[0]() is None)
    assert are_known(ready_model.session)


def test_an_opened_network_is_compared_with_what_was_opened(
    ready_model: Model, qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 1)
    path = tmp_path_factory.mktemp("networks") / "trained.npz"
    with qtbot.waitSignal(session.runs.file_changed):
        session.files.save(path)
    trained = session.displayed.network.parameters.copy()
    with qtbot.waitSignal(session.files.opened):
        session.files.open(path)
    np.testing.assert_array_equal(session.runs.current.parameters_at_start(), trained)
    want(ready_model)
    qtbot.waitUntil(lambda: are_known(session))
    assert statistics(session).start[0].weights.high == session.displayed.network.weights[0].max()


# ---- the answer, and the answers of snapshots


def draw(window: CardWindow) -> None:
    """A seven."""
    window.canvas.set_strokes([np.array(seven(window.canvas))])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Grows with every network that is asked about the drawing: the thread that does it."""
    threads: list[threading.Thread] = []
    original = question.predict

    def ask(*arguments: object) -> object:
        threads.append(threading.current_thread())
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(question, "predict", ask)
    return threads


def test_the_answer_comes_from_another_thread(
    ready_window: CardWindow, qtbot: QtBot, asked: list[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it takes less than to hand it over, as with few neurons; here it takes longer."""
    ask = question.predict

    def large_ask(*arguments: object) -> object:
        end = time.thread_time() + 0.001
        while time.thread_time() < end:
            pass
        return ask(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(question, "predict", large_ask)
    session = ready_window.session
    draw(ready_window)
    qtbot.waitUntil(lambda: session.question.answer is not None)
    train_epochs(qtbot, ready_window, 1)
    qtbot.waitUntil(lambda: session.queries[ANSWER].is_up_to_date)
    past = session.models[PredictionOverTime].query
    qtbot.waitUntil(lambda: past.result is not None and past.result.epochs[-1] == 1)
    assert threading.main_thread() not in asked


def test_each_snapshot_is_asked_once(ready_window: CardWindow, qtbot: QtBot, asked: list[threading.Thread]) -> None:
    session, past = ready_window.session, ready_window.session.models[PredictionOverTime].query
    draw(ready_window)
    for epoch in range(1, 7):
        session.step_epoch()
        wait_for(qtbot, ready_window, Status.PAUSED)
        qtbot.waitUntil(lambda epoch=epoch: past.result is not None and past.result.epochs[-1] == epoch)
    qtbot.waitUntil(lambda: np.array_equal(session.question.answer, session.prediction))
    qtbot.waitUntil(lambda: past.is_up_to_date and session.queries[ANSWER].is_up_to_date)
    before, run = len(asked), session.runs.current
    run.parameters = run.parameters.copy()  # as in another frame
    with qtbot.waitSignals([past.changed, session.question.answer_changed]):
        session.displayed.show(run)
    assert isinstance(past.result, PastPredictions)
    assert len(past.result.epochs) >= 7
    assert len(asked) == before + 2, "the displayed network, by each of the two"
    np.testing.assert_allclose(past.result.predictions[-1], session.prediction, rtol=1e-6)


def test_without_a_card_in_view_nobody_is_asked(
    ready_window: CardWindow, qtbot: QtBot, asked: list[threading.Thread]
) -> None:
    for name in ("stagePanel", "curvesDock"):
        ready_window.card(name).hide()
    session = ready_window.session
    qtbot.waitUntil(
        lambda: not session.queries[ANSWER].is_wanted and not session.models[PredictionOverTime].query.is_wanted
    )
    draw(ready_window)
    train_epochs(qtbot, ready_window, 1)
    assert asked == []
    assert session.prediction is not None, "a script is answered at once"
    ready_window.card("stagePanel").show()
    qtbot.waitUntil(lambda: session.question.answer is not None)


def test_the_interface_does_not_wait_for_an_answer(ready_window: CardWindow, qtbot: QtBot, gate: Gate) -> None:
    session = ready_window.session
    gate.close()
    draw(ready_window)
    gate.wait_until_reached()
    assert session.question.answer is None
    ready_window.canvas.set_strokes([])
    gate.open()
    qtbot.waitUntil(lambda: session.queries[ANSWER].result is None)
    assert session.question.answer is None, "it was rubbed out meanwhile"
