"""The program as a person meets it on a real (virtual) screen: settings, drawn digits, a training, a quick end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nnviz.window.bundled_networks import bundled_networks
from tests.e2e.program import Box, Point, Program, Screen, twin_of, until

pytestmark = pytest.mark.e2e

# Complaints that a clean end must not leave on the terminal.
COMPLAINTS = ("Traceback", "QThread", "QObject", "QTimer", "QBasicTimer", "core dumped")
# Strokes as people write them, in a box of 1 × 1.
STROKES = {
    7: [[(0.25, 0.2), (0.75, 0.2), (0.65, 0.45), (0.45, 0.85)]],
    2: [[(0.3, 0.3), (0.4, 0.18), (0.6, 0.18), (0.7, 0.32), (0.62, 0.5), (0.3, 0.8), (0.72, 0.8)]],
    4: [[(0.35, 0.2), (0.28, 0.52), (0.7, 0.52)], [(0.64, 0.2), (0.6, 0.85)]],
    0: [[(0.5, 0.18), (0.32, 0.32), (0.3, 0.62), (0.48, 0.82), (0.66, 0.64), (0.68, 0.34), (0.5, 0.18)]],
}


def test_settings_unfold_drawn_digits_are_read_and_a_training_is_quit_without_saving(
    program: Program, screen: Screen, tmp_path: Path
) -> None:
    """By the best shipped network. The library keeps what was trained, so nothing is asked."""
    window = program.wait_for_window("nnviz")
    program.focus(window)
    program.resize(window, screen.size)  # so high that nothing has to be scrolled
    here = program.box(window)
    place, looks = twin_of(here[2:], tmp_path / "twin")
    canvas = square(place["drawCanvas"])
    expect_more(program, window, place)
    open_shipped(program, window, "best")

    label = shifted(place["answer"], by=here)
    for digit, strokes in STROKES.items():
        draw(program, window, canvas, strokes)
        until(lambda digit=digit: answer(program, label, looks) == digit, f"the answer {digit}")
        program.key("ctrl+Delete")
        until(lambda: answer(program, label, looks) is None, "an empty canvas")

    open_shipped(program, window, "small")
    program.key("space")
    program.wait_for_title(window, r"epoch \d+ of \d+")
    before = screen.pixels(shifted(canvas, by=here))
    draw(program, window, canvas, STROKES[7])
    until(lambda: ink(before, screen.pixels(shifted(canvas, by=here))) > 0.01, "strokes on the canvas")
    program.close(window)

    assert program.exit_code(seconds=5) == 0
    assert not [word for word in COMPLAINTS if word in program.output()], program.output()


def open_shipped(program: Program, window: str, name: str) -> None:
    """By the keys of Network → Shipped networks → its number."""
    number, wanted = next(
        (number, network) for number, network in enumerate(bundled_networks(), 1) if network.path.stem == name
    )
    program.key("alt+n", "s", str(number))
    program.wait_for_title(window, "^" + re.escape(wanted.title))


def draw(program: Program, window: str, canvas: Box, strokes: Sequence[Sequence[tuple[float, float]]]) -> None:
    for stroke in strokes:
        program.drag(window, smooth(within(canvas, stroke)))


def square(box: Box) -> Box:
    """The middle of it."""
    left, top, width, height = box
    side = min(width, height)
    return left + (width - side) // 2, top + (height - side) // 2, side, side


def expect_more(program: Program, window: str, place: dict[str, Box]) -> None:
    """A click on the button of the further settings shows them in place of the others; Esc leads back."""
    more, layer = place["moreButton"], place["layer1Edit"]
    on_screen = shifted(layer, by=program.box(window))
    before = program.screen.pixels(on_screen)
    program.click(window, (more[0] + more[2] // 2, more[1] + more[3] // 2))
    until(lambda: ink(before, program.screen.pixels(on_screen)) > 0.01, "other settings in its place")
    program.key("Escape")
    until(lambda: ink(before, program.screen.pixels(on_screen)) < 0.001, "it where it was")


def answer(program: Program, label: Box, looks: np.ndarray) -> int | None:
    """The digit that the large answer on the screen looks like; None where there is none."""
    seen = program.screen.pixels(label).astype(int)
    nearest = int(np.abs(looks.astype(int) - seen).mean(axis=(1, 2, 3)).argmin())
    return nearest if nearest < 10 else None


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
