"""The folder of the project's assets: next to the packages in a checkout, inside ``engine`` if installed."""

from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
ASSETS = next((folder for folder in (_HERE / "assets", _HERE.parent / "assets") if folder.is_dir()), _HERE / "assets")
