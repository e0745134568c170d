"""Optional dependencies: how one is added to this installation of nnviz."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import distributions
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
# Packages of Debian are called python3-<package>, but for these; its Dask is too old.
_IN_DEBIAN = {"film": "ffmpeg", "dask": ""}


def install_advice(extra: str) -> str:
    """Returns how to add an extra ("sweep") to this installation, as a sentence without its full stop."""
    command = _install_command(extra)
    return f"Install it with: {command}" if command else f"It needs the wheel of nnviz, installed with [{extra}]"


def _install_command(extra: str) -> str:
    """Returns the command, as a shell reads it: pip for a checkout or an installed wheel, apt-get for Debian's package.

    The extra of an installed wheel is one of the distribution's name in ``pyproject.toml``. Empty if this installation
    cannot add the extra.
    """
    if getattr(sys, "frozen", False):
        return ""
    interpreter = sys.executable or "python"
    if _is_here() and Path(interpreter).is_relative_to(_ROOT):
        interpreter = os.path.relpath(interpreter, _ROOT)
    pip = [interpreter, "-m", "pip", "install"]
    if (_ROOT / "pyproject.toml").is_file() and (_ROOT / ".ci").is_dir():
        return shell_command([*pip, f"{'.' if _is_here() else _ROOT}[{extra}]"])
    distribution = _distribution()
    if distribution:
        return shell_command([*pip, f"{distribution}[{extra}]"])
    if shutil.which("apt-get"):
        packaged = _IN_DEBIAN.get(extra, f"python3-{_PACKAGES[extra].lower()}")
        return shell_command(["sudo", "apt-get", "install", packaged]) if packaged else ""
    return shell_command([*pip, _PACKAGES[extra]])


def _distribution() -> str:
    """Returns the name of the distribution that installed nnviz; empty if pip did not install it.

    Earlier versions, which may be left next to this one, were called nnviz, as another project on the index is.
    """
    ours = Path("nnviz", "__init__.py")
    names = [each.name for each in distributions(path=[str(_ROOT)]) if any(Path(f) == ours for f in each.files or ())]
    return next((name for name in names if name != "nnviz"), "")


def _is_here() -> bool:
    """Whether the current folder is that of the checkout; not if it was deleted."""
    try:
        return Path.cwd() == _ROOT
    except OSError:
        return False
