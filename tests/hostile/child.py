"""Tries some cases of one attack in this process; the parent reads a line of JSON for each from standard output."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from types import FrameType

import numpy as np

import tests.hostile
from tests.hostile.attack import ATTACKS, Attack, forget_peak, peak_megabytes


def load_attacks() -> None:
    """Imports all modules of this package, each of which registers its attacks."""
    for module in pkgutil.iter_modules(tests.hostile.__path__):
        if not module.name.startswith("__") and module.name != "child":
            importlib.import_module(f"tests.hostile.{module.name}")


class _HungError(BaseException):
    """A case took too long. No Exception, so that nobody handles it."""


def _hung(number: int, frame: FrameType | None) -> None:
    raise _HungError


def main(name: str, seed: int, first: int, most: int) -> None:
    """Tries the cases from ``first`` on, at most ``most``; a case's number and the seed determine all that it does."""
    faulthandler.enable()
    load_attacks()
    attack = ATTACKS[name]
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _hung)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the program prints is no answer
    for number in range(first, first + min(attack.cases, most)):
        print(json.dumps({"case": number}), file=answers, flush=True)
        outcome, failure = _try(attack, seed, number)
        print(json.dumps({"case": number, "outcome": outcome, "failure": failure}), file=answers, flush=True)
    print(json.dumps({"done": True}), file=answers, flush=True)


def _try(attack: Attack, seed: int, number: int) -> tuple[str, str]:
    """How the case ended, and what failed or an empty text."""
    rng = np.random.default_rng([seed, number])
    gc.collect()
    forget_peak()
    before = peak_megabytes()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as library:
        os.environ["NNVIZ_LIBRARY"] = os.path.join(library, "library.sqlite")
        signal.setitimer(signal.ITIMER_REAL, attack.seconds)
        try:
            outcome = attack.case(rng, Path(folder))
        except _HungError:
            return "failed", f"took longer than {attack.seconds} s\n{traceback.format_exc()}"
        except Exception:
            return "failed", traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    grown = peak_megabytes() - before
    if grown > attack.megabytes:
        return "failed", f"took {grown:.0f} MB of memory, more than {attack.megabytes}"
    return outcome, ""


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 10**9)
