"""Settings unfolded and digits drawn with the mouse on a real (virtual) screen, read by the best shipped network."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nnviz.window.bundled_networks import bundled_networks
from tests.e2e.program import Box, Program, Screen, looks_of_answers, places, until
from tests.e2e.test_real_window import COMPLAINTS, ink, shifted, smooth, within

pytestmark = pytest.mark.e2e

# Strokes as people write them, in a box of 1 × 1.
STROKES = {
    7: [[(0.25, 0.2), (0.75, 0.2), (0.65, 0.45), (0.45, 0.85)]],
    2: [[(0.3, 0.3), (0.4, 0.18), (0.6, 0.18), (0.7, 0.32), (0.62, 0.5), (0.3, 0.8), (0.72, 0.8)]],
    4: [[(0.35, 0.2), (0.28, 0.52), (0.7, 0.52)], [(0.64, 0.2), (0.6, 0.85)]],
    0: [[(0.5, 0.18), (0.32, 0.32), (0.3, 0.62), (0.48, 0.82), (0.66, 0.64), (0.68, 0.34), (0.5, 0.18)]],
}


def test_a_group_of_settings_unfolds_and_the_best_network_reads_what_is_drawn(
    program: Program, screen: Screen, tmp_path: Path
) -> None:
    window = program.wait_for_window("nnviz")
    program.focus(window)
    program.resize(window, screen.size)  # so high that nothing has to be scrolled
    here = program.box(window)
    place = places(here[2:], tmp_path / "twin")
    expect_unfolding(program, window, place)
    best = next(network for network in bundled_networks() if network.path.stem == "best")
    number = bundled_networks().index(best) + 1
    program.key("alt+n", "s", str(number))  # Network → Shipped networks → its number
    program.wait_for_title(window, "^" + re.escape(best.title))

    label = shifted(place["answerLabel"], by=here)
    looks = looks_of_answers(here[2:], tmp_path / "twin")
    for digit, strokes in STROKES.items():
        for stroke in strokes:
            program.drag(window, smooth(within(square(place["drawCanvas"]), stroke)))
        until(lambda digit=digit: answer(program, label, looks) == digit, f"the answer {digit}")
        program.key("ctrl+Delete")
        until(lambda: answer(program, label, looks) is None, "an empty canvas")
    program.close(window)
    assert program.exit_code(seconds=1) == 0, "nothing is asked where nothing was learned"
    assert not [word for word in COMPLAINTS if word in program.output()], program.output()


def square(box: Box) -> Box:
    """The middle of it."""
    left, top, width, height = box
    side = min(width, height)
    return left + (width - side) // 2, top + (height - side) // 2, side, side


def expect_unfolding(program: Program, window: str, place: dict[str, Box]) -> None:
    """A click on the head of a group of settings moves what comes after it; another one moves it back."""
    head, below = place["optimizerGroupButton"], place["initialisationGroupButton"]  # where no tooltip reaches
    on_screen = shifted(below, by=program.box(window))
    at = (head[0] + head[2] // 2, head[1] + head[3] // 2)
    before = program.screen.pixels(on_screen)
    program.click(window, at)
    until(lambda: ink(before, program.screen.pixels(on_screen)) > 0.01, "what comes after it further down")
    program.click(window, at)
    until(lambda: ink(before, program.screen.pixels(on_screen)) < 0.001, "it where it was")


def answer(program: Program, label: Box, looks: np.ndarray) -> int | None:
    """The digit that the large answer on the screen looks like; None where there is none."""
    seen = program.screen.pixels(label).astype(int)
    if np.abs(seen - seen[0, 0]).max() < 60:
        return None
    return int(np.abs(looks.astype(int) - seen).mean(axis=(1, 2, 3)).argmin())
