"""Commands of a program that may open only few files, or whose folder was deleted."""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np

from engine.network.network import Network
from engine.storage import save_network
from tests.hostile.attack import attack, child_environment, pick

_MAIN = Path(__file__).parents[2] / "main.py"
_LEAST, _MOST = 12, 48  # file handles; with fewer, Python does not start, and with more, nothing is missing


@attack("few file handles", cases=20, seconds=60)
def few_file_handles(rng: np.random.Generator, folder: Path) -> str:
    """The command ends with a code; if it cannot do its work, it names the cause in one line, without a traceback."""
    network = folder / "net.npz"
    save_network(Network([2, 3, 2], ["relu", "softmax"], "cross-entropy", rng=rng), network)
    words = pick(
        rng,
        ["sweep", "--data", "moons", "--points", "60", "--epochs", "1", "--vary", "learning-rate=0.1,0.2"],
        ["train", "--data", "moons", "--points", "60", "--epochs", "1", "--seeds", "2"],
        ["train", "--data", "moons", "--points", "60", "--epochs", "2", "--save", str(folder / "new.npz")],
        ["evaluate", str(network), "--data", "moons"],
        ["data", "penguins"],
        ["runs"],
    )
    assert isinstance(words, list)
    handles = int(rng.integers(_LEAST, _MOST))
    place = folder
    if rng.random() < 0.2:
        place, handles = folder / "gone", 1000
        place.mkdir()
    code, complained = _run(words, place, handles, is_deleted=place != folder)
    message = f"{words[0]} with {handles} handles ended with code {code}: {complained}"
    assert code in (0, 1, 2), message
    assert "Traceback" not in complained, message
    assert "NoneType" not in complained, message
    assert code == 0 or "nnviz: " in complained, message
    return f"{words[0]}: code {code}"


def _run(words: list[str], place: Path, handles: int, is_deleted: bool) -> tuple[int, str]:
    """The exit code of the command in that folder, and what it printed to the standard error."""
    done = subprocess.run(
        [sys.executable, str(_MAIN), *words],
        cwd=place,
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=50,
        check=False,
        preexec_fn=partial(_limit, handles, place if is_deleted else None),
    )
    return done.returncode, done.stderr


def _limit(handles: int, gone: Path | None) -> None:
    if gone is not None:
        gone.rmdir()
    resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
