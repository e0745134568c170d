"""A process beside the window ends with its pipe, also when that ends within a message."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

LISTENS = (
    "import sys, threading; from nnviz.jobs.child import listen;"
    "listen(lambda message: print(len(message), flush=True)); threading.Event().wait(60)"
)
WHOLE = pickle.dumps(b"x" * 1000, protocol=5)


@pytest.mark.parametrize("rest", [b"", WHOLE[:-200], WHOLE[:2]], ids=["between", "within", "at the beginning"])
def test_it_ends_silently_with_its_pipe(rest: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", LISTENS], input=WHOLE + rest, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1000\n", b"")


def test_what_is_no_message_is_reported_though_the_pipe_stays_open() -> None:
    words = [sys.executable, "-c", LISTENS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stderr is not None
        program.stdin.write(b"\x80\x05n")
        program.stdin.flush()
        assert program.wait(20) == 1
        assert b"UnpicklingError" in program.stderr.read()


def test_so_is_one_with_more_behind_it() -> None:
    reported = subprocess.run(
        [sys.executable, "-c", LISTENS], input=b"\x80\x05nonsense.more", capture_output=True, timeout=60
    )
    assert reported.returncode == 1
    assert b"UnpicklingError" in reported.stderr
