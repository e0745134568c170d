"""Small data of every kind, as a person has them: by a registered name, or as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.datasets.data_setting import Value

LONG_NAMES = tuple(f"a class with a rather long name, number {number}" for number in range(16))


@dataclass(frozen=True)
class Kind:
    """Data of one kind, and what is to be seen of them.

    Attributes:
        make: writes files into a folder, if there are to be any, and returns the name or the path.
        settings: of the data.
        first: the first column as a person knows it; empty for a picture.
        sources: how many inputs have names in the diagram.
        target: the number that is predicted; empty for classes.
        outputs: the first class or target.
        part: the part by which a network is measured.
        disturbances: how many there are.
    """

    make: Callable[[Path], str]
    outputs: str
    settings: dict[str, Value] = field(default_factory=dict)
    first: str = ""
    sources: int = 0
    target: str = ""
    part: str = "test"
    disturbances: int = 2


def _many_classes(folder: Path) -> str:
    rng = np.random.default_rng(1)
    rows = [
        f'{rng.normal():.3f},{rng.normal():.3f},{"<b>red</b>" if rng.random() < 0.5 else "blue"},"{LONG_NAMES[n % 16]}"'
        for n in range(160)
    ]
    return _written(folder / "many.csv", ["width,height,colour,kind", *rows])


def _wide(folder: Path) -> str:
    rng = np.random.default_rng(2)
    head = [*(f"column {number}" for number in range(80)), "target"]
    rows = [
        ",".join([*(f"{value:.3f}" for value in rng.normal(size=80)), "yes" if n % 2 else "no"]) for n in range(160)
    ]
    return _written(folder / "wide.csv", [",".join(head), *rows])


def _written(path: Path, lines: list[str]) -> str:
    path.write_text("\n".join(lines))
    return str(path)


def _small_pictures(folder: Path) -> str:
    rng = np.random.default_rng(3)
    labels = np.arange(160) % 4
    pictures = rng.random((160, 8, 8)) * 0.3
    pictures[np.arange(160), labels, :] = 1
    path = folder / "small.npz"
    np.savez(path, x=pictures.astype(np.float32), y=labels)
    return str(path)


def _picture_folder(folder: Path) -> str:
    from PIL import Image

    rng = np.random.default_rng(4)
    for name in ("lines", "noise"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(70):
            pixels = rng.integers(0, 255, (12, 12)) if name == "noise" else np.tile(np.arange(12) % 2 * 255, (12, 1))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "pictures" / name / f"{number}.png")
    return str(folder / "pictures")


def _two_targets(folder: Path) -> str:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(160, 3)).astype(np.float32)
    path = folder / "two.npz"
    np.savez(path, x=x, y=np.stack([x.sum(axis=1), x[:, 0] * 10], axis=1))
    return str(path)


KINDS = {
    "mnist": Kind(lambda _: "mnist", "0", disturbances=6),
    "penguins": Kind(lambda _: "penguins", "Adelie", first="island", sources=10),
    "mpg": Kind(lambda _: "mpg", "mpg", first="cylinders", sources=9, target="mpg"),
    "spirals": Kind(lambda _: "spirals", "blue", {"points": 160}, first="x", sources=2),
    "sine": Kind(lambda _: "sine", "y", {"points": 150}, first="x", sources=1, target="y"),
    "many classes": Kind(_many_classes, min(LONG_NAMES), {"target": "kind"}, first="width", sources=4),
    "small pictures": Kind(_small_pictures, "0", disturbances=6),
    "folder of pictures": Kind(_picture_folder, "lines", {"side": 12}, disturbances=6),
    "no test part": Kind(lambda _: "penguins", "Adelie", {"test_share": 0.0}, first="island", sources=10, part="train"),
    "wide": Kind(_wide, "no", {"target": "target"}, first="column 0", sources=80),
    "two targets": Kind(_two_targets, "y 1", {"task": "regression"}, first="input 1", sources=3, target="y 1"),
}
