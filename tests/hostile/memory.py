"""Large networks, made, trained and replaced again and again: what is kept for undo stays within its budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnviz.session.status import Stage, Status
from tests.hostile.attack import attack
from tests.hostile.calls import Person

_RESETS = 16
_BUDGET = 1000  # megabytes beyond what the program takes anyway


@attack("resets of a large network", cases=1, seconds=300, megabytes=_BUDGET)
def resets_of_a_large_network(rng: np.random.Generator, folder: Path) -> str:
    """Each is trained for a batch before the next takes its place, and what cannot be kept is reported."""
    person = Person(rng, folder)
    session = person.session
    optimizer = ["sgd", "adam"][int(rng.integers(2))]
    try:
        person.settle()
        session.settings.change("optimizer", optimizer=optimizer)
        session.settings.change("shape", shape=(784, 4000, 4000, 10))
        for _ in range(_RESETS):
            person.until("a network", lambda: session.state is Status.READY)
            session.step_batch()
            person.until("a batch", lambda: session.runs.current.stage is Stage.PAUSED)
            session.reset()
        person.until("the last network", lambda: session.state is Status.READY)
        assert any("removed" in text for text in person.messages), "nothing is said of the networks that are gone"
        session.undo.undo()
        assert session.runs.current.stage is Stage.PAUSED, "the last reset cannot be undone"
    finally:
        person.close()
    return "stayed within its budget"
