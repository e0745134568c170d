"""The pictures of the window are never older than the window."""

from __future__ import annotations

from tests.pictures import stale


def test_pictures_show_the_window_as_it_is() -> None:
    assert not stale(), "make them again, and look at them: python -m tests.pictures"
