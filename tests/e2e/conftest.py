"""A screen and the program on it, for each test its own."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.program import CHECKOUT, Program, Screen

PICTURES = Path(__file__).parent / "pictures"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--program", help="the command that starts an installed nnviz (default: main.py of the checkout)")


@pytest.fixture
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    require("Xvfb", "xdotool")
    screen = Screen(tmp_path_factory.mktemp("screen"))
    yield screen
    screen.close()


@pytest.fixture
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    """The command that starts the program."""
    given = request.config.getoption("--program", None)
    return shlex.split(given) if given else CHECKOUT


@pytest.fixture
def program(
    screen: Screen, command: Sequence[str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Program]:
    program = Program(screen, tmp_path, command)
    yield program
    if program.process.poll() is None:  # the test failed: leave a picture of what it saw
        screen.save(PICTURES / f"{request.node.name}.png")
        print(program.output())
    program.kill()


def require(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if not missing:
        return
    reason = f"{', '.join(missing)} not found; .ci/setup test installs them"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
