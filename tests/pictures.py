"""Makes the README's pictures of the window and its film, in assets/pictures. Look at them before they go in.

Those of Fashion-MNIST need its files: the Debian package dataset-fashion-mnist, or what was downloaded before.

python -m tests.pictures
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.basics.assets_folder import ASSETS

ROOT = ASSETS.parent
FOLDER = ASSETS / "pictures"
TRAINED = ("--epochs", "20", "--draw")
TRIALS = ("--workspace", "runs", "--draw", "--epochs", "2", "--sweep", "1")
PICTURES: dict[str, tuple[str, ...]] = {
    "window-dark.png": ("--theme", "dark", *TRAINED),
    "window-light.png": ("--theme", "light", *TRAINED),
    "inside-dark.png": ("--workspace", "inside", "--theme", "dark", *TRAINED),
    "inside-light.png": ("--workspace", "inside", "--theme", "light", *TRAINED),
    "hint-dark.png": ("--workspace", "train", "--theme", "dark", *TRAINED, "--hints"),
    "hint-light.png": ("--workspace", "train", "--theme", "light", *TRAINED, "--hints"),
    "plane-dark.png": ("--theme", "dark", "--data", "spirals", "--epochs", "200"),
    "plane-light.png": ("--theme", "light", "--data", "spirals", "--epochs", "200"),
    "table-dark.png": ("--theme", "dark", "--data", "mpg", "--epochs", "40"),
    "table-light.png": ("--theme", "light", "--data", "mpg", "--epochs", "40"),
    "fashion-dark.png": ("--theme", "dark", "--data", "fashion-mnist", "--epochs", "10"),
    "fashion-light.png": ("--theme", "light", "--data", "fashion-mnist", "--epochs", "10"),
    "timeline-dark.png": ("--theme", "dark", *TRAINED, "--at", "3"),
    "timeline-light.png": ("--theme", "light", *TRAINED, "--at", "3"),
    "beside-dark.png": ("--workspace", "inside", "--theme", "dark", *TRAINED, "--at", "3", "--side-by-side"),
    "beside-light.png": ("--workspace", "inside", "--theme", "light", *TRAINED, "--at", "3", "--side-by-side"),
    "runs-dark.png": ("--workspace", "runs", "--theme", "dark", "--draw", "--epochs", "1", "--compare", "2,7,12"),
    "runs-light.png": ("--workspace", "runs", "--theme", "light", "--draw", "--epochs", "1", "--compare", "2,7,12"),
    "sweep-dark.png": (*TRIALS, "--theme", "dark", "--view", "dots"),
    "sweep-light.png": (*TRIALS, "--theme", "light", "--view", "dots"),
    "sweep-parallel-dark.png": (*TRIALS, "--theme", "dark", "--view", "parallel"),
    "sweep-parallel-light.png": (*TRIALS, "--theme", "light", "--view", "parallel"),
    "sweep-best-dark.png": (*TRIALS, "--theme", "dark", "--view", "best"),
    "sweep-best-light.png": (*TRIALS, "--theme", "light", "--view", "best"),
    "lesson-dark.png": ("--theme", "dark", "--lesson", "assets/lessons/2-rate-too-large.md", "--step", "2", "--draw"),
    "lesson-light.png": ("--theme", "light", "--lesson", "assets/lessons/2-rate-too-large.md", "--step", "2", "--draw"),
    "window-1280x720.png": ("--theme", "dark", "--size", "1280x720", *TRAINED),
    "window-200-percent.png": ("--theme", "light", *TRAINED),
    "window-training.png": ("--theme", "dark", "--epochs", "12", "--of", "20", "--draw"),
}
SCALED = {"window-200-percent.png": "2"}


# What the library of the pictures of Runs holds: each a training of ten epochs.
RUNS: tuple[tuple[str, ...], ...] = (
    ("--learning-rate", "0.05"),
    ("--learning-rate", "0.2", "--seeds", "5"),
    ("--optimizer", "adamw", "--learning-rate", "0.002", "--seeds", "5"),
    ("--hidden", "128", "--learning-rate", "0.2", "--seeds", "5"),
    ("--hidden", "32", "--activation", "sigmoid", "--learning-rate", "0.5"),
    ("--preset", "Ancestor 2015"),
)
# What that of the pictures of Trials holds: one sweep.
SWEEP = (
    *("--epochs", "2", "--vary", "learning-rate=log:0.005..2", "--vary", "hidden=32,64,128,64-32"),
    *("--vary", "dropout=0..0.5", "--runs", "60"),
)
FILM = "weights.webp"
FILM_SECONDS, FILM_SIZE = 5, (1000, 620)


def make(file: Path, *options: str, scale: str = "1", library: Path | None = None) -> None:
    """A picture of the window, as a PNG; the options are those of the screenshot command."""
    env = {**os.environ, "QT_SCALE_FACTOR": scale}
    if library is not None:
        env["NNVIZ_LIBRARY"] = str(library)
    subprocess.run([sys.executable, "main.py", "screenshot", str(file), *options], cwd=ROOT, env=env, check=True)


def fill(library: Path, *options: str) -> None:
    """Has a command train runs that pictures show."""
    env = {**os.environ, "NNVIZ_LIBRARY": str(library)}
    subprocess.run([sys.executable, "main.py", *options], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


def make_film(path: Path) -> None:
    """The first layer's weights over a training."""
    from tests.benchmarks.film import film_of_weights

    film_of_weights(path, FILM_SECONDS, FILM_SIZE)


def main() -> None:
    """All of them, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        library, swept = Path(folder, "library.sqlite"), Path(folder, "swept.sqlite")
        for options in RUNS:
            fill(library, "train", "--epochs", "10", *options)
        fill(swept, "sweep", *SWEEP)
        for name, options in PICTURES.items():
            make(
                FOLDER / name, *options, scale=SCALED.get(name, "1"), library=swept if "--sweep" in options else library
            )
            print(f"{name}: {(FOLDER / name).stat().st_size / 1000:.0f} kB")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    make_film(FOLDER / FILM)
    print(f"{FILM}: {(FOLDER / FILM).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
