"""Who does runs beside a window, without processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from engine.datasets import Dataset
from nnviz.session.session import Session
from nnviz.sweeps.executor import Message
from tests.nnviz.library.helpers import DATA
from tests.nnviz.sweeps.helpers import Here


class Beside(Here):
    """Does not begin a run with a certain seed before the test says ``go``, or the plan is stopped."""

    def __init__(self, held_seed: int | None = None, data: Dataset = DATA) -> None:
        super().__init__(data)
        self._held_seed = held_seed
        self.reached, self.go, self.is_closed = threading.Event(), threading.Event(), False

    def next(self, timeout: float) -> list[Message]:
        is_next = [each.experiment.seed for each in self._waiting[:1]] == [self._held_seed]
        if not is_next or self.go.is_set() or None in self.wishes:
            return super().next(timeout)
        self.reached.set()
        time.sleep(timeout)
        return []

    def close(self) -> None:
        super().close()
        self.is_closed = True


Does = Callable[..., Beside]


def told(session: Session) -> str:
    """The text of the message that is shown; empty for none."""
    return "" if session.messages.current is None else session.messages.current.text
