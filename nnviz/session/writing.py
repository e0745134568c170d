"""A file that is being written: done in another thread, and said when it is on disk or could not be written."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.network import Network
from nnviz.jobs.lane import Lanes
from nnviz.look import text
from nnviz.session.messages import Messages
from nnviz.session.run import Run

_LOG = logging.getLogger("nnviz")


@dataclass(frozen=True)
class Writing:
    """One file: its path, in a word what is done to it ("saved"), and how to say that it ended."""

    path: Path
    past: str
    end: Callable[[str], None]
    messages: Messages

    def run(self, lanes: Lanes, work: Callable[[], str | None], then: Callable[[], None]) -> None:
        """Calls ``work`` in the lane of the file's folder; it may return what is to be said besides that it is done.

        ``then`` is called when the file is on disk.
        """

        name = text.name(self.path.name)

        def done(note: str | None) -> None:
            self.end(f"{self.past.capitalize()} to {name}{note or ''}")
            then()

        def failed(error: Exception) -> None:
            _LOG.error("%s could not be %s: %s", self.path, self.past, error)  # for when nobody sees it any more
            self.end("")
            self.messages.tell_error(f"{name} could not be {self.past}", error)

        lanes.run(os.path.realpath(self.path.parent), work, done, failed)


def network_for_file(past: Run, data_title: str) -> Network:
    """The network to write, with its provenance. It may take long; called with a copy of the run."""
    network = past.displayed_network()
    past.provenance(data_title).write(network)
    return network
