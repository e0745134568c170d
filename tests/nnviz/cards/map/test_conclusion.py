"""Tests of the conclusions of the map on stored figures."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.explain.predictions import ClassPredictions
from nnviz.cards.map.conclusion import class_sentences, number_sentences
from nnviz.cards.map.model import MapModel
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.cards.map.test_card import SHOWN, page_of, placed
from tests.nnviz.helpers import train_epochs

NAMES = ("Adelie", "Chinstrap", "Gentoo")


def sentences(neighbours: list[list[int]], confusion: list[list[int]] | None = None, is_sample: bool = False) -> str:
    """The sentences about three classes."""
    right = np.diag(np.sum(neighbours, axis=1))
    found = class_sentences(np.array(neighbours), right if confusion is None else np.array(confusion), NAMES, is_sample)
    assert found is not None
    return found.text


def test_the_classes_that_overlap_most() -> None:
    counts, confusion = [[70, 25, 5], [35, 65, 0], [5, 0, 95]], [[98, 2, 0], [1, 99, 0], [0, 0, 100]]
    reported = "Adelie and Chinstrap overlap most ({}30 % of their points). The network confuses {} of them."
    assert sentences(counts, confusion) == reported.format("", "2 %")
    assert sentences(counts, is_sample=True) == reported.format("about ", "none")


def test_few_points_are_counted() -> None:
    assert sentences([[27, 3, 0], [4, 10, 0], [0, 0, 20]]) == (
        "Adelie and Chinstrap overlap most (7 of their 44 points). The network confuses none of them."
    )


def test_a_small_overlap() -> None:
    found = sentences([[95, 5, 0], [4, 96, 0], [0, 0, 100]])
    assert found.startswith("Adelie and Chinstrap overlap most, but only a little (4 % of their points).")


def test_another_pair_that_overlaps_nearly_as_much() -> None:
    found = sentences([[75, 25, 0], [20, 60, 20], [0, 24, 76]])
    assert found.endswith(" Nearly as much: Chinstrap and Gentoo.")


def test_classes_that_lie_apart() -> None:
    assert sentences([[99, 1, 0], [0, 100, 0], [0, 0, 100]]) == (
        "The classes lie apart. Next to another class: 0.3 % of the points."
    )
    assert sentences([[9, 0, 0], [0, 9, 0], [0, 0, 9]]) == (
        "The classes lie apart. Next to another class: none of the points."
    )


def test_classes_that_are_mixed() -> None:
    assert sentences([[40, 40, 20], [45, 30, 25], [25, 30, 45]]) == (
        "Most classes overlap, Adelie and Chinstrap most of all (42 % of their points)."
    )


def test_two_classes() -> None:
    found = sentences([[60, 40, 0], [50, 50, 0], [0, 0, 0]])
    assert found.startswith("Adelie and Chinstrap overlap (45 % of their points).")


def test_too_few_points() -> None:
    assert class_sentences(np.diag([30, 4, 0]), np.diag([30, 4, 0]), NAMES) is None
    assert class_sentences(np.zeros((3, 3), int), np.zeros((3, 3), int), NAMES) is None


# ---- regression


def ordered(across: Array, up: Array) -> str:
    """The sentences about points with the targets 0, 1, 2, …"""
    found = number_sentences(np.column_stack([across, up]), np.arange(len(across)), "mpg")
    assert found is not None
    return found.text


def test_numbers_along_an_axis() -> None:
    steps, still = np.arange(20.0), np.zeros(20)
    zigzag = np.where(np.arange(20) % 2, 8.0, -8.0)
    assert ordered(steps, still) == "mpg rises from left to right. Correlation 1.00."
    assert ordered(still, -steps) == "mpg falls from bottom to top. Correlation −1.00."
    assert ordered(zigzag, steps + zigzag) == "mpg mostly rises from bottom to top. Correlation 0.63."
    assert ordered(zigzag, still) == "Neither axis orders mpg. The correlations are at most 0.09."


def test_points_without_an_order() -> None:
    nothing = np.full(20, np.nan)
    assert number_sentences(np.column_stack([nothing, nothing]), np.arange(20), "mpg") is None
    assert number_sentences(np.zeros((20, 2)), np.arange(20), "mpg") is None
    assert number_sentences(np.ones((20, 2)), np.ones(20), "mpg") is None


# ---- the card


def test_the_map_shows_the_conclusion_of_its_points(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards(*SHOWN)
    train_epochs(qtbot, window, 2)
    page = page_of(window)
    embedding = placed(window, qtbot)
    first = page.conclusion.conclusion
    assert embedding.neighbours is not None
    assert isinstance(embedding.answers, ClassPredictions)
    assert embedding.neighbours.sum() == len(embedding.points)
    assert first == class_sentences(embedding.neighbours, embedding.answers.confusion, "0123456789")
    window.session.models[MapModel].choose_layer(0)
    assert placed(window, qtbot).source.layer == 0
    assert page.conclusion.conclusion not in (None, first)
