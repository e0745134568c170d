"""Exported scripts, run as on the command line."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from pathlib import Path

import pytest


def run_apart(script: Path, folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a script in a process of its own: no warning is let pass, and nothing of this project is found."""
    command = [sys.executable, "-I", "-W", "error", str(script), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stderr
    return done


def run_here(script: Path, folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a script in this process, where the engine cannot be imported meanwhile: a hundred times as quick."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(sys.modules, "engine", None)
        patch.setattr(sys, "argv", [str(script), *arguments])
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        ended: object = None
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as end:
            ended = end.code
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    assert (ended or 0) == code, err
    return subprocess.CompletedProcess(sys.argv, code, out, err)
