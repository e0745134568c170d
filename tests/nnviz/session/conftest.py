"""Fixtures of several tests of the session."""

from __future__ import annotations

import pytest

from tests.nnviz.conftest import Model


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that takes time takes long, in sessions that are made after this."""
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)


@pytest.fixture
def recorded(ready_model: Model) -> Model:
    """A session whose trainings are recorded."""
    ready_model.session.records.set_on(True)
    return ready_model
