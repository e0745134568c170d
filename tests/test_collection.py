"""The test command itself: one can look into a test. pytest-xdist checks that all processes collect the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run_pytest(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Another pytest in the checkout, with this one's plugins and settings."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=outside, input=typed, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--pdb", "--trace", "-s"])
def test_one_can_look_into_a_test(option: str) -> None:
    result = run_pytest(option, "tests/engine/basics/test_registry.py", typed="continue\n" * 50)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "workers" not in result.stdout
    assert ("(Pdb)" in result.stdout) == (option == "--trace")
