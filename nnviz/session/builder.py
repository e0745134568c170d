"""Makes new networks: a small one at once, a large one behind the window."""

from __future__ import annotations

from collections.abc import Callable

from engine.validation import parameter_count
from nnviz.jobs.worker import Background
from nnviz.session.configuration import Configuration
from nnviz.session.run import Run, new_run

# Parameters that are drawn at once, in some milliseconds; more of them are drawn behind the window.
_BUILT_AT_ONCE = 2_000_000


class Builder:
    """The network that was asked for last counts: one that comes later than another was asked for is dropped."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._number = 0

    def make(
        self, configuration: Configuration, built: Callable[[Run], None], failed: Callable[[Exception], None]
    ) -> bool:
        """Calls ``built`` with a new run, or ``failed`` with what went wrong. Whether it was called already."""
        self._number += 1
        number = self._number

        def if_wanted(then: Callable[[Run], None] | Callable[[Exception], None]) -> Callable[[object], None]:
            return lambda outcome: then(outcome) if number == self._number else None  # type: ignore[arg-type]

        if parameter_count(configuration.shape) <= _BUILT_AT_ONCE:
            built(new_run(configuration))
            return True
        self._background.run(lambda: new_run(configuration), if_wanted(built), if_wanted(failed))
        return False

    def cancel(self) -> None:
        """Nobody wants it any more."""
        self._number += 1
