"""The command that installs an optional dependency."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.basics import optional_packages
from engine.basics.optional_packages import install_command


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nnviz and its interpreter are."""
    monkeypatch.setattr(optional_packages, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    return tmp_path


def test_in_a_checkout_it_installs_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "pyproject.toml").touch()
    (root / ".ci").mkdir()
    monkeypatch.chdir(root)
    assert install_command("onnx") == ".venv/bin/python -m pip install '.[onnx]'"
    monkeypatch.chdir("/")
    assert install_command("onnx") == f"{root}/.venv/bin/python -m pip install '{root}[onnx]'"


def test_elsewhere_it_installs_the_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert install_command("tsne") == f"{root}/.venv/bin/python -m pip install openTSNE"
