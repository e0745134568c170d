"""The test command itself: what is collected is the same in each process, and one can look into a test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run_pytest(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Another pytest in the checkout, with this one's plugins and settings."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=ROOT, env={**outside, **environment}, input=typed, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
def test_every_process_collects_the_same_tests() -> None:
    """pytest-xdist demands it. Hashes, and the second in which it is collected, must not show in a name."""
    collected = []
    for seed in ("1", "2"):
        second = int(time.time())
        result = run_pytest("--collect-only", "-q", "-n", "0", PYTHONHASHSEED=seed)
        assert result.returncode == 0, result.stdout[-2000:]
        collected.append([line for line in result.stdout.splitlines() if "::" in line])
        assert int(time.time()) > second, "the next one begins in another second"
    first, other = collected
    assert len(first) > 1000
    assert first == other


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--pdb", "--trace", "-s"])
def test_one_can_look_into_a_test(option: str) -> None:
    result = run_pytest(option, "tests/engine/test_registry.py", typed="continue\n" * 50)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "workers" not in result.stdout
    assert ("(Pdb)" in result.stdout) == (option == "--trace")
