"""Playing the run: the player goes through the epochs of the past, and ends live."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.player import Player
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import wait_for


@pytest.fixture
def trained(ready_model: Model, qtbot: QtBot) -> Model:
    """Three epochs, and a batch of the fourth."""
    for _ in range(3):
        ready_model.session.step_epoch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    ready_model.session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    return ready_model


def test_the_film_goes_through_the_moments_and_ends_live(trained: Model, qtbot: QtBot) -> None:
    session, player, seen = trained.session, trained.session.models[Player], []
    session.timeline.changed.connect(lambda: seen.append(session.timeline.epoch))
    player.set_seconds(2)
    player.toggle()
    assert player.is_playing
    qtbot.waitUntil(lambda: not player.is_playing)
    assert session.timeline.is_live
    epochs = [epoch for epoch in seen if epoch is not None]
    assert epochs == sorted(epochs)
    assert epochs[0] == 0
    assert len(set(epochs)) > 4, "how many it shows in the time depends on the machine"


def test_it_plays_on_from_where_one_looks_back(trained: Model, qtbot: QtBot) -> None:
    session, player, seen = trained.session, trained.session.models[Player], []
    session.timeline.go_to(2)
    session.timeline.changed.connect(lambda: seen.append(session.timeline.epoch))
    player.set_seconds(1)
    player.toggle()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert min(epoch for epoch in seen if epoch is not None) > 2


def test_going_somewhere_else_stops_it(trained: Model, qtbot: QtBot) -> None:
    session, player = trained.session, trained.session.models[Player]
    player.set_seconds(60)
    player.toggle()
    session.timeline.go_to(2)
    assert not player.is_playing
    assert session.timeline.epoch == 2
