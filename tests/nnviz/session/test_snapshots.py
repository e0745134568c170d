"""Snapshots: few, evenly spread, the first and a recent one always among them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation import Array
from nnviz.session.snapshots import Snapshots


def vector(value: float, size: int = 3) -> Array:
    return np.full(size, value, np.float32)


def epochs_of(snapshots: Snapshots) -> list[float]:
    return [snapshot.epochs for snapshot in snapshots]


def filled(epochs: list[float], **limits: int) -> Snapshots:
    snapshots = Snapshots(**limits)
    for epoch in epochs:
        snapshots.add(epoch, vector(epoch))
    return snapshots


def test_all_are_kept_while_there_is_room() -> None:
    snapshots = filled([0, 0.25, 1, 2], most=4)
    assert epochs_of(snapshots) == [0, 0.25, 1, 2]
    assert [float(snapshot.parameters[0]) for snapshot in snapshots] == [0, 0.25, 1, 2]


def test_nothing_is_copied() -> None:
    snapshots, parameters = Snapshots(), vector(1)
    snapshots.add(0, parameters)
    (only,) = snapshots
    assert only.parameters is parameters


@pytest.mark.parametrize("count", [9, 10, 31, 100, 1000])
def test_never_more_than_allowed_and_evenly_spread(count: int) -> None:
    snapshots = Snapshots(most=8)
    for epoch in range(count):
        snapshots.add(epoch, vector(epoch))
        assert len(snapshots) <= 8
    kept = epochs_of(snapshots)
    gaps = np.diff(kept)
    assert kept[0] == 0
    assert len(kept) >= 4
    assert gaps.max() <= 2 * gaps.min()
    assert count - 1 - kept[-1] <= gaps.max()


def test_many_views_of_one_epoch_do_not_crowd_out_the_others() -> None:
    """Where the run was slow, or taken batch by batch, views lie close together."""
    slow = [step / 1000 for step in range(1000)]
    snapshots = filled([*slow, *range(1, 21)], most=8)
    kept = epochs_of(snapshots)
    assert len(kept) >= 4
    assert sum(epoch > 1 for epoch in kept) >= len(kept) - 2
    assert np.diff(kept).max() <= 8


@pytest.mark.parametrize(("most_bytes", "room"), [(400, 8), (360, 8), (300, 7), (120, 3), (80, 2)])
def test_the_bytes_are_limited_too(most_bytes: int, room: int) -> None:
    snapshots = Snapshots(most=8, most_bytes=most_bytes)
    sizes = []
    for epoch in range(50):
        snapshots.add(epoch, vector(epoch, size=10))  # 40 bytes
        sizes.append(len(snapshots))
        assert snapshots.nbytes == sum(snapshot.parameters.nbytes for snapshot in snapshots) <= most_bytes
    assert max(sizes) == room
    assert epochs_of(snapshots)[0] == 0


def test_none_are_kept_of_a_network_that_is_too_large() -> None:
    snapshots = filled([0, 1, 2], most_bytes=20)
    assert len(snapshots) == 0


def test_going_back_drops_what_lay_after() -> None:
    snapshots = filled([0, 1, 2, 3, 4])
    snapshots.add(2, vector(7))
    assert epochs_of(snapshots) == [0, 1, 2]
    assert [float(snapshot.parameters[0]) for snapshot in snapshots] == [0, 1, 7]
    snapshots.forget_after(1)
    assert epochs_of(snapshots) == [0, 1]


def test_another_network_begins_with_all_the_room() -> None:
    snapshots = filled(list(range(100)), most=8)
    snapshots.clear()
    for epoch in (0, 0.1, 0.2):
        snapshots.add(epoch, vector(epoch))
    assert epochs_of(snapshots) == [0, 0.1, 0.2]
