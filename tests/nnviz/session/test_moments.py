"""Parameters kept on the way: few, evenly spread, the first and a recent one always among them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation import Array
from nnviz.session.runs.current.snapshots import Snapshots, SnapshotsOfRuns


def vector(value: float, size: int = 3) -> Array:
    return np.full(size, value, np.float32)


def epochs_of(moments: Snapshots) -> list[float]:
    return [moment.epochs for moment in moments]


def filled(epochs: list[float], **limits: int) -> Snapshots:
    moments = Snapshots(**limits)
    for epoch in epochs:
        moments.add(epoch, vector(epoch))
    return moments


def test_all_are_kept_while_there_is_room() -> None:
    moments = filled([0, 0.25, 1, 2], most=4)
    assert epochs_of(moments) == [0, 0.25, 1, 2]
    assert [float(moment.parameters[0]) for moment in moments] == [0, 0.25, 1, 2]
    assert moments.newest is not None
    assert moments.newest.epochs == 2


def test_nothing_is_copied() -> None:
    moments, parameters = Snapshots(), vector(1)
    moments.add(0, parameters)
    assert moments.newest is not None
    assert moments.newest.parameters is parameters


@pytest.mark.parametrize("count", [9, 10, 31, 100, 1000])
def test_never_more_than_allowed_and_evenly_spread(count: int) -> None:
    moments = Snapshots(most=8)
    for epoch in range(count):
        moments.add(epoch, vector(epoch))
        assert len(moments) <= 8
    kept = epochs_of(moments)
    gaps = np.diff(kept)
    assert kept[0] == 0
    assert len(kept) >= 4
    assert gaps.max() <= 2 * gaps.min()
    assert count - 1 - kept[-1] <= gaps.max()


def test_many_views_of_one_epoch_do_not_crowd_out_the_others() -> None:
    """Where the run was slow, or taken batch by batch, views lie close together."""
    slow = [step / 1000 for step in range(1000)]
    moments = filled([*slow, *range(1, 21)], most=8)
    kept = epochs_of(moments)
    assert len(kept) >= 4
    assert sum(epoch > 1 for epoch in kept) >= len(kept) - 2
    assert np.diff(kept).max() <= 8


@pytest.mark.parametrize(("most_bytes", "room"), [(400, 8), (360, 8), (300, 7), (120, 3), (80, 2)])
def test_the_bytes_are_limited_too(most_bytes: int, room: int) -> None:
    moments = Snapshots(most=8, most_bytes=most_bytes)
    sizes = []
    for epoch in range(50):
        moments.add(epoch, vector(epoch, size=10))  # 40 bytes
        sizes.append(len(moments))
        assert sum(moment.parameters.nbytes for moment in moments) <= most_bytes
    assert max(sizes) == room
    assert epochs_of(moments)[0] == 0


def test_none_are_kept_of_a_network_that_is_too_large() -> None:
    moments = filled([0, 1, 2], most_bytes=20)
    assert len(moments) == 0
    assert moments.newest is None


def test_going_back_drops_what_lay_after() -> None:
    moments = filled([0, 1, 2, 3, 4])
    moments.add(2, vector(7))
    assert epochs_of(moments) == [0, 1, 2]
    assert [float(moment.parameters[0]) for moment in moments] == [0, 1, 7]
    moments.forget_after(1)
    assert epochs_of(moments) == [0, 1]


def test_another_network_begins_with_all_the_room() -> None:
    moments = filled(list(range(100)), most=8)
    moments.clear()
    for epoch in (0, 0.1, 0.2):
        moments.add(epoch, vector(epoch))
    assert epochs_of(moments) == [0, 0.1, 0.2]


def test_undo_finds_the_moments_of_the_network_before() -> None:
    known, first, second, third = SnapshotsOfRuns(), object(), object(), object()
    moments = known.of(first)
    moments.add(0, vector(0))
    assert len(known.of(second)) == 0
    assert known.of(first) is moments
    known.of(third)
    assert known.of(first) is moments
    known.of(second)
    known.of(third)
    assert len(known.of(first)) == 0, "not for ever: they take memory"
