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
    good, bad, broken = (tmp_path / f"{name}.md" for name in ("good", "bad", "bro\x1bken"))
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
    assert third.startswith("bro\\x1bken.md, line 1: the front matter is missing")


_STEP = """## A {#a}
```do
set hidden = 8; epochs = 3; seed = 1
new
%s
```
```goal
%s
```
```solution
%s
```
"""


def test_check_finds_what_a_pupil_cannot_do_and_always_ends(tmp_path: Path) -> None:
    again = "set batch-size = 500\nnew\ntrain 1 epoch"
    steps = {
        "reset": ("lock all except train, batch-size", "batch-size = 500", f"train 1 epoch\n{again}"),
        "field": ("lock all except train, reset", "shift = 2 and loss < 2.3", "set shift = 2\ntrain 1 epoch"),
        "train": ("lock all", "epoch >= 1", "train 1 epoch"),
        "new": ("lock all except train, hidden", "hidden = 9 and epoch >= 1", "set hidden = 9\nnew\ntrain 1 epoch"),
        "epoch": ("goto 300", "drawn", "draw test 0"),
        "untrained": ("lock all except train, batch-size", "batch-size = 500 and epoch >= 1", again),
        "table": ("data xor", "epoch >= 1", "draw image.png"),
        "long": ("live", "epoch >= 900", "train 900 epochs"),
    }
    (tmp_path / "image.png").write_bytes(b"x")
    for name, step in steps.items():
        front = f"---\nlesson: 1\nid: {name}\ntitle: A lesson\nlanguage: en\n---\n"
        (tmp_path / f"{name}.md").write_text(front + _STEP % step, encoding="utf-8")
    done = run("lesson", "check", *(str(tmp_path / f"{name}.md") for name in steps), "--limit", "15")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    found = {name: [line for line in done.stdout.splitlines() if line.startswith(f"{name}.md")] for name in steps}
    for name in ("new", "untrained"):  # training makes the new network, or there is one
        assert found[name] == [f"{name}.md: nothing is wrong"]
    for name, problem in {
        "reset": "line 19, step “a”: a pupil cannot do “new”: the lesson locks “reset”. Unlock it.",
        "field": "a pupil cannot do “set shift = 2”: the lesson locks “shift”. Unlock it.",
        "train": "the lesson locks “train”, “step-epoch”, “step-batch”. Unlock one of them.",
        "epoch": "line 11, step “a”: “goto 300” leads beyond the 0 epochs that are trained.",
        "table": "“draw image.png”: image.png: these data are no images.",
        "long": "line 17, step “a”: “train 900 epochs” did not end within 15 s.",
    }.items():
        assert problem in found[name][0], found[name]


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
