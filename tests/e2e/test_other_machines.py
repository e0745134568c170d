"""The program where less is there than at home: no rights, no OpenGL, other languages. It starts, and it trains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import require
from tests.e2e.program import CHECKOUT, ROOT, Program, Screen

pytestmark = pytest.mark.e2e

Start = Callable[..., Program]


@pytest.fixture
def start(command: Sequence[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts the program on a screen of its own, with options of the X server and variables of the environment."""
    require("Xvfb", "xdotool")
    screens, programs = [], []

    def start(*options: str, other: Sequence[str] = (), **variables: str) -> Program:
        screens.append(Screen(tmp_path_factory.mktemp("screen"), *options))
        programs.append(Program(screens[-1], tmp_path, other or command, **variables))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()
    for screen in screens:
        screen.close()


def expect_training(program: Program) -> None:
    """The window opens, Space trains, and a signal ends the program without a complaint."""
    window = program.wait_for_window("nnviz")
    program.focus(window)
    program.key("space")
    program.wait_for_title(window, r"epoch \d+ of \d+")
    program.process.terminate()
    assert program.exit_code(seconds=10) == 0
    assert "Traceback" not in program.output(), program.output()


def test_without_opengl_and_without_the_render_extension(start: Start) -> None:
    expect_training(start("-extension", "GLX", "-extension", "RENDER"))


@pytest.mark.parametrize("language", ["de_DE.UTF-8", "ar_EG.UTF-8"])
def test_in_languages_with_a_decimal_comma_or_from_right_to_left(start: Start, language: str) -> None:
    """It starts and trains; what fields accept does not depend on the language."""
    expect_training(start(LANG=language, LC_ALL=language))


def test_without_rights_to_its_own_folder_and_to_that_of_the_user(
    start: Start, command: Sequence[str], tmp_path: Path
) -> None:
    """Neither settings nor runs can be kept; the network is trained. Copies the checkout to a folder without rights."""
    if command != CHECKOUT:
        pytest.skip("an installed program is where it is")
    program, home = tmp_path / "program", tmp_path / "home"
    for name in ("engine", "nnviz", "assets"):
        shutil.copytree(ROOT / name, program / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "main.py", program)
    for folder in (program, *(each for each in program.rglob("*") if each.is_dir())):
        folder.chmod(0o555)
    home.mkdir(mode=0)
    other = [CHECKOUT[0], str(program / "main.py")]
    if os.geteuid() == 0:  # who may do everything, unless these rights are given up
        os.chown(home, 65534, 65534)
        other = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *other]
    variables = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    there = start(other=other, HOME=str(home), **variables)
    expect_training(there)
    assert "Permission denied" in there.output()
    assert not list(program.rglob("__pycache__"))
