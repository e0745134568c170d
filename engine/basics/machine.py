"""The software and hardware that the numbers of a run depend on: NumPy, its BLAS, threads and the processor.

A run is bit-identical if it is repeated with the same of these; otherwise sums may be rounded differently.
"""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

import numpy as np

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # variables, which are read once
_KERNELS = "OPENBLAS_CORETYPE"  # variables that make BLAS use kernels of another processor
_WORDS = {"numpy": "numpy", "blas": "BLAS", "threads": "number of threads", "processor": "processor"}


@dataclass(frozen=True)
class Machine:
    """The software and hardware of a run, as texts.

    Attributes:
        numpy: its version.
        blas: name and version of the library behind numpy's products.
        threads: the limit of threads of a matrix product; "all" without a limit.
        processor: its architecture, and its instruction sets used by NumPy and BLAS.
    """

    numpy: str = ""
    blas: str = ""
    threads: str = ""
    processor: str = ""

    def as_dict(self) -> dict[str, str]:
        """Returns all entries, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries: object) -> Machine:
        """Returns the machine of an :meth:`as_dict`; missing entries, and those that are no text, become empty."""
        known = entries if isinstance(entries, dict) else {}
        texts = {each.name: known.get(each.name) for each in fields(cls)}
        return cls(**{name: text for name, text in texts.items() if isinstance(text, str)})

    def differences(self, other: Machine) -> list[str]:
        """Returns the differences as texts ("numpy 2.4.6, then 2.3.0"); empty if a run would be bit-identical.

        Unknown entries count as different.
        """
        pairs = ((_WORDS[name], getattr(self, name), getattr(other, name)) for name in _WORDS)
        return [
            f"{word} {here or 'unknown'}, then {there or 'unknown'}"
            for word, here, there in pairs
            if here != there or not here
        ]


def cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def this_machine() -> Machine:
    """Returns the software and hardware of this process."""
    built = _built()
    blas = built.get("Build Dependencies", {}).get("blas", {})
    found = built.get("SIMD Extensions", {}).get("found", [])
    kernels = os.environ.get(_KERNELS, "")
    processor = " ".join([platform.machine(), *found, *([f"as {kernels}"] if kernels else [])])
    name = f"{blas.get('name', '')} {blas.get('version', '')}".strip()
    return Machine(np.__version__, name or "unnamed", _threads(), processor)


def _built() -> dict[str, Any]:
    config: Any = np.show_config("dicts")
    return config or {}


def _threads() -> str:
    """Returns the limit of threads that the libraries read when NumPy was imported: the first variable that is set."""
    return next((value for name in THREADS if (value := os.environ.get(name, ""))), "all")
