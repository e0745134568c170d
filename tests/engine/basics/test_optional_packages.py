"""The advice how to add an optional dependency, for each way of installing nnviz."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from engine.basics import optional_packages
from engine.basics.optional_packages import install_advice


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nnviz and its interpreter are."""
    monkeypatch.setattr(optional_packages, "_ROOT", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.chdir("/")
    return tmp_path


def installed_as(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Makes these the distributions that the package nnviz comes from."""
    known = {"nnviz": list(names)} if names else {}
    monkeypatch.setattr(optional_packages, "packages_distributions", lambda: known)


def test_in_a_checkout_it_installs_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "pyproject.toml").touch()
    (root / ".ci").mkdir()
    assert install_advice("onnx") == f"Install it with: {root}/.venv/bin/python -m pip install '{root}[onnx]'"
    monkeypatch.chdir(root)
    assert install_advice("onnx") == "Install it with: .venv/bin/python -m pip install '.[onnx]'"


def test_of_a_wheel_it_installs_the_extra_of_the_distribution(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_as(monkeypatch, "some-name")
    assert install_advice("tsne") == f"Install it with: {root}/.venv/bin/python -m pip install 'some-name[tsne]'"


def test_of_a_package_of_debian_it_installs_debians(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_as(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert install_advice("tsne") == "Install it with: sudo apt-get install python3-opentsne"
    assert install_advice("dask") == "It needs the wheel of nnviz, installed with [dask]"


def test_of_other_copies_it_installs_the_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_as(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert install_advice("tsne") == f"Install it with: {root}/.venv/bin/python -m pip install openTSNE"


def test_without_a_python_of_its_own_it_names_the_wheel(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert install_advice("sweep") == "It needs the wheel of nnviz, installed with [sweep]"
