"""What ``import engine`` brings with it: numpy, and nothing of the window."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engine

QUESTION = """
import sys
import engine, engine.datasets, engine.storage, engine.training.trainer, engine.training.history
net = engine.NeuralNetwork([2, 2])
net.train([[0, 1], [1, 0]], [0, 1], batch_size=2, epochs=1)
unwanted = {"PyQt5", "pyqtgraph", "tqdm", "PIL", "pooch", "requests", "pytest", "matplotlib", "scipy"}
print(sorted(unwanted & {name.partition(".")[0] for name in sys.modules}))
"""


def test_engine_imports_nothing_of_the_window() -> None:
    answer = subprocess.run([sys.executable, "-c", QUESTION], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", engine.__all__)
def test_everything_promised_is_there(name: str) -> None:
    assert getattr(engine, name)
