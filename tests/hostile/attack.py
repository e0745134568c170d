"""The registry of attacks, and the limits that hold for each case."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Called with the case's own generator and an empty folder; returns in a word how it ended ("refused", "read"). Any
# exception is a failure, and so is a warning.
Case = Callable[[np.random.Generator, Path], str]


@dataclass(frozen=True)
class Attack:
    """One kind of attack.

    Attributes:
        case: tries once.
        cases: how many are tried in one process.
        seconds: a case that takes longer has hung.
        megabytes: a case whose memory grows by more fails.
    """

    case: Case
    cases: int = 100
    seconds: float = 20
    megabytes: int = 700


ATTACKS: dict[str, Attack] = {}


def attack(name: str, cases: int = 100, seconds: float = 20, megabytes: int = 700) -> Callable[[Case], Case]:
    """Registers a function as the attack of that name."""

    def register(case: Case) -> Case:
        ATTACKS[name] = Attack(case, cases, seconds, megabytes)
        return case

    return register


def pick(rng: np.random.Generator, *choices: object) -> object:
    """One of the choices, as it is."""
    return choices[int(rng.integers(len(choices)))]


def forget_peak() -> None:
    """The peak of this process's memory counts from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """The most memory that this process had since :func:`forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def child_environment() -> dict[str, str]:
    """For processes that are started: no display, one thread for each product."""
    quiet = {"QT_QPA_PLATFORM": "offscreen", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **quiet}
