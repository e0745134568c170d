"""Paths that are not UTF-8, or have control characters: they are recorded, found again, and shown as plain text."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.basics.assets_folder import ASSETS
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_network, save_network
from nnviz.commands import cli
from nnviz.library import Library, library_path

ODD = os.fsdecode(b"odd \xff\xe9")
ESCAPE = "red \x1b[31m"

pytestmark = [
    pytest.mark.usefixtures("small_data_here"),
    pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="needs paths of any bytes"),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Penguins, whose file and folder have odd names."""
    file = tmp_path / ODD / f"{ODD}.csv"
    file.parent.mkdir()
    shutil.copy(ASSETS / "tables" / "penguins.csv", file)
    return file


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_network_of_such_a_table_is_recorded_saved_and_opened_again(
    table: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = f"{ODD}.{ending}"
    assert cli.main(["train", "--data", str(table), "--epochs", "1", "--title", ODD, "--save", file]) == 0
    with Library() as library:
        (run,) = library.runs()
        assert run.experiment.data == str(table)
        assert run.data == "odd \ufffd\ufffd"
    opened = load_network(file)
    made = Provenance.read(opened).experiment
    assert made is not None
    assert made.data == str(table)
    assert opened.description is not None
    assert opened.description.title == "odd \ufffd\ufffd"
    for words in (["evaluate", file], ["predict", file, str(table)], ["export", file, "net.py"], ["runs", "show", "1"]):
        assert cli.main(words) == 0, words
    capsys.readouterr()


@pytest.mark.parametrize("name", [ODD, ESCAPE, "it's \\ one\n"])
def test_the_command_that_repeats_it_can_be_pasted_into_a_shell(
    table: Path, name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    other = table.with_name(f"{name} again.csv")
    shutil.copy(table, other)
    assert cli.main(["train", "--data", str(other), "--epochs", "1"]) == 0
    capsysbinary.readouterr()
    assert cli.main(["runs", "show", "1"]) == 0
    printed = capsysbinary.readouterr().out.decode()
    (command,) = (line for line in printed.splitlines() if line.startswith("command:"))
    assert "\x1b" not in printed
    words = command.removeprefix("command:").replace("python main.py", r"printf '%s\0'")
    bash = subprocess.run(["bash", "-c", words], capture_output=True, check=True)
    assert os.fsencode(str(other)) in bash.stdout.split(b"\0")


def test_the_library_may_be_at_such_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NNVIZ_LIBRARY", str(tmp_path / ODD / "library.sqlite"))
    assert cli.main(["train", "--data", "moons", "--epochs", "1"]) == 0
    assert r"odd \xff\xe9" in capsys.readouterr().out
    assert library_path().is_file()
    with Library() as library:
        assert len(library.runs()) == 1


def test_names_of_files_never_reach_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    picture, net = f"{ESCAPE}.png", f"{ESCAPE}.npz"
    Image.fromarray(np.full((28, 28), 255, np.uint8)).save(picture)
    save_network(Network([784, 4, 10], ["relu", "softmax"], "cross-entropy"), "net.npz")
    for words in (
        ["predict", "net.npz", picture],
        ["predict", "net.npz", f"{picture} is missing"],
        ["predict", f"{net} is missing", picture],
        ["explain", "net.npz", picture],
        ["export", "net.npz", f"{ESCAPE}.py"],
        ["export", "net.npz", ESCAPE],
        ["train", "--data", "moons", "--epochs", "1", "--save", net, "--checkpoint", f"{ESCAPE} checkpoint.npz"],
        ["train", "--resume", f"{ESCAPE} checkpoint.npz"],
        ["train", "--data", f"{ESCAPE}.csv"],
        ["evaluate", f"{ESCAPE}.json"],
        ["runs", "export", "1", ESCAPE],
        ["runs", "import", f"{ESCAPE} missing"],
    ):
        cli.main(words)
        printed = "".join(capsys.readouterr())
        assert "\x1b" not in printed, words
        assert r"\x1b[31m" in printed or "\ufffd" in printed, words


def test_nor_do_words_that_are_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["evaluate", "net.npz", f"-{ESCAPE}"])
    assert "\x1b" not in capsys.readouterr().err
