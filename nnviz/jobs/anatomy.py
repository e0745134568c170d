"""How the shown network's numbers are spread, now and at its start: worked out behind the window, while seen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.datasets import Split
from engine.distributions import Anatomist, LayerSpreads
from engine.network import Network
from engine.validation import Array
from nnviz.jobs.worker import Background

_TIMES_ITS_COST = 19  # it may take a twentieth of a core's time
_QUICKEST = 0.15  # seconds between two looks


# A network, a function that gives its parameters at the start, and examples that fit.
Subject = tuple[Network, Callable[[], Array], Split]


class Anatomy(QObject):
    """Looks at one network at a time; the next look waits until the last is over.

    Signals:
        changed: ``now`` and ``start`` are others, or gone.
        failed(Exception): a look ended with an error that nobody foresaw.

    Attributes:
        now, start: a :class:`LayerSpreads` for each layer; None where nothing was looked at yet.
        wanted: whether anybody looks; set it with :meth:`want`.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, background: Background, subject: Callable[[], Subject | None]) -> None:
        """``subject`` gives what to look at, or None."""
        super().__init__()
        self.now: list[LayerSpreads] | None = None
        self.start: list[LayerSpreads] | None = None
        self.wanted = False
        self._background = background
        self._subject = subject
        self._anatomist: Anatomist | None = None
        self._seen: Network | None = None
        self._due = 0.0
        self._is_looking = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    def want(self, wanted: bool) -> None:
        """From now on, or no longer."""
        self.wanted = wanted
        if not wanted:
            self._anatomist = None  # its buffers may be large
        self._due = 0.0
        self._timer.stop()
        self.look()

    def forget(self) -> None:
        """There is another network, or other data."""
        self._anatomist = self._seen = self.now = self.start = None
        self._due = 0.0
        self.changed.emit()
        self.look()

    def look(self) -> None:
        """Looks at what is shown now, unless nobody does, it is seen already, or it is too soon."""
        if not self.wanted or self._is_looking:
            return
        subject = self._subject()
        if subject is None or subject[0] is self._seen:
            return
        wait = self._due - time.perf_counter()
        if wait > 0:
            if not self._timer.isActive():
                self._timer.start(round(1000 * wait) + 1)
            return
        self._begin(*subject)

    def _begin(self, network: Network, at_start: Callable[[], Array], examples: Split) -> None:
        anatomist, start = self._anatomist, self.start
        self._is_looking, self._seen = True, network
        seconds = 0.0

        def work() -> tuple[Anatomist, list[LayerSpreads], list[LayerSpreads]]:
            nonlocal seconds
            someone = anatomist or Anatomist(network, examples)
            first = start or someone.look_at(network.with_parameters(at_start()))
            began = time.perf_counter()
            now = someone.look_at(network)
            seconds = time.perf_counter() - began
            return someone, first, now

        def done(found: tuple[Anatomist, list[LayerSpreads], list[LayerSpreads]]) -> None:
            self._is_looking = False
            self._due = time.perf_counter() + max(_QUICKEST, _TIMES_ITS_COST * seconds)
            if self._seen is network:  # else it was forgotten meanwhile
                someone, self.start, self.now = found
                self._anatomist = someone if self.wanted else None
                self.changed.emit()
            self.look()

        def failed(error: Exception) -> None:
            """Where there is not the memory for it, the view stays as it is until there is another network."""
            self._is_looking = False
            if not isinstance(error, MemoryError):
                self.failed.emit(error)

        self._background.run(work, done, failed)
