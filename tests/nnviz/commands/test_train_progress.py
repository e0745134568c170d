"""What ``train`` prints on its way: on a terminal, into a file or pipe, and with --quiet."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from engine.storage import load_network
from nnviz.commands import cli

ROOT = Path(__file__).parents[3]
SMALL = ("--shape", "784,8,10", "--batch-size", "50")
POINTS = ("--data", "spirals", "--hidden", "4", "--no-record")
LINE = re.compile(r"^epoch +(\d+) of \d+   train error +[\d.]+ %   test error +[\d.]+ %$", re.MULTILINE)


def on_a_terminal(*arguments: str) -> str:
    """What a terminal of 100 columns gets."""
    pty = pytest.importorskip("pty", reason="there are no pseudo terminals here")
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    with subprocess.Popen(
        [sys.executable, "main.py", "train", *arguments],
        cwd=ROOT,
        stdin=its,
        stdout=its,
        stderr=its,
    ) as program:
        os.close(its)
        reported = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                part = b""
            if not part:
                break
            reported += part
    os.close(ours)
    assert program.returncode == 0, reported
    return reported.decode()


def kept_lines(reported: str) -> list[str]:
    """The lines that stand on a terminal at the end: of each, what was written after the last return to its start."""
    return [line.rstrip("\r").rpartition("\r")[2] for line in reported.split("\n")]


def test_on_a_terminal_every_tenth_of_the_run_leaves_a_line_and_one_lives() -> None:
    reported = on_a_terminal(*POINTS, "--epochs", "100")
    lines = kept_lines(reported)
    epochs = [int(found[1]) for line in lines if (found := LINE.match(line))]
    assert epochs == list(range(10, 101, 10))
    live = [part for part in re.split(r"[\r\n]", reported) if "% |" in part]
    assert live
    assert all(part.startswith("epoch ") and len(part) <= 100 for part in live)
    assert not any("% |" in line for line in lines)  # it is gone at the end


def test_on_a_terminal_the_last_epoch_before_an_early_stop_leaves_a_line_too() -> None:
    stop = ("--set", "validation_share=0.2", "--set", "patience=1", "--learning-rate", "1")
    lines = kept_lines(on_a_terminal(*POINTS, "--epochs", "5000", *stop))
    *_, last, best = [line for line in lines if line.startswith(("epoch ", "best "))]
    epoch = int(last.split()[1])
    assert epoch < 5000
    assert best == f"best validation result at epoch {epoch - 1}: its weights are restored"


@pytest.mark.usefixtures("small_data_here")
def test_into_a_pipe_every_epoch_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *POINTS, "--epochs", "40"]) == 0
    assert [int(number) for number in LINE.findall(capsys.readouterr().out)] == list(range(1, 41))


@pytest.mark.usefixtures("small_data_here")
def test_quiet_prints_the_result_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *SMALL, "--epochs", "3", "--quiet", "--save", "net.json"]) == 0
    reported = capsys.readouterr()
    assert reported.err == ""
    assert LINE.fullmatch(reported.out.rstrip("\n"))
    network = load_network("net.json")
    assert reported.out.startswith("epoch 3 of 3 ")
    assert reported.out.endswith(f" {100 * network.provenance['test_error']:.2f} %\n")
    assert "--quiet" not in network.provenance["command"]


@pytest.mark.usefixtures("small_data_here")
def test_quiet_gives_the_figures_of_the_epoch_that_early_stopping_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    stop = ("--set", "validation_share=0.2", "--set", "patience=1", "--learning-rate", "2", "--epochs", "60")
    assert cli.main(["train", *SMALL, *stop, "--quiet", "--save", "net.json"]) == 0
    (reported,) = capsys.readouterr().out.splitlines()
    known = load_network("net.json").provenance
    assert known["epochs"] < 60
    assert reported.startswith(f"epoch {known['epochs']:>2} of 60 ")
    for name in ("train", "validation", "test"):
        assert f"{name} error {known[f'{name}_error']:7.2%}".replace("%", " %") in reported


@pytest.mark.usefixtures("small_data_here")
def test_quiet_without_figures_on_the_way_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *SMALL, "--epochs", "2", "--quiet", "--set", "evaluate=false"]) == 0
    assert capsys.readouterr().out.startswith("epoch 2 of 2   train error")
    assert cli.main(["train", *SMALL, "--epochs", "1", "--quiet", "--learning-rate", "1e30"]) == 1
    reported = capsys.readouterr()
    assert (reported.out, "learning rate" in reported.err, reported.err.count("\n")) == ("", True, 1)
    assert cli.main(["train", "--quiet", "--seeds", "2"]) == cli.USAGE_ERROR
    assert "--quiet" in capsys.readouterr().err
