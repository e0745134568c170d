"""The colours of answers: those of the best class, fading towards the background where the second is as good."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtGui import QColor

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.plane.colours import class_pixels, image_of, neuron_pixels


def rgb(name: str) -> Array:
    return np.array(theme.colour(name).getRgb()[:3], float)


def parts(pixels: Array) -> Array:
    """(k, 3) red, green and blue."""
    return np.array([QColor(int(pixel)).getRgb()[:3] for pixel in pixels], float)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_best_class_gives_the_colour_and_the_second_takes_its_strength(classes: int) -> None:
    sure, unsure, torn = np.zeros((3, classes), np.float32)
    sure[1], unsure[[1, 0]], torn[[1, 0]] = 1, (0.7, 0.3), 0.5
    found = parts(class_pixels(np.array([sure, unsure, torn]).T, in_steps=False))
    ground, ink = rgb("field"), rgb(theme.plane_classes(classes)[1])
    strength = [np.dot(colour - ground, ink - ground) / np.dot(ink - ground, ink - ground) for colour in found]
    assert strength == pytest.approx([0.62, 0.62 * 0.4, 0], abs=0.02)
    for colour, share in zip(found, strength, strict=True):
        np.testing.assert_allclose(colour, ground + share * (ink - ground), atol=1)  # and no other colour in it


def test_steps_are_as_strong_everywhere() -> None:
    answers = np.array([[0.51, 0.3, 1], [0.49, 0.7, 0]], np.float32)
    steps, shades = class_pixels(answers, in_steps=True), class_pixels(answers, in_steps=False)
    assert steps[0] == steps[2] == shades[2]
    assert steps[0] != steps[1]
    assert shades[0] != steps[0]


@pytest.mark.parametrize("value", [3e38, -3e38, 0.0])
def test_answers_of_any_size_have_a_colour(value: float) -> None:
    answers = np.full((3, 4), value, np.float32)
    answers[1] = -value
    assert (class_pixels(answers, in_steps=False) >= 0xFF000000).all()


def test_two_classes_take_the_ends_of_the_weights_colours_and_more_take_none_of_them() -> None:
    assert theme.plane_classes(2) == ["negative", "positive"]
    for count in (3, 4, 5, 6):
        colours = {theme.colour(name).name() for name in theme.plane_classes(count)}
        assert len(colours) == count
        assert not colours & {theme.colour(name).name() for name in ("negative", "positive", "train", "test")}


def test_a_neuron_is_drawn_from_minus_its_limit_to_its_limit() -> None:
    found = parts(neuron_pixels(np.array([-2, -9, 0, 2, 9], np.float32), 2.0))
    expected = [rgb("negative"), rgb("negative"), rgb("field"), rgb("positive"), rgb("positive")]
    np.testing.assert_allclose(found, expected, atol=1)
    half = parts(neuron_pixels(np.array([1], np.float32), 2.0))[0]
    np.testing.assert_allclose(half, (rgb("field") + rgb("positive")) / 2, atol=1.5)


def test_a_picture_has_its_pixels() -> None:
    pixels = np.array([[0xFF112233, 0xFF445566]], np.uint32)
    image = image_of(pixels)
    assert [image.pixel(x, 0) for x in (0, 1)] == pixels[0].tolist()
