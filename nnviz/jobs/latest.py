"""Queries of cards in the background: results that cards need of the displayed network beyond its weights.

Only what a visible card needs is computed. A query answers one request at a time, always the newest. Each query has a
thread of its own, so that no query waits for another one or for a file that is saved. A result that takes less time
than a change of threads may be computed at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.basics.errors import DataError
from nnviz.jobs.serial_thread import SerialThread, close_all
from nnviz.jobs.timing import TimeBudget

QUICK = 0.0004  # seconds: a change of threads takes longer than such a result
_STOPPED = object()  # in place of the result of a request that was stopped


class RequestKey:
    """Identifies a request: equal to another key if both hold the identical objects, or equal whole numbers."""

    def __init__(self, *about: object) -> None:
        self._about = about  # kept, so that no other object gets the same id
        self._known = [each if isinstance(each, int) else (id(each),) for each in about]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequestKey) and self._known == other._known


# What a result depends on, and the function that computes the result. A generator function does so in steps, after each
# of which it is stopped if the request has changed meanwhile; the last result then stays.
Request = tuple[RequestKey, Callable[[], Any]]


class Latest(QObject):
    """One query: runs in the background while a visible card needs its result; the newest request wins.

    Signals:
        changed: ``result`` has changed, perhaps to None.
        failed(Exception): the work raised an error.

    Attributes:
        result: the last result; None if there is none.
        questions: number of requests that were started.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(
        self,
        ask: Callable[[], Request | None],
        budget: TimeBudget | None = None,
        release: Callable[[], None] = lambda: None,
        quick: float = 0.0,
        size: Callable[[], object] = lambda: None,
        forget_on_new_run: bool = False,
    ) -> None:
        """Makes a query that no card needs yet.

        Args:
            ask: returns the current request, or None if there is nothing to compute.
            budget: limits how often the query runs.
            release: called in the background thread when no visible card needs the query any more.
            quick: if the last run took fewer seconds of processor time, the next one runs at once in the calling
                thread, provided that ``size`` returns the same as then.
            size: identifies the size of the work.
            forget_on_new_run: whether the result is dropped when another run or other data take the place of the last.
        """
        super().__init__()
        self.result: Any = None
        self._ask = ask
        self._budget = budget or TimeBudget(0, 0)
        self._release = release
        self.forgets_on_new_run = forget_on_new_run
        self._quick, self._size = quick, size
        self._cost: tuple[object, float] = (None, float("inf"))  # of the last result: its size, processor seconds
        self._subject = 0  # counts the calls of ``forget``, so that earlier results are dropped
        self._wanted_by: set[object] = set()
        self._answered: RequestKey | None = None  # the key of ``result``
        self.questions = 0
        self._is_busy = False
        self._in_steps: RequestKey | None = None  # the key of the request that is computed in steps
        self._is_outdated = False  # whether that request has changed
        self._is_hurried = False  # whether the next request is due at once
        self._thread = SerialThread()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    @property
    def is_wanted(self) -> bool:
        """Whether a visible card needs the query."""
        return bool(self._wanted_by)

    @property
    def is_up_to_date(self) -> bool:
        """Whether ``result`` belongs to the current request."""
        return self._answered == self._key

    @property
    def _key(self) -> RequestKey | None:
        question = self._ask()
        return None if question is None else question[0]

    def has_answered_after(self, questions: int) -> bool:
        """Whether ``result`` belongs to a request that was started after that many others.

        While a network learns, requests may change faster than results come.
        """
        return self.questions > questions + self._is_busy

    def want(self, who: object, wanted: bool) -> None:
        """Notes whether a card is visible and needs the result."""
        was_wanted = self.is_wanted
        (self._wanted_by.add if wanted else self._wanted_by.discard)(who)
        self._timer.stop()
        if wanted:
            self._budget.reset()
            self.look()
        elif was_wanted and not self.is_wanted:
            self._is_outdated = True
            self._thread.run(self._release, lambda _: None, self.failed.emit)

    def is_wanted_by(self, who: object) -> bool:
        """Whether this card needs the result."""
        return who in self._wanted_by

    def forget(self) -> None:
        """Drops the result and the request in progress: they belong to another network or other data."""
        self._subject += 1
        self._is_outdated = True
        self._answered = None
        self._budget.reset()
        if self.result is not None:
            self.result = None
            self.changed.emit()
        self.look()

    def hurry(self) -> None:
        """Starts the current request at once, whatever the last results cost, because the user changed something."""
        self._is_hurried = True
        self.look()

    def look(self) -> None:
        """Starts the current request if a card needs it, its result is not known and it is due."""
        if self._in_steps is not None:
            self._is_outdated |= not self.is_wanted or self._key != self._in_steps
        if not self.is_wanted or self._is_busy:
            return
        question = self._ask()
        if question is None:
            self._set_result(None, None)
        elif question[0] != self._answered and self._is_due():
            self._begin(*question)

    def _is_due(self) -> bool:
        """Whether the next request may start now; if not, a timer looks again."""
        if self._is_hurried:
            self._is_hurried = False
            self._budget.reset()
        left = self._budget.seconds_left
        if left > 0:
            self._timer.start(round(1000 * left) + 1)
        return left <= 0

    def _begin(self, key: RequestKey, work: Callable[[], Any]) -> None:
        self._is_busy, self._is_outdated = True, False
        self.questions += 1
        subject, size = self._subject, self._size()

        def timed() -> Any:
            start = time.thread_time()
            with self._budget:
                result = work()
                if isinstance(result, Generator):
                    result = self._run_through(key, result)
            if result is not _STOPPED:
                self._cost = (size, time.thread_time() - start)
            return result

        def done(result: Any) -> None:
            self._is_busy = False
            if subject != self._subject:
                self._budget.reset()  # a forgotten request does not delay the next one
            elif result is not _STOPPED:
                self._set_result(key, result)
            self.look()

        def failed(error: Exception) -> None:
            """Leaves no result until the request changes, if memory is short or outputs are not finite."""
            done(None)
            if not isinstance(error, (MemoryError, DataError)):
                self.failed.emit(error)

        if self._cost[0] != size or self._cost[1] >= self._quick:
            self._thread.run(timed, done, failed)
            return
        try:
            result = timed()
        except Exception as error:
            failed(error)
        else:
            done(result)

    def _run_through(self, key: RequestKey, steps: Generator[Any, None, Any]) -> Any:
        """Returns the result of the steps, or ``_STOPPED`` if the request has changed meanwhile."""
        self._in_steps = key
        try:
            while not self._is_outdated:
                try:
                    next(steps)
                except StopIteration as finished:
                    return finished.value
        finally:
            self._in_steps = None
        return _STOPPED

    def _set_result(self, key: RequestKey | None, result: Any) -> None:
        has_changed = result is not None or self.result is not None
        self._answered, self.result = key, result
        if has_changed:
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the query. Returns whether its thread ended in time."""
        self._wanted_by.clear()
        self._is_outdated = True
        self._timer.stop()
        return self._thread.close(milliseconds)


class Queries:
    """All queries by name. A card names those that it needs."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """``failed`` is called with errors that a query raises."""
        self._queries: dict[str, Latest] = {}
        self._failed = failed

    def add(self, queries: dict[str, Latest]) -> None:
        """Adds queries by name."""
        self._queries |= queries
        for query in queries.values():
            query.failed.connect(self._failed)

    def __getitem__(self, name: str) -> Latest:
        return self._queries[name]

    def __iter__(self) -> Iterator[Latest]:
        return iter(self._queries.values())

    def want(self, who: object, names: tuple[str, ...], wanted: bool) -> None:
        """Notes that a card that needs these queries became visible or hidden."""
        for name in names:
            self._queries[name].want(who, wanted)

    def look(self) -> None:
        """Starts each query whose request has changed."""
        for query in list(self._queries.values()):
            query.look()

    def forget(self) -> None:
        """Drops the results that belong to the run and the data before, see ``forget_on_new_run``."""
        for query in list(self._queries.values()):
            if query.forgets_on_new_run:
                query.forget()

    def hurry(self) -> None:
        """Starts each query whose request has changed, without waiting for its time budget."""
        for query in list(self._queries.values()):
            query.hurry()

    def close(self, milliseconds: int) -> bool:
        """Ends all queries. Returns whether all threads ended in time."""
        return close_all(list(self._queries.values()), milliseconds)
