"""A measurement in a process of its own, with a set number of threads, that waits on a pipe between its turns.

BLAS, OpenMP and XLA read their thread counts once, when they are loaded, so every pair of contender and thread count
needs its own process. All stay alive and are asked in turn: the machine's slow drifts hit everybody alike, and no two
of them ever run at the same time. Requests and answers are lines of JSON.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Pools of threads spin for a while after their last task: OpenMP some milliseconds, OpenBLAS a tenth of a second. That
# is left as it is: a pool that sleeps at once (OMP_WAIT_POLICY=passive) may pay for waking up all through an epoch.
# Instead the next child starts when the last one's threads are asleep.
SETTLE_SECONDS = 0.25
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# What keeps a library from the kernels it would pick for this processor. Some machines are set up so; it is left out,
# or one contender would be held back and another not.
KERNEL_VARIABLES = (
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES", "ATEN_CPU_CAPABILITY", "XLA_FLAGS"),
    *("MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"),
)
PEER_MODULES = ("torch", "sklearn", "jax")
XLA_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class ChildError(Exception):
    """A child cannot do what it was asked: its reason, in words."""


class MissingPeerError(ChildError):
    """The library that a contender stands for is not installed."""


def cores() -> list[int]:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def thread_counts() -> list[int]:
    """What every contender is tried with: one thread, and all cores."""
    return sorted({1, len(cores())})


def _environment(threads: int) -> dict[str, str]:
    """The parent's, with the thread count set wherever a library may look for it, and the kernels left to it."""
    settings = {name: str(threads) for name in THREAD_VARIABLES}
    # JAX would try, and warn, on machines with an accelerator that it was not built for.
    settings["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        settings["XLA_FLAGS"] = XLA_ONE_THREAD
    return {name: value for name, value in os.environ.items() if name not in KERNEL_VARIABLES} | settings


class Child:
    """One contender with one thread count, in its own process.

    Attributes:
        contender: "module:class" of a :class:`~tests.benchmarks.peers.Contender`.
        threads: how many.
        kernels: which of its kernels each OpenBLAS in there uses, in words.
        idle_seconds: the most processor time it used between two of its turns. What its threads spin through falls
            into the pause before the next child's turn.
    """

    def __init__(self, contender: str, threads: int) -> None:
        """Starts it and waits for its data. Raises MissingPeerError, or ChildError with another reason."""
        self.contender = contender
        self.threads = threads
        self.idle_seconds = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.children", contender, str(threads)],
            cwd=ROOT,
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.kernels: str = self._answer()["kernels"]
        except ChildError:
            self.close()
            raise

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Sends one request and waits for its answer. Raises ChildError with the child's reason."""
        time.sleep(SETTLE_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"request": request, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"failed": "its process ended without an answer"}
        if "failed" in answer:
            raise (MissingPeerError if answer.get("missing") else ChildError)(answer["failed"])
        self.idle_seconds = max(self.idle_seconds, answer.pop("idle_seconds"))
        return answer

    def close(self) -> None:
        """Ends it: a child leaves when its pipe does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def machine(packages: tuple[str, ...] = ("torch", "scikit-learn", "jax")) -> dict[str, Any]:
    """What the figures were measured on, by kind."""
    import numpy as np

    blas = np.show_config("dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload,index]
    return {
        "cpu": _cpu_model(),
        "cores": len(cores()),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        **{package: _version(package) for package in packages},
    }


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


# From here on: inside the child.


def _pin(threads: int) -> None:
    """One thread means one core: some pools ask how many cores there are, and not the environment.

    Everybody with one thread is pinned to the same core, so that a busy neighbour hits all alike.
    """
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores()[-1]})


def _kernels() -> str:
    """The processor that each OpenBLAS in this process has its kernels for, in words."""
    try:
        from threadpoolctl import threadpool_info  # comes with scikit-learn
    except ModuleNotFoundError:
        return "unknown (install threadpoolctl)"
    return ", ".join(sorted({pool["architecture"] for pool in threadpool_info() if "architecture" in pool})) or "none"


def _serve(name: str, threads: int) -> None:
    """Makes the contender, says so, and answers requests until the pipe closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    _pin(threads)

    contender: Any = None
    asleep_since = time.process_time()

    def answer(work: Callable[[], dict[str, Any] | None]) -> None:
        nonlocal asleep_since
        idle = time.process_time() - asleep_since
        try:
            result = work() or {}
        except ModuleNotFoundError as error:
            result = {"failed": str(error), "missing": error.name in PEER_MODULES}
        except Exception as error:
            result = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps({**result, "idle_seconds": idle}), file=answers, flush=True)
        asleep_since = time.process_time()

    def make() -> dict[str, Any]:
        nonlocal contender
        module, class_name = name.split(":")
        contender = getattr(importlib.import_module(module), class_name)()  # numpy is loaded here, threads decided
        return {"kernels": _kernels()}

    answer(make)
    for line in sys.stdin:
        request = json.loads(line)
        method = request.pop("request")
        answer(lambda method=method, request=request: getattr(contender, method)(**request))


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
