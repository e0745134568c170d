"""A training process that is killed in the middle of a write: the library opens, the training goes on to the bit."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from engine.datasets import source_of
from nnviz.commands import cli
from nnviz.library import Library

ROOT = Path(__file__).parents[3]
WORDS = ("train", "--data", "spirals", "--hidden", "200,100", "--optimizer", "adam", "--epochs", "12")
FIRST = 5  # a given number of transactions are over before the first state is written

# It writes at the end of every epoch. In the transaction of that number it is killed: after this number of SQLite's
# instructions, or of seconds after it began to commit.
KILLED = """
import os, signal, sqlite3, sys, threading, time
from nnviz.commands import cli
from nnviz.library import recording

number, instruction, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
recording.SECONDS_BETWEEN_COMMITS = 0
begun = 0

def end():
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(sqlite3.Connection):
    def execute(self, query, *values):
        global begun
        if query == "BEGIN IMMEDIATE":
            begun += 1
            if begun == number and instruction:
                self.left = instruction
                self.set_progress_handler(self.count, 1)
        if query == "COMMIT" and begun == number and not instruction:
            threading.Thread(target=lambda: (time.sleep(seconds), end())).start()
        return super().execute(query, *values)

    def count(self):
        self.left -= 1
        if self.left <= 0:
            end()
        return 0

connect = sqlite3.connect
sqlite3.connect = lambda *words, **more: connect(*words, factory=Deadly, **more)
sys.exit(cli.main(sys.argv[4:]))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The same training without any interruption."""
    path = tmp_path_factory.mktemp("whole") / "library.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_LIBRARY", str(path))
        assert cli.main([*WORDS]) == 0
    return path


@pytest.fixture(scope="module", autouse=True)
def no_bars_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tqdm, "monitor_interval", 0)
        yield


@pytest.mark.parametrize(
    ("number", "instruction", "seconds"),
    [
        (FIRST + 1, 1, 0),
        (FIRST + 7, 400, 0),
        (FIRST + 1, 0, 0),
        (FIRST + 4, 0, 0.0003),
    ],
)
def test_killed_while_it_writes(whole: Path, number: int, instruction: int, seconds: float) -> None:
    command = [sys.executable, "-c", KILLED, str(number), str(instruction), str(seconds), *WORDS]
    child = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    with Library() as library:
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert library.notice is None
        (left,) = library.interrupted()
        assert left.epochs >= number - FIRST - 2, "at most the epoch in progress is lost"
        assert library.history(left.id).completed == left.epochs == library.state(left.id).at
    assert cli.main(["train", "--resume", "1"]) == 0
    with Library() as library, Library(whole) as expected:
        assert library.interrupted() == []
        assert library.run(1).status == "finished"
        np.testing.assert_array_equal(library.network(1).parameters, expected.network(1).parameters)
        assert library.history(1) == expected.history(1)
        for part in ("train", "test"):
            np.testing.assert_array_equal(library.history(1).confusion(7, part), expected.history(1).confusion(7, part))


def test_the_data_that_it_goes_on_with_are_the_same(whole: Path) -> None:
    with Library(whole) as library:
        made = library.run(1).experiment
    assert source_of(made.data).load(made.data_settings).fingerprint == made.fingerprint
