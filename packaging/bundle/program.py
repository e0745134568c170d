"""The program inside the folder that needs no Python."""

from __future__ import annotations

import multiprocessing
import os
import sys

# PyInstaller makes the system and Qt look for libraries and plugins in the folder. Programs that nnviz starts, such as
# a file manager or ffmpeg, must find their own. Qt here finds its plugins by its qt.conf.
for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    if f"{_name}_ORIG" in os.environ:
        os.environ[_name] = os.environ[f"{_name}_ORIG"]
    else:
        os.environ.pop(_name, None)
for _name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
    os.environ.pop(_name, None)


def main() -> int:
    """Runs nnviz, or the code after ``-c`` as Python does: nnviz starts its processes for training that way."""
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
