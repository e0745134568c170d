"""The program inside the folder that needs no Python."""

from __future__ import annotations

import multiprocessing
import os
import sys

# PyInstaller's loader lets the system look for libraries in the folder. Programs that nnviz starts, such as a browser
# or ffmpeg, must find their own.
for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    if f"{_name}_ORIG" in os.environ:
        os.environ[_name] = os.environ[f"{_name}_ORIG"]
    else:
        os.environ.pop(_name, None)


def main() -> int:
    """Runs nnviz, or as Python does ``-c CODE WORD…``: so it starts its processes for training and reading."""
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-c"]:
        code = sys.argv[2]
        sys.argv = ["-c", *sys.argv[3:]]
        exec(code, {"__name__": "__main__"})
        return 0
    from nnviz.__main__ import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
