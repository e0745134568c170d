"""Which message is shown, and which comes back."""

from __future__ import annotations

import pytest

from nnviz.session.messages import MessageChoice, Messages, error_text


class Clock:
    """Its time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("nnviz.session.messages.time.monotonic", made)
    return made


def shown(messages: Messages) -> str:
    return "" if messages.current is None else messages.current.text


@pytest.mark.parametrize(("seconds", "after"), [(1.0, "where runs are kept"), (6.0, "")])
def test_news_come_back_unless_they_were_read(clock: Clock, seconds: float, after: str) -> None:
    messages = Messages()
    messages.show_later("where runs are kept")
    clock.now += seconds
    messages.show("another")
    assert shown(messages) == "another"
    messages.dismiss()
    assert shown(messages) == after


def test_what_offers_a_choice_comes_back(clock: Clock) -> None:
    messages = Messages()
    messages.show_later("a sweep was stopped", MessageChoice("Resume", lambda: None))
    clock.now += 60
    messages.warn("an error")
    messages.dismiss()
    assert shown(messages) == "a sweep was stopped"


def test_what_waits_behind_a_question_is_counted_from_when_it_is_shown(clock: Clock) -> None:
    messages = Messages()
    messages.show("a question", MessageChoice("Yes", lambda: None))
    messages.show_later("news")
    clock.now += 60
    messages.choose(0)
    assert shown(messages) == "news"
    clock.now += 1
    messages.show("another")
    messages.dismiss()
    assert shown(messages) == "news"


def test_a_question_stays_until_it_is_answered(clock: Clock) -> None:
    messages, taken = Messages(), list[str]()
    messages.warn("an error")
    messages.ask_later("first?", MessageChoice("Yes", lambda: None), dismissed=lambda: taken.append("dismissed"))
    messages.clear()  # another network is shown
    assert shown(messages) == "first?"
    messages.clear()
    messages.ask("second?", MessageChoice("Yes", lambda: taken.append("yes")))
    messages.clear()
    assert shown(messages) == "second?"
    messages.choose(0)
    assert shown(messages) == "first?"
    messages.dismiss()
    assert shown(messages) == ""
    assert taken == ["yes", "dismissed"]


def test_a_choice_is_not_offered_while_what_it_needs_is_locked() -> None:
    messages, done = Messages(), []
    needs = frozenset({"reset", "learning_rate"})
    rate = MessageChoice("Reset with rate 0.02", lambda: done.append("rate"), needs)
    reset = MessageChoice("Reset", lambda: done.append("reset"), frozenset({"reset"}))
    message = messages.warn("Dead layer", rate, reset)
    changes: list[None] = []
    messages.changed.connect(lambda: changes.append(None))
    messages.set_locks(lambda name: name == "learning_rate")
    assert changes
    assert messages.current is message
    assert messages.offered(message) == [reset]
    messages.choose(0)
    assert done == ["reset"]


def test_an_error_of_the_disk_names_its_file_once() -> None:
    denied, full = PermissionError(13, "Permission denied", "/home/ada/a.png"), OSError(28, "No space left on device")
    lesson = error_text("The lesson could not be opened", denied) or ""
    assert lesson.startswith("The lesson could not be opened: a.png: Permission denied. ")
    assert (error_text("a.png could not be read", denied) or "").startswith(
        "a.png could not be read: Permission denied. "
    )
    assert (error_text("Saving failed", full) or "").startswith("Saving failed: No space left on device. ")
