"""``lesson``: checks and names, without a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nnviz.commands.programs import ROOT
from tests.nnviz.window.lesson.test_lessons import LESSON


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "main.py", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_check_plays_a_lesson_and_names_what_is_wrong(tmp_path: Path) -> None:
    good, bad, broken = (tmp_path / f"{name}.md" for name in ("good", "bad", "broken"))
    good.write_text(LESSON, encoding="utf-8")
    wrong = LESSON.replace("epoch >= 2", "epoch >= 0").replace("epoch >= 1", "epoch >= 9")
    bad.write_text(wrong, encoding="utf-8")
    broken.write_text("no lesson", encoding="utf-8")

    done = run("lesson", "check", str(good))
    assert (done.returncode, done.stdout) == (0, "good.md: nothing is wrong\n"), done.stderr

    done = run("lesson", "check", str(bad), str(broken))
    assert done.returncode == 2
    first, second, third = done.stdout.splitlines()
    assert first.startswith("bad.md, line 9, step “start”: “Epochs trained at least 0” is met when the step opens")
    assert "step “larger”: “Learning rate 2 and epochs trained at least 9” is not met after the solution" in second
    assert third.startswith("broken.md, line 1: the front matter is missing")


def test_a_lesson_of_an_earlier_version_plays() -> None:
    """The other lessons of ``tests/frozen`` are checked by ``.ci/run``: they take a minute."""
    done = run("lesson", "check", "tests/frozen/version0_30/lessons/goals-of-all-kinds.md")
    assert (done.returncode, done.stdout) == (0, "goals-of-all-kinds.md: nothing is wrong\n"), done.stderr


def test_names_and_wrong_words(tmp_path: Path) -> None:
    done = run("lesson", "--names")
    assert done.returncode == 0
    for word in ("train N epochs", "mistake-shown(true, predicted)", "mnist", "learning-rate", "curves"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [((), "a file is missing"), (("check",), "a file is missing"), (("missing.md",), "there is no such file")],
)
def test_a_missing_file_is_an_error(words: tuple[str, ...], problem: str) -> None:
    done = run("lesson", *words)
    assert done.returncode == 2
    assert problem in done.stderr


def test_without_a_display_a_lesson_is_not_opened_and_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = tmp_path / "good.md"
    lesson.write_text(LESSON, encoding="utf-8")
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    done = run("lesson", str(lesson))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "display" in done.stderr
