"""``train(plot=True)``: in processes of their own, so that no window is left behind here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError, PlotError
from tests.engine.helpers import QUICK, bits, few_examples, refused

PLOTTING = """
import json, sys
import numpy as np
from PyQt5.QtWidgets import QApplication
QApplication.exec_ = lambda *_: 0  # as if the window were closed at once
import engine
from engine import NeuralNetwork
how = json.loads(sys.argv[1])
x = np.random.default_rng(0).normal(size=(30, 2))
y = (x.sum(axis=1) > 0).astype(int)
net = NeuralNetwork([2, 3, 2], seed=1)
if how.pop("regression"):
    y, how["classification"] = np.eye(2)[y], False
if how.pop("test"):
    how.update(test_data=x[:10], test_labels=y[:10])
net.train(x, y, batch_size=10, epochs=4, seed=1, plot=True, **how)
import pyqtgraph
window = pyqtgraph.plots[-1]
curves = {item.name(): [axis.tolist() for axis in item.getData()] for item in window.listDataItems()}
final = net.predict(x)
figure = (100 * float((final.argmax(axis=1) != y).mean()) if y.ndim == 1
          else float(((final - y) ** 2).sum(axis=1).mean() / 2))
labels = [window.getAxis(side).labelText for side in ("bottom", "left")]
print(json.dumps({"visible": window.isVisible(), "curves": curves, "labels": labels, "last": figure}))
"""


def plotted(monkeypatch: pytest.MonkeyPatch, **how: Any) -> dict[str, Any]:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    arguments = json.dumps({"regression": False, "test": False} | how)
    done = subprocess.run([sys.executable, "-c", PLOTTING, arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_plot_shows_train_and_test_error_against_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = plotted(monkeypatch, test=True)
    assert shown["visible"]
    assert shown["labels"] == ["epoch", "error, %"]
    assert list(shown["curves"]) == ["train", "test"]
    for epochs, errors in shown["curves"].values():
        assert epochs == [0, 1, 2, 3, 4]
        assert all(0 <= error <= 100 for error in errors)
    assert shown["curves"]["train"][1][-1] == pytest.approx(shown["last"])


def test_plot_shows_the_cost_of_a_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = plotted(monkeypatch, regression=True)
    assert shown["labels"] == ["epoch", "cost"]
    assert list(shown["curves"]) == ["train"]
    assert shown["curves"]["train"][1][-1] == pytest.approx(shown["last"], rel=1e-4)


def refused_plot(value: str) -> None:
    x, y = few_examples()
    net = NeuralNetwork([2, 4, 3], seed=1)
    before = bits(net)
    with refused(PlotError, "plot", "no window"):
        net.train(x, y, plot=True, **QUICK)
    assert bits(net) == before
    with pytest.raises(PlotError, match=value):
        net.train(x, y, plot=True, **QUICK)


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
