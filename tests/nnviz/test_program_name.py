"""Messages name the program as it was started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnviz.commands import cli
from nnviz.library import Library
from nnviz.program_name import program_name, program_words

ROOT = Path(__file__).parents[2]
STARTS = {
    "python main.py": (["python", "main.py", "runs"], ["main.py", "runs"]),
    ".venv/bin/python main.py": ([".venv/bin/python", "main.py"], ["main.py"]),
    "python3 main.py": (["/usr/bin/python3", "-B", "main.py"], ["main.py"]),
    "python '../my checkout/main.py'": (["python", "../my checkout/main.py"], ["../my checkout/main.py"]),
    "python -m nnviz": (["python", "-m", "nnviz"], ["/home/me/nnviz/__main__.py"]),
    "nnviz": (["/opt/bin/python", "/opt/bin/nnviz"], ["/opt/bin/nnviz", "runs"]),
    ".venv/bin/nnviz": (["/opt/bin/python", ".venv/bin/nnviz"], [".venv/bin/nnviz"]),
}


@pytest.fixture(params=STARTS)
def started(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How this process seems to have been started."""
    original, words = STARTS[request.param]
    monkeypatch.setattr(sys, "orig_argv", original)
    monkeypatch.setattr(sys, "argv", words)
    return str(request.param)


def test_it_is_what_was_typed(started: str) -> None:
    assert program_name() == started


def test_usage_errors_and_hints_name_it(started: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["evaluate", "--help"])
    assert " ".join(capsys.readouterr().out.split()).startswith(f"usage: {started} evaluate ")
    with pytest.raises(SystemExit):
        cli.main(["evaluate"])
    reported = capsys.readouterr().err
    assert reported.startswith("nnviz: ")
    assert reported.endswith(f"Try {started} evaluate --help.\n")
    assert cli.main(["data"]) == 0
    assert f"Train:     {started} train --data NAME|FILE|FOLDER\n" in capsys.readouterr().out
    with Library():
        pass
    assert cli.main(["runs", "show", "9"]) == cli.USAGE_ERROR
    assert f"“{started} runs” lists" in capsys.readouterr().err


def test_in_another_program_it_is_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["-c"], [""], ["/usr/bin/pytest"], ["/lib/pytest/__main__.py"], []):
        monkeypatch.setattr(sys, "argv", words)
        assert program_words() == ["python", "main.py"]


def test_main_py_as_it_is_started() -> None:
    done = subprocess.run([sys.executable, "main.py", "train", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith(f"usage: {Path(sys.executable).name} main.py train ")
