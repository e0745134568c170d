"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nobodys_settings(new_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own that is not there yet: hardly a test of the engine writes into one."""
    home = next(new_homes)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(home / name.lower()))
    monkeypatch.setenv("NNVIZ_LIBRARY", str(home / "library" / "library.sqlite"))  # processes that are started get it
