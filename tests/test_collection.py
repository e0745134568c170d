"""The test command itself: one can look into a test. pytest-xdist checks that all processes collect the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.conftest import pytest_xdist_auto_num_workers

ROOT = Path(__file__).parents[1]


def run_pytest(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Another pytest in the checkout, with this one's plugins and settings."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=outside, input=typed, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_one_can_look_into_a_test() -> None:
    result = run_pytest("--trace", "tests/engine/basics/test_registry.py", typed="continue\n" * 50)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "workers" not in result.stdout
    assert "(Pdb)" in result.stdout


def test_options_that_look_into_a_test_keep_it_in_this_process() -> None:
    """xdist itself knows --pdb."""
    cores = os.cpu_count() or 1
    for trace, capture, processes in ((False, "fd", cores + 1), (True, "fd", 0), (False, "no", 0)):
        given = SimpleNamespace(option=SimpleNamespace(trace=trace, capture=capture))
        assert pytest_xdist_auto_num_workers(cast(pytest.Config, given)) == processes
