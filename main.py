"""The entry point: sets the process environment, then opens the window or runs a command. See ``--help``."""

from __future__ import annotations

import os
import sys

# Threads that a matrix product may use. More of them would compete with the interface for the cores, and gain nothing
# at this size. The libraries read it once, when numpy is first imported. What a person has set is not changed.
BLAS_THREADS = "1"

# Packages that the command line imports at once: without them not even --help works.
PACKAGES = ("numpy", "PIL", "platformdirs", "tqdm")


def set_threads() -> None:
    """Sets the number of threads of the libraries behind numpy. Must be called before numpy is imported."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, BLAS_THREADS)


def main(argv: list[str] | None = None) -> int:
    """Runs the command and returns the exit code: 0 for success, 2 for a bad argument or if the window cannot open."""
    set_threads()
    from nnviz.commands.preflight import missing_packages

    problem = missing_packages(PACKAGES)
    if problem:
        print("nnviz: " + "\n".join(problem), file=sys.stderr)
        return 2
    from nnviz.commands.cli import main as run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
