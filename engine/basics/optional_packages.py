"""Optional dependencies: the command that installs one for the Python that runs nnviz."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.basics.cli_option_names import shell_command

_ROOT = Path(__file__).resolve().parents[2]
# The extras of pyproject.toml that a user may need, and their packages on the index.
_PACKAGES = {
    "dask": "distributed",
    "download": "pooch",
    "film": "imageio-ffmpeg",
    "onnx": "onnx",
    "sweep": "optuna",
    "tsne": "openTSNE",
}


def install_command(extra: str) -> str:
    """Returns the command, as a shell reads it, that installs an extra ("sweep") with the interpreter in use.

    In a checkout this is the extra itself (``.venv/bin/python -m pip install '.[sweep]'``), else its package. The name
    nnviz on the package index belongs to another project, so the command never names it.
    """
    wanted = _PACKAGES[extra]
    if (_ROOT / "pyproject.toml").is_file() and (_ROOT / ".ci").is_dir():
        wanted = f"{'.' if _is_here() else _ROOT}[{extra}]"
    interpreter = sys.executable or "python"
    if _is_here() and Path(interpreter).is_relative_to(_ROOT):
        interpreter = os.path.relpath(interpreter, _ROOT)
    return shell_command([interpreter, "-m", "pip", "install", wanted])


def _is_here() -> bool:
    """Whether the current folder is that of the checkout; not if it was deleted."""
    try:
        return Path.cwd() == _ROOT
    except OSError:
        return False
