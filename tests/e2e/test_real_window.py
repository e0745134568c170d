"""The program as a person meets it: started, trained, drawn for and closed, on a real (virtual) screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.program import Box, Point, Program, places, until

pytestmark = pytest.mark.e2e

# Complaints that a clean end must not leave on the terminal.
COMPLAINTS = ("Traceback", "QThread", "QObject", "QTimer", "QBasicTimer", "core dumped")
SEVEN = ((0.25, 0.2), (0.75, 0.2), (0.65, 0.45), (0.45, 0.85))


def test_train_draw_and_quit_without_saving(program: Program, tmp_path: Path) -> None:
    """The library keeps what was trained, so nothing is asked."""
    window = program.wait_for_window("nnviz")
    program.focus(window)

    program.key("space")
    program.wait_for_title(window, r"untitled.*epoch \d+ of \d+")

    canvas = places(program.box(window)[2:], tmp_path / "twin")["drawCanvas"]
    draw(program, window, canvas)

    program.close(window)
    closed = time.monotonic()

    assert program.exit_code(seconds=1) == 0
    assert time.monotonic() - closed < 1
    assert not [word for word in COMPLAINTS if word in program.output()], program.output()


def draw(program: Program, window: str, canvas: Box) -> None:
    """Draws a seven, and sees its strokes."""
    on_screen = shifted(canvas, by=program.box(window))
    before = program.screen.pixels(on_screen)
    program.drag(window, smooth(within(canvas, SEVEN)))
    until(lambda: ink(before, program.screen.pixels(on_screen)) > 0.01, "strokes on the canvas")


def ink(before: np.ndarray, after: np.ndarray) -> float:
    """The part of the pixels that have changed a lot."""
    change = np.abs(after.astype(int) - before.astype(int)).max(axis=2)
    return float((change > 60).mean())


def within(box: Box, points: Sequence[tuple[float, float]]) -> list[Point]:
    left, top, width, height = box
    return [(round(left + x * width), round(top + y * height)) for x, y in points]


def smooth(corners: Sequence[Point], steps: int = 12) -> list[Point]:
    """As many points between two corners as a moving hand makes."""
    share = np.linspace(0, len(corners) - 1, steps * (len(corners) - 1) + 1)
    x, y = (np.interp(share, range(len(corners)), values) for values in np.transpose(corners))
    return [(round(a), round(b)) for a, b in zip(x, y, strict=True)]


def shifted(box: Box, by: Box) -> Box:
    return box[0] + by[0], box[1] + by[1], box[2], box[3]
