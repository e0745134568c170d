"""Trainings that are broken off somewhere, saved and opened again."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import wait_for


def set_up(model: Model) -> None:
    """Settings whose run keeps a great deal from step to step."""
    model.session.settings.change(
        "all", hidden=(12,), optimizer="adam", learning_rate=0.003, dropout=0.2, shift=1, schedule="cosine",
        epochs=3, validation_share=0.1, patience=2,
    )  # fmt: skip


def steps(qtbot: QtBot, model: Model, epochs: int, batches: int) -> None:
    """A given number of epochs, then a given number of batches."""
    for _ in range(epochs):
        model.session.step_epoch()
        wait_for(qtbot, model, Status.PAUSED)
    for _ in range(batches):
        model.session.step_batch()
        wait_for(qtbot, model, Status.PAUSED)


def save(qtbot: QtBot, model: Model, path: Path) -> None:
    """As the menu would, and until it is on disk."""
    done: list[Path] = []
    model.session.files.save(path, lambda: done.append(path))
    qtbot.waitUntil(lambda: bool(done))
    assert model.session.runs.current.storage.path == path


def reopen(qtbot: QtBot, model: Model, path: Path) -> None:
    """Until it is another run in the window."""
    before = model.session.runs.current
    model.session.files.open(path)
    qtbot.waitUntil(lambda: model.session.runs.current is not before)
