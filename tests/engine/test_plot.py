"""``train(plot=True)``: in processes of their own, so that no window is left behind here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError, PlotError
from tests.engine.helpers import QUICK, bits, few_examples, refused

PLOTTING = """
import json, sys
import numpy as np
from PyQt5.QtWidgets import QApplication
QApplication.exec = lambda *_: 0  # as if the window were closed at once
import engine
from engine import NeuralNetwork
import pyqtgraph
x = np.random.default_rng(0).normal(size=(30, 2))
classes = (x.sum(axis=1) > 0).astype(int)

def show(y, **how):
    net = NeuralNetwork([2, 3, 2], seed=1)
    net.train(x, y, batch_size=10, epochs=4, seed=1, plot=True, **how)
    window = pyqtgraph.plots[-1]
    curves = {item.name(): [axis.tolist() for axis in item.getData()] for item in window.listDataItems()}
    final = net.predict(x)
    figure = (100 * float((final.argmax(axis=1) != y).mean()) if y.ndim == 1
              else float(((final - y) ** 2).sum(axis=1).mean() / 2))
    labels = [window.getAxis(side).labelText for side in ("bottom", "left")]
    print(json.dumps({"visible": window.isVisible(), "curves": curves, "labels": labels, "last": figure}))

show(classes, test_data=x[:10], test_labels=classes[:10])
show(np.eye(2)[classes], classification=False)
"""


def test_plot_shows_errors_or_the_cost_of_a_regression_against_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run([sys.executable, "-c", PLOTTING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown, regression = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    assert shown["visible"]
    assert shown["labels"] == ["epoch", "error, %"]
    assert list(shown["curves"]) == ["train", "test"]
    for epochs, errors in shown["curves"].values():
        assert epochs == [0, 1, 2, 3, 4]
        assert all(0 <= error <= 100 for error in errors)
    assert shown["curves"]["train"][1][-1] == pytest.approx(shown["last"])
    assert regression["labels"] == ["epoch", "cost"]
    assert list(regression["curves"]) == ["train"]
    assert regression["curves"]["train"][1][-1] == pytest.approx(regression["last"], rel=1e-4)


def refused_plot(value: str) -> None:
    x, y = few_examples()
    net = NeuralNetwork([2, 4, 3], seed=1)
    before = bits(net)
    with pytest.raises(PlotError, match=value) as caught:
        net.train(x, y, plot=True, **QUICK)
    assert bits(net) == before
    with refused(PlotError, "plot", "no window"):
        raise caught.value


def test_plot_without_a_window_system_is_refused_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "nowhere")
    refused_plot("nowhere")


def test_plot_without_pyqtgraph_is_refused_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyqtgraph.py").write_text("raise ImportError('pyqtgraph is not installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    refused_plot("ImportError: pyqtgraph is not installed")


def test_bad_data_is_refused_before_a_window_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("tried"))  # in another process
    with pytest.raises(DataError):
        NeuralNetwork([2, 3]).train([[1, 2, 3]], [0], batch_size=1, plot=True)
