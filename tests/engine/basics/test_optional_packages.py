"""How to add an optional dependency, for each way of installing nnviz."""

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


def install(root: Path, name: str, *files: str) -> None:
    """Writes files and the records of a distribution, as pip does."""
    for file in files:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).touch()
    folder = root / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_in_a_checkout_it_installs_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "pyproject.toml").touch()
    (root / ".ci").mkdir()
    assert install_advice("onnx") == f"Install it with: {root}/.venv/bin/python -m pip install '{root}[onnx]'"
    monkeypatch.chdir(root)
    assert install_advice("onnx") == "Install it with: .venv/bin/python -m pip install '.[onnx]'"


def test_of_a_wheel_it_installs_the_extra_of_the_distribution(root: Path) -> None:
    install(root, "another", "another/__init__.py")
    install(root, "nnviz", "nnviz/__init__.py")  # an earlier version
    install(root, "some-name", "engine/__init__.py", "nnviz/__init__.py")
    assert install_advice("tsne") == f"Install it with: {root}/.venv/bin/python -m pip install 'some-name[tsne]'"


def test_of_a_package_of_debian_it_installs_debians(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert install_advice("tsne") == "Install it with: sudo apt-get install python3-opentsne"
    assert install_advice("film") == "Install it with: sudo apt-get install ffmpeg"
    assert install_advice("dask") == "It needs the wheel of nnviz, installed with [dask]"


def test_of_other_copies_it_installs_the_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert install_advice("tsne") == f"Install it with: {root}/.venv/bin/python -m pip install openTSNE"


def test_without_a_python_of_its_own_it_names_the_wheel(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert install_advice("sweep") == "It needs the wheel of nnviz, installed with [sweep]"
