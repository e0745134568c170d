"""Tests of embeddings: the sample of examples, and the axes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.network.network import Network
from nnviz.cards.map import embedding
from nnviz.cards.map.embedding import EmbeddingSource, basis_for, even_sample, project
from nnviz.session.example_sets import example_sets_of


def source(data: Dataset, part: str = "test", most: int = 10_000) -> EmbeddingSource:
    """The hidden layer of a small network."""
    network = Network([784, 6, 10], ["relu", "softmax"], "cross-entropy", rng=np.random.default_rng(1))
    return EmbeddingSource(network, 0.0, example_sets_of(data, 0.1)[part], 1, most)


@pytest.mark.parametrize("part", ["test", "validation", "train"])
def test_examples_are_spread_evenly_over_the_part(few_digits: Dataset, part: str) -> None:
    whole = example_sets_of(few_digits, 0.1)[part]
    everything = even_sample(whole, 10**6)
    assert len(everything) == whole.count
    assert everything.tolist() == [whole.number(index) for index in range(whole.count)]
    some = even_sample(whole, 7)
    assert len(set(some.tolist())) == 7
    assert set(some.tolist()) <= set(everything.tolist())
    assert (some[0], some[-1]) == (everything[0], everything[-1])
    assert len(even_sample(whole, 1)) == 1


def test_what_is_given_up_has_no_points(few_digits: Dataset) -> None:
    given = source(few_digits)
    assert project(given, basis_for(given), lambda: False) is None
    found = project(given, basis_for(given), lambda: True)
    assert found is not None
    assert found.points.shape == (example_sets_of(few_digits, 0)["test"].count, 2)


def test_very_wide_layers_are_seen_in_pieces(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    given = source(few_digits)
    basis = basis_for(given)
    whole = embedding._projected(given, given.rows, basis)
    monkeypatch.setattr(embedding, "_MOST_NUMBERS", 1)
    assert embedding._projected(given, given.rows, basis) == pytest.approx(whole, abs=1e-3)
    assert np.isfinite(basis_for(given).axes).all(), "worked out from fewer examples"
