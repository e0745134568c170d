"""Child processes that run a module of nnviz and communicate through pipes. No Qt."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from engine.basics.errors import not_started
from engine.basics.priority import LOW_PRIORITY, set_session_priority

# For glibc: freed memory is kept for later allocations in any thread. Requesting it again would cost much time.
_KEEPS_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**29),
    "MALLOC_ARENA_MAX": "1",
}
_CUT = "truncated"  # what pickle says of a message that ends too soon
# Modules are looked for where this process looks, so that both find the same ones.
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from {} import main; main()"


def can_start() -> bool:
    """Whether the program that would run in a child process is known."""
    return bool(sys.executable)


def start(module: str, name: str, **variables: str) -> subprocess.Popen[bytes]:
    """Starts a process that calls ``main`` of that module, with these variables in its environment.

    Raises ProcessError if that is not possible, in which ``name`` says which process it is.
    """
    try:
        return subprocess.Popen(
            [sys.executable, "-c", _CODE.format(module), *map(os.path.abspath, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if sys.stderr else subprocess.DEVNULL,
            env={**_KEEPS_MEMORY, **variables, **os.environ},
            start_new_session=True,  # Ctrl+C in the terminal is for the window
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        raise not_started(name, error) from error


def wait_and_close(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process that is ending, and closes its pipes."""
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was left to be written
            pipe.close()  # type: ignore[union-attr]


# ---- in the process


def lower_priority() -> None:
    """Lowers the priority of this process below the window's.

    The process has a session of its own, whose priority counts first if Linux shares the time among sessions.
    """
    if hasattr(os, "nice"):
        os.nice(LOW_PRIORITY)
    set_session_priority(str(LOW_PRIORITY))


def lower_priority_apart() -> None:
    """Lowers the priority after leaving the window's session, so that the window keeps its own."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it leads one already
            os.setsid()
    lower_priority()


def claim_output() -> IO[bytes]:
    """Returns standard output for exclusive use: from now on prints go to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def listen(hear: Callable[[Any], None]) -> None:
    """Passes messages on, in a background thread, until the pipe is closed; then ends the process."""
    threading.Thread(target=_listen, args=(sys.stdin.buffer, hear), daemon=True).start()


def _listen(source: IO[bytes], hear: Callable[[Any], None]) -> None:
    code = 1
    try:
        while True:
            hear(pickle.load(source))
    except (EOFError, OSError):
        code = 0
    except BaseException as error:
        if isinstance(error, pickle.UnpicklingError) and _CUT in str(error):
            code = 0  # who sent it has ended within a message
        else:
            traceback.print_exc()
    finally:
        os._exit(code)


def picklable(error: Exception) -> Exception:
    """Returns the error itself, or one with its text if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
