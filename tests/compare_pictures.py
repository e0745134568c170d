"""A comparison of two versions of the window, pixel by pixel: of a commit with another, or with the files as they are.

The older version trains a run of each kind of data, with fixed seeds. Both then open copies of the same library and
settings, so that no time that was measured differs. Of each scene that differs, the pictures of both versions and
their difference are kept in the folder that --out names.

python -m tests.compare_pictures THEN [NOW] [--data NAME ...] [--sizes WxH ...] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
# The data: pictures, a table, points in the plane, and a number to predict; and how long they are learned.
DATA: dict[str, tuple[str, ...]] = {
    "mnist": ("--train-examples", "2000", "--epochs", "3"),
    "penguins": ("--epochs", "20"),
    "spirals": ("--epochs", "40"),
    "mpg": ("--epochs", "20"),
}
SIZES = ("1440x900", "1280x720")
RATES = ("0.05", "0.1")  # learning rates of the runs of each data set; that with the last one is opened
LONGEST = 300  # seconds that a command may take on a busy machine


@dataclass(frozen=True)
class Difference:
    """Where two pictures differ.

    Attributes:
        words: how many pixels, and within which box (left, top, right, bottom).
        picture: the second picture in grey, with these pixels in red.
    """

    words: str
    picture: Image.Image


def difference(then: Image.Image, now: Image.Image) -> Difference | None:
    """Returns where two pictures differ; None if they are equal."""
    if then.size != now.size:
        return Difference(f"{then.size} pixels then, {now.size} now", now)
    differs = (np.asarray(then.convert("RGB")) != np.asarray(now.convert("RGB"))).any(axis=2)
    if not differs.any():
        return None
    marked = np.asarray(now.convert("L").convert("RGB")).copy()
    marked[differs] = 255, 0, 0
    box = Image.fromarray(differs).getbbox()
    return Difference(f"{differs.sum():,} pixels differ, within {box}", Image.fromarray(marked))


def unpack(commit: str, folder: Path) -> Path:
    """Writes the files of a commit into a new folder, and returns that."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    return folder


def run(version: Path, home: Path, *arguments: str | Path) -> None:
    """Runs Python in the folder of a version, with the library of ``home``. Raises CalledProcessError."""
    env = {**os.environ, "NNVIZ_LIBRARY": str(home / "library.sqlite"), "HOME": str(home)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        env[name] = str(home / name)
    command = [sys.executable, *map(str, arguments)]
    subprocess.run(command, cwd=version, env=env, check=True, capture_output=True, text=True, timeout=LONGEST)


def render(version: Path, home: Path, size: str, *file: Path) -> None:
    """Draws the scenes of a home into it; with the file of a run, opens that instead, for the next time."""
    run(version, home, ROOT / "tests" / "render_scenes.py", size, home, *file)


def prepare(version: Path, folder: Path, data: str) -> None:
    """Makes the home of a data set: a library with runs, and settings with which the window opens the last one."""
    home = folder / data
    home.mkdir()
    for rate in RATES:
        run(version, home, "main.py", "train", "--data", data, *DATA[data], "--learning-rate", rate)
    run(version, home, "main.py", "runs", "export", str(len(RATES)), home / "run")
    render(version, home, SIZES[0], home / "run" / "run.nnvizrun")


def compare(then: Path, now: Path, folder: Path, scenes: tuple[str, str]) -> Iterator[tuple[str, Difference | None]]:
    """Yields the name of each scene of a data set and a size, and where it differs."""
    data, size = scenes
    homes = [folder / f"{data}-{size}-{which}" for which in ("then", "now")]
    for version, home in zip((then, now), homes, strict=True):
        shutil.copytree(folder / data, home)
        render(version, home, size)
    for picture in sorted(homes[0].glob("*.png")):
        with Image.open(picture) as before, Image.open(homes[1] / picture.name) as after:
            yield f"{data}-{size}-{picture.stem}", difference(before, after)


def keep(out: Path, folder: Path, name: str, found: Difference) -> None:
    """Writes the pictures of a scene and their difference."""
    out.mkdir(parents=True, exist_ok=True)
    data, size, scene = name.split("-", 2)
    for which in ("then", "now"):
        shutil.copy(folder / f"{data}-{size}-{which}" / f"{scene}.png", out / f"{name}-{which}.png")
    found.picture.save(out / f"{name}-difference.png")


def main(argv: list[str] | None = None) -> int:
    """Prints a line for each scene. Returns the exit code: 0 if all are equal, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m tests.compare_pictures")
    parser.add_argument("then", metavar="THEN", help="a commit")
    parser.add_argument("now", metavar="NOW", nargs="?", help="a commit (without it: the files as they are)")
    parser.add_argument("--data", metavar="NAME", nargs="+", choices=DATA, default=list(DATA), help="some of the data")
    parser.add_argument("--sizes", metavar="WxH", nargs="+", default=SIZES, help="of the window, in pixels")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=Path("differences"), help="for what differs")
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = Path(name)
        then = unpack(wanted.then, folder / "of-then")
        now = unpack(wanted.now, folder / "of-now") if wanted.now else ROOT
        list(pool.map(partial(prepare, then, folder), wanted.data))
        scenes = itertools.product(wanted.data, wanted.sizes)
        counts = [0, 0]
        for some in pool.map(lambda each: list(compare(then, now, folder, each)), scenes):
            for scene, found in some:
                counts[found is not None] += 1
                print(f"{scene}: {found.words if found else 'equal'}", flush=True)
                if found:
                    keep(wanted.out, folder, scene, found)
    print(f"{counts[0]} scenes are equal, {counts[1]} differ" + (f"; see {wanted.out}" if counts[1] else ""))
    return int(counts[1] > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stderr}")
