"""The command line: calls the command's file in this folder. Without a command it opens the window."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any, TextIO, cast

from engine.basics.errors import DivergenceError, EngineError
from nnviz.commands import window
from nnviz.commands.checks import CommandError
from nnviz.commands.preflight import missing_for_offscreen, missing_for_window
from nnviz.formatting.text import path, plain, visible

USAGE_ERROR = 2
INTERRUPTED = 130  # the code that shells use
# Checks for commands that need Qt, done before their files are imported.
_PREFLIGHT = {
    "window": missing_for_window,
    "screenshot": missing_for_offscreen,
    "explain": missing_for_offscreen,
    "lesson": missing_for_offscreen,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command, or opens the window. Returns the exit code."""
    _write_any_letter()
    try:
        return _main(argv)
    finally:
        _drop_unwritten()


def _main(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parsed(words) if words else argparse.Namespace(command="window")
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written is an error of the command
        return code
    except KeyboardInterrupt:
        return _complain("stopped", INTERRUPTED)
    except MemoryError:
        return _complain("there is not enough memory. Make the network or the batch smaller.", 1)
    except DivergenceError as error:
        return _complain(str(error), 1)
    except CommandError as error:
        return _complain(str(error), USAGE_ERROR)
    except EngineError as error:  # it may have names from files in it
        return _complain(plain(str(error).replace("\n", " ")), USAGE_ERROR)
    except BrokenPipeError:  # the reader of a pipe has closed it
        return 0
    except OSError as error:
        where = f"{path(error.filename)}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", USAGE_ERROR)


def _drop_unwritten() -> None:
    """Drops what can no longer be printed, as the reader of a pipe has closed it: Python would complain at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parsed(words: list[str]) -> argparse.Namespace:
    from nnviz.commands.options import parse_arguments  # what the window does not need at its start

    return parse_arguments(words)


def _write_any_letter() -> None:
    """Names from files may have letters that the terminal does not know: these are written as their codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: argparse.Namespace) -> int:
    """Imports the command's file, which has its name, and calls its function ``run``."""
    if arguments.command == "window" and "words" in arguments:
        window.check(arguments)  # before the checks of the display
    missing = _PREFLIGHT[arguments.command]() if arguments.command in _PREFLIGHT else None
    if missing is not None:
        raise CommandError("\n".join(missing))
    run = import_module(f"nnviz.commands.{arguments.command}").run
    if sys.stdout is None or not any(getattr(arguments, name, None) for name in ("save", "checkpoint", "record")):
        return int(run(arguments))
    with redirect_stdout(cast(TextIO, _UntilClosed(sys.stdout))):  # a closed pipe must not stop what is saved
        return int(run(arguments))


class _UntilClosed:
    """Standard output that drops further output after the reader of its pipe has closed it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, words: str) -> int:
        """Writes to the stream. Returns how many characters were taken."""
        try:
            return self._stream.write(words)
        except BrokenPipeError:
            _drop_unwritten()
            return len(words)

    def flush(self) -> None:
        """Writes what waits in the stream."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _drop_unwritten()


def _complain(text: str, code: int) -> int:
    print(f"nnviz: {visible(text)}", file=sys.stderr)
    return code
