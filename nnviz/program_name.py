"""The name of this program as it was started, for messages that name a command: ``python main.py`` or ``nnviz``."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

_MODULE, _SCRIPT, _ENTRY = "nnviz", "main.py", "__main__.py"


def program_words() -> list[str]:
    """Returns the words that start the program, as the user typed them: ``["python", "main.py"]`` or ``["nnviz"]``.

    Of an interpreter that was given by its whole path it is only the name. In a process that was started otherwise,
    such as a script that imports nnviz, these are the words for the checkout if it is one, else for the command.
    """
    program = sys.argv[0] if sys.argv else ""
    name = os.path.basename(program)
    if name == _SCRIPT:
        return [_interpreter(), program]
    if Path(program).parts[-2:] == (_MODULE, _ENTRY):
        return [_interpreter(), "-m", _MODULE]
    if Path(name).stem == _MODULE:
        return [_MODULE if os.path.isabs(program) else program.removesuffix(".exe")]
    is_checkout = (Path(__file__).resolve().parent.parent / _SCRIPT).is_file()
    return ["python", _SCRIPT] if is_checkout else [_MODULE]


def program_name() -> str:
    """Returns the same words as a shell reads them."""
    return shlex.join(program_words())


def _interpreter() -> str:
    typed = sys.orig_argv[0] if sys.orig_argv else "python"
    return os.path.basename(typed) if os.path.isabs(typed) else typed
