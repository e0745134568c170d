"""The files that nnviz keeps for a user: where settings, runs and other files are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from engine.datasets.download import cache_folder
from nnviz.library.location import library_path
from nnviz.session.user_example_store import user_examples_folder

SETTINGS = "Settings and presets"


def settings_file() -> Path:
    """Returns the path of the user's settings file, in the system's folder for settings."""
    home = os.path.expanduser("~")
    folder = os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME", "")
    return Path(folder if os.path.isabs(folder) else os.path.join(home, ".config"), "nnviz", "settings.json")


def log_file() -> Path:
    """Returns the path of the file to which errors are logged."""
    return platformdirs.user_data_path("nnviz", appauthor=False) / "nnviz.log"


def user_files() -> dict[str, Path]:
    """Returns the files and folders by what they hold. They need not exist."""
    return {
        SETTINGS: settings_file(),
        "Recorded runs": library_path(),
        "Your examples": user_examples_folder(),
        "Downloaded data": cache_folder(),
        "Log of errors": log_file(),
        "Program": Path(__file__).resolve().parents[2],
    }


def unkept_files() -> dict[str, Path]:
    """Returns those files and folders that nnviz cannot write, so their content is lost when it ends."""
    files = user_files()
    del files["Program"]
    return {what: path for what, path in files.items() if not _may_be_written(path)}


def _may_be_written(path: Path) -> bool:
    """Whether a file can be made in that folder, or in the nearest folder above the path that exists."""
    try:
        there = next((each for each in (path, *path.parents) if each.is_dir()), None)
        if there is None:
            return False
        with tempfile.TemporaryFile(dir=there):
            return True
    except OSError:
        return False
