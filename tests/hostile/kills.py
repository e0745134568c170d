"""Processes that are killed while they write. What is left is the file of before or the whole new one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from engine.network.network import Network
from engine.storage import load_network, save_network
from tests.engine.helpers import ENDINGS
from tests.hostile.attack import attack, child_environment, pick

_WRITER = """
import sys
from engine.network.network import Network
from engine.storage import save_network
network = Network([200, 300, 10])
print("ready", flush=True)
while True:
    for value in (1.0, 2.0):
        network.parameters[...] = value
        save_network(network, sys.argv[1])
"""


@attack("kills while saving", cases=8)
def kill_while_saving(rng: np.random.Generator, folder: Path) -> str:
    """Kills a process that saves all the time, at any moment; the next save leaves one file in the folder."""
    path = folder / f"net{pick(rng, *ENDINGS)}"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, env=child_environment()
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(float(rng.random()) * 0.3)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    outcome = _check_what_is_there(path)
    save_network(Network([2, 3, 2]), path)
    assert [each.name for each in folder.iterdir()] == [path.name], "the next save left what the killed process wrote"
    return outcome


def _check_what_is_there(path: Path) -> str:
    if not path.exists():
        return "nothing written yet"
    network = load_network(path)
    value = float(network.parameters[0])
    assert value in (1.0, 2.0)
    assert (network.parameters == value).all(), "two saves in one file"
    return "whole"
