"""Notes of a recorded training, from within the process that trains: when each epoch ended, and when it was written."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from engine.storage.epoch_codec import epoch_numbers
from nnviz.jobs.recorder import Recorder, ReportFunction
from nnviz.library import Recording

VARIABLE = "NNVIZ_HOSTILE_NOTES"  # names the file of the notes


@dataclass(frozen=True)
class Note:
    """Attributes:
    what: "ended" before an epoch's figures are noted, with others or alone, "written" when a state is in the
        library, "failed" if not, "untaken" when the run could not be taken up.
    at: epochs of the network.
    seconds: by a clock that all processes share.
    process: the number of the one that trains.
    """

    what: str
    at: float
    seconds: float
    process: int


def watch() -> None:
    """From now on this process notes what it records."""
    notes = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    take, commit, fail = Recording.take_epochs, Recording.commit, Recorder._fail

    def note(what: str, *places: float) -> None:
        now = time.monotonic()
        for at in places:
            os.write(notes, f"{what} {at!r} {now!r} {os.getpid()}\n".encode())

    def take_and_note(self: Recording, packed: list[bytes]) -> None:
        note("ended", *(self.before + epoch_numbers(each)[0] for each in packed))
        take(self, packed)

    def commit_and_note(self: Recording, status: str = "training") -> bool:
        is_written = commit(self, status)
        note("written" if is_written else "failed", self.at)
        return is_written

    def fail_and_note(self: Recorder, words: str, report: ReportFunction) -> None:
        note("untaken", 0)
        print(words, file=sys.stderr, flush=True)
        fail(self, words, report)

    Recorder._fail = fail_and_note  # type: ignore[method-assign]
    Recording.take_epochs, Recording.commit = take_and_note, commit_and_note  # type: ignore[method-assign,assignment]


def read_notes(path: Path) -> list[Note]:
    """All that were noted so far."""
    lines = path.read_text().splitlines() if path.exists() else []
    parts = [line.split() for line in lines]
    return [Note(what, float(at), float(seconds), int(process)) for what, at, seconds, process in parts]
