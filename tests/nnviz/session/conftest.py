"""What several tests of the session begin with."""

from __future__ import annotations

import pytest

from nnviz.window.main_window import MainWindow


@pytest.fixture
def recorded(ready_window: MainWindow) -> MainWindow:
    """A window whose trainings are recorded."""
    ready_window.session.records.set_on(True)
    return ready_window
