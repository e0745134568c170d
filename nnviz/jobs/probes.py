"""What the views need of the displayed network beyond its weights: worked out here, behind the window.

Only what a card in view needs is worked out; of each kind one at a time, and the latest question wins. Every kind has a
lane of its own, so that none waits for another, and none for a file being saved. Work of a kind that has turned out to
take less than handing it to another thread does may be done at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.lane import Lane
from nnviz.jobs.pace import Budget


class Same:
    """Tells one question from another by the objects that it is about: they must be the very same."""

    def __init__(self, *about: object) -> None:
        self._about = about

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same) or len(other._about) != len(self._about):
            return False
        return all(one is another for one, another in zip(self._about, other._about, strict=True))


# What is to be worked out: what it is about, and the work, which runs in another thread.
Question = tuple[Same, Callable[[], Any]]


class Probe(QObject):
    """Answers one kind of question.

    Signals:
        changed: ``result`` is another, or gone.
        failed(Exception): the work ended with an error that nobody foresaw.

    Attributes:
        result: the last answer; None where there is none.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(
        self,
        ask: Callable[[], Question | None],
        budget: Budget | None = None,
        release: Callable[[], None] = lambda: None,
        quick: float = 0.0,
    ) -> None:
        """``ask`` gives the question as it is now, or None; a budget says how often it may be answered.

        ``release`` is called in the thread that answers, when no card in view needs it any more. Work that took fewer
        than ``quick`` seconds of the processor the last time is done at once.
        """
        super().__init__()
        self.result: Any = None
        self._ask = ask
        self._budget = budget or Budget(0, 0)
        self._release = release
        self._quick = quick
        self._cost = float("inf")  # of the last answer, in seconds of the processor
        self._subject = 0  # grows when all that was known is forgotten
        self._wanted_by: set[object] = set()
        self._answered: Same | None = None  # the key of ``result``
        self._is_busy = False
        self._lane = Lane()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    @property
    def is_wanted(self) -> bool:
        """Whether a card in view needs it."""
        return bool(self._wanted_by)

    @property
    def is_up_to_date(self) -> bool:
        """Whether ``result`` answers the question as it is now."""
        question = self._ask()
        return self._answered == (None if question is None else question[0])

    def want(self, who: object, wanted: bool) -> None:
        """Whether that card is in view."""
        was_wanted = self.is_wanted
        (self._wanted_by.add if wanted else self._wanted_by.discard)(who)
        self._timer.stop()
        if wanted:
            self._budget.reset()
            self.look()
        elif was_wanted and not self.is_wanted:
            self._lane.run(self._release, lambda _: None, self.failed.emit)

    def forget(self) -> None:
        """What was known is of another network, or of other data; so is what is just being worked out."""
        self._subject += 1
        self._cost = float("inf")
        self._answered = None
        self._budget.reset()
        if self.result is not None:
            self.result = None
            self.changed.emit()
        self.look()

    def look(self) -> None:
        """Asks what is to be known now, unless nobody needs it, it is known, or it is too soon."""
        if not self._wanted_by or self._is_busy:
            return
        question = self._ask()
        if question is None:
            self._take(None, None)
        elif question[0] != self._answered:
            self._begin(*question)

    def _begin(self, key: Same, work: Callable[[], Any]) -> None:
        if not self._budget.is_due:
            if not self._timer.isActive():
                self._timer.start(round(1000 * self._budget.seconds_left) + 1)
            return
        self._is_busy = True
        subject = self._subject

        def timed() -> Any:
            start = time.thread_time()
            with self._budget:
                result = work()
            self._cost = time.thread_time() - start
            return result

        def done(result: Any) -> None:
            self._is_busy = False
            if subject == self._subject:
                self._take(key, result)
            self.look()

        def failed(error: Exception) -> None:
            """Where there is not the memory for it, it stays unknown until the question is another."""
            done(None)
            if not isinstance(error, MemoryError):
                self.failed.emit(error)

        if self._cost >= self._quick:
            self._lane.run(timed, done, failed)
            return
        try:
            result = timed()
        except Exception as error:
            failed(error)
        else:
            done(result)

    def _take(self, key: Same | None, result: Any) -> None:
        is_news = result is not None or self.result is not None
        self._answered, self.result = key, result
        if is_news:
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """No more answers; whether the work under way ended in time."""
        self._wanted_by.clear()
        self._timer.stop()
        return self._lane.close(milliseconds)


class Probes:
    """All kinds, by name: a card says which it needs."""

    def __init__(self) -> None:
        self._kinds: dict[str, Probe] = {}

    def add(self, name: str, probe: Probe) -> Probe:
        """A new kind."""
        self._kinds[name] = probe
        return probe

    def __getitem__(self, name: str) -> Probe:
        return self._kinds[name]

    def want(self, who: object, names: tuple[str, ...], wanted: bool) -> None:
        """A card that needs these came into view, or went out of it."""
        for name in names:
            self._kinds[name].want(who, wanted)

    def look(self) -> None:
        """The network displayed, or what it is asked, is another."""
        for probe in self._kinds.values():
            probe.look()

    def forget(self) -> None:
        """There is another network, or other data."""
        for probe in self._kinds.values():
            probe.forget()

    def close(self, milliseconds: int) -> bool:
        """Whether all ended in time."""
        ended = [probe.close(milliseconds) for probe in self._kinds.values()]
        return all(ended)
