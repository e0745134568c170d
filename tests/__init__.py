"""Nothing that is started from here writes to the person's own library of runs: not tests, benchmarks nor attacks."""

import atexit
import os
import shutil
import tempfile

_MARK = "NNVIZ_TESTS"  # processes that are started inherit it, with the library of who started them

if _MARK not in os.environ:
    _FOLDER = os.path.join(tempfile.gettempdir(), f"nnviz-tests-{os.getpid()}")
    os.environ[_MARK] = "1"
    os.environ["NNVIZ_LIBRARY"] = os.path.join(_FOLDER, "library.sqlite")
    atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
