"""Fixtures of several tests of the session."""

from __future__ import annotations

import pytest

from tests.nnviz.conftest import Model


@pytest.fixture
def recorded(ready_model: Model) -> Model:
    """A session whose trainings are recorded."""
    ready_model.session.records.set_on(True)
    return ready_model
