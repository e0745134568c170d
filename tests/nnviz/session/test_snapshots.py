"""Snapshots: few, evenly spread, the first and a recent one always among them, and rather ends of epochs."""

from __future__ import annotations

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.network.half_precision import pack_exactly
from nnviz.session.snapshots import Snapshots


def vector(value: float, size: int = 3) -> Array:
    return np.full(size, value, np.float32)


SHAPE = (2, 1)  # 3 parameters


def filled(epochs: list[float], **limits: int) -> Snapshots:
    snapshots = Snapshots(**limits)
    for epoch in epochs:
        snapshots.add(epoch, vector(epoch), SHAPE)
    return snapshots


def test_all_are_kept_while_there_is_room() -> None:
    snapshots = filled([0, 0.25, 1, 2], most=4)
    assert snapshots.epochs == [0, 0.25, 1, 2]
    assert [float(snapshot.parameters[0]) for snapshot in snapshots] == [0, 0.25, 1, 2]


def test_of_few_parameters_nothing_is_copied() -> None:
    snapshots, parameters = Snapshots(), vector(1)
    snapshots.add(0, parameters, SHAPE)
    (only,) = snapshots
    assert only.parameters is parameters


@pytest.mark.parametrize("count", [9, 10, 31, 100, 1000])
def test_never_more_than_allowed_and_evenly_spread(count: int) -> None:
    snapshots = Snapshots(most=8)
    for epoch in range(count):
        snapshots.add(epoch, vector(epoch), SHAPE)
        assert len(snapshots) <= 8
    kept = snapshots.epochs
    gaps = np.diff(kept)
    assert kept[0] == 0
    assert len(kept) >= 4
    assert gaps.max() <= 2 * gaps.min()
    assert count - 1 - kept[-1] <= gaps.max()


def test_many_views_of_one_epoch_do_not_crowd_out_the_others() -> None:
    """Where the run was slow, or taken batch by batch, views lie close together."""
    slow = [step / 1000 for step in range(1000)]
    snapshots = filled([*slow, *range(1, 21)], most=8)
    kept = snapshots.epochs
    assert len(kept) >= 4
    assert sum(epoch > 1 for epoch in kept) >= len(kept) - 2
    assert np.diff(kept).max() <= 8


@pytest.mark.parametrize(("most_bytes", "room"), [(400, 8), (360, 8), (300, 7), (120, 3), (80, 2)])
def test_the_bytes_are_limited_too(most_bytes: int, room: int) -> None:
    snapshots = Snapshots(most=8, most_bytes=most_bytes)
    sizes = []
    for epoch in range(50):
        snapshots.add(epoch, vector(epoch, size=10), (9, 1))  # 40 bytes
        sizes.append(len(snapshots))
        assert snapshots.nbytes == sum(snapshot.packed.nbytes for snapshot in snapshots) <= most_bytes
    assert max(sizes) == room
    assert snapshots.epochs[0] == 0


def test_none_are_kept_of_a_network_that_is_too_large() -> None:
    snapshots = filled([0, 1, 2], most_bytes=20)
    assert len(snapshots) == 0


def test_going_back_drops_what_lay_after() -> None:
    snapshots = filled([0, 1, 2, 3, 4])
    snapshots.add(2, vector(7), SHAPE)
    assert snapshots.epochs == [0, 1, 2]
    assert [float(snapshot.parameters[0]) for snapshot in snapshots] == [0, 1, 7]
    snapshots.forget_after(1)
    assert snapshots.epochs == [0, 1]


def test_another_network_begins_with_all_the_room() -> None:
    snapshots = filled(list(range(100)), most=8)
    snapshots.clear()
    for epoch in (0, 0.1, 0.2):
        snapshots.add(epoch, vector(epoch), SHAPE)
    assert snapshots.epochs == [0, 0.1, 0.2]


def test_the_end_of_an_epoch_takes_the_place_of_a_moment_before_it() -> None:
    snapshots = Snapshots(most=4)
    for epoch in (0, 0.9, 1.8, 2.7, 3.6):  # from then on, at least 1.8 apart
        snapshots.add(epoch, vector(epoch), SHAPE)
    assert snapshots.epochs == [0, 1.8, 3.6]
    snapshots.add_end(4, pack_exactly(vector(4), SHAPE))
    assert snapshots.epochs == [0, 1.8, 4]
    snapshots.add_end(5, pack_exactly(vector(5), SHAPE))
    assert snapshots.epochs == [0, 1.8, 4]


def test_what_comes_at_the_end_of_an_epoch_is_an_end() -> None:
    snapshots = Snapshots(most=4)
    for epoch in (0, 0.9, 1.8, 2.7, 3.6):  # from then on, at least 1.8 apart
        snapshots.add(epoch, vector(epoch), SHAPE)
    snapshots.add(4, vector(4), SHAPE, is_end=True)
    assert snapshots.epochs == [0, 1.8, 4]
    snapshots.add(4.5, vector(4.5), SHAPE)
    assert [snapshot.is_end for snapshot in snapshots] == [False, False, True]


def test_an_end_that_comes_late_drops_nothing() -> None:
    snapshots = filled([0, 0.5, 1.2, 1.5])
    snapshots.add_end(1, pack_exactly(vector(1), SHAPE))
    assert snapshots.epochs == [0, 0.5, 1, 1.2, 1.5]
    snapshots.add_end(1.2, pack_exactly(vector(7), SHAPE))
    assert snapshots.epochs == [0, 0.5, 1, 1.2, 1.5]
    assert [snapshot.is_end for snapshot in snapshots] == [False, False, True, True, False]


def test_ends_of_epochs_are_among_the_ones_left() -> None:
    snapshots = Snapshots(most=16)
    for step in range(400):
        snapshots.add(step / 10, vector(step), SHAPE)
        if step % 10 == 0:
            snapshots.add_end(step / 10, pack_exactly(vector(step), SHAPE))
    assert len(snapshots) > 6
    assert sum(snapshot.is_end for snapshot in snapshots) >= len(snapshots) - 1


def test_the_nearest_is_found() -> None:
    snapshots = filled([0, 1, 2])
    found = [snapshots.nearest(epoch) for epoch in (-3, 0.4, 0.6, 1.2, 99)]
    assert [each.epochs for each in found if each is not None] == [0, 0, 1, 1, 2]
    assert Snapshots().nearest(1) is None


def test_those_that_answer_stay_the_same_while_others_come() -> None:
    snapshots = filled(list(range(100)))
    before = snapshots.spread(64)
    assert len(before) == 50
    snapshots.add(100, vector(100), SHAPE)
    assert snapshots.spread(64)[:50] == before


def test_large_ones_are_packed() -> None:
    snapshots, shape = Snapshots(), (200, 100)
    parameters = np.random.default_rng(0).normal(size=20_100).astype(np.float32)
    snapshots.add(0, parameters, shape)
    (only,) = snapshots
    assert snapshots.nbytes < 0.51 * parameters.nbytes
    np.testing.assert_allclose(only.parameters, parameters, atol=1e-4)


def test_with_less_room_some_go_at_once_and_with_more_they_lie_closer_again() -> None:
    size = vector(0).nbytes
    snapshots = filled(list(range(64)), most_bytes=64 * size)
    assert len(snapshots) == 64
    snapshots.set_room(8 * size)
    assert 4 <= len(snapshots) <= 8
    assert snapshots.epochs[0] == 0
    assert snapshots.nbytes <= 8 * size
    snapshots.set_room(64 * size)
    for epoch in range(64, 80):
        snapshots.add(epoch, vector(epoch), SHAPE)
    assert set(range(64, 80)) <= set(snapshots.epochs)
