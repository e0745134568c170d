"""The door: sets the process environment, then opens the window or runs a subcommand. See ``--help``."""

from __future__ import annotations

import os
import sys

# How many threads a matrix product may use. More of them fight the interface for the cores, and at this size
# they do not pay. The libraries read it once, when numpy is first imported; what a person has set is left alone.
BLAS_THREADS = "1"

# Without these not even --help can be given: the command line imports them at once.
PACKAGES = ("numpy", "PIL", "tqdm")


def set_threads() -> None:
    """For the libraries behind numpy. Call it before numpy is imported."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, BLAS_THREADS)


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code: 0 for done, 2 for a bad argument or where the window cannot open."""
    set_threads()
    from nnviz.commands.preflight import missing_packages

    problem = missing_packages(PACKAGES)
    if problem:
        print("nnviz: " + "\n".join(problem), file=sys.stderr)
        return 2
    from nnviz.commands.cli import main as run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
