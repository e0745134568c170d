"""``predict`` and ``evaluate`` of networks whose answers are no numbers, or beyond what they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.network.network import Network
from engine.storage import save_network
from nnviz.commands import cli

pytestmark = pytest.mark.usefixtures("small_data")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and what was complained."""
    code = cli.main(arguments)
    reported = capsys.readouterr()
    return code, reported.out, reported.err


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_answers_that_are_not_finite_are_an_error_in_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    network = Network([784, 4, 10], ["relu", "softmax"], "cross-entropy", rng=np.random.default_rng(1))
    network.weights[0][...] = 3e38
    save_network(network, tmp_path / "net.npz")
    drawn = np.full((40, 30), 255, np.uint8)
    drawn[5:35, 12:16] = 0
    Image.fromarray(drawn).save(tmp_path / "one.png")
    words = [str(tmp_path / "one.png")] if command == "predict" else []
    code, reported, complained = run(capsys, command, str(tmp_path / "net.npz"), *words)
    assert (code, reported) == (cli.USAGE_ERROR, "")
    assert complained.startswith("nnviz: network: the weighted sums of layer 1 overflow")


def test_a_digit_that_is_never_answered_has_no_precision(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    network = Network([784, 10], ["softmax"], "cross-entropy", "zeros")
    network.biases[0][3] = 1
    save_network(network, tmp_path / "net.npz")
    code, reported, _ = run(capsys, "evaluate", str(tmp_path / "net.npz"))
    assert code == 0
    shares = next(line for line in reported.splitlines() if line.strip().startswith("precision")).split()[2:]
    assert [number for number, share in enumerate(shares) if share != "–"] == [3]
    assert "nan" not in reported


@pytest.mark.parametrize("size", [3.0, 3e38])
def test_outputs_beyond_one_are_shown_as_in_the_window(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, size: float
) -> None:
    network = Network([784, 10], ["identity"], initializer="zeros")
    network.biases[0][:2, 0] = size, -size
    save_network(network, tmp_path / "net.npz")
    drawn = np.full((40, 30), 255, np.uint8)
    drawn[5:35, 12:16] = 0
    Image.fromarray(drawn).save(tmp_path / "one.png")
    code, reported, _ = run(capsys, "predict", str(tmp_path / "net.npz"), str(tmp_path / "one.png"))
    assert code == 0
    assert reported.strip().endswith("one.png: 0 (100.0 %), then 9 (0.0 %)")
