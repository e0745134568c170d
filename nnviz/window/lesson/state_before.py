"""The state of the window before a lesson, and its return when the lesson is left."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from PyQt5.QtCore import QObject

from engine.experiment import Experiment
from nnviz.digits.strokes import Drawing
from nnviz.session.session import Session
from nnviz.session.settings import Basis
from nnviz.ui.card import Panel
from nnviz.ui.pages import Page, PagedCard
from nnviz.window.card_actions import CardActions
from nnviz.window.frame import Frame, Shares


@dataclass(frozen=True)
class StateBefore:
    """What leaving a lesson restores.

    Attributes:
        run, record: the id of the current run, and its number in the library; None for no record.
        experiment, basis: the settings.
        seeds: the number of seeds that is chosen.
        is_slow: whether slow is chosen.
        earlier: ids of the runs whose curves are shown.
        drawing: what is drawn.
        shares, workspace: the sizes of the window's parts, and what it shows.
        pages: of each card with pages, by preference of the user.
        enlarged: the card that fills the window; None if there is none.
    """

    run: int
    record: int | None
    experiment: Experiment
    basis: Basis
    seeds: int
    is_slow: bool
    earlier: frozenset[int]
    drawing: Drawing
    shares: Shares
    workspace: str
    pages: dict[PagedCard, list[Page]]
    enlarged: Panel | None


def state_before(session: Session, frame: Frame, cards: CardActions) -> StateBefore:
    """Returns the present state of a session and the arrangement of its cards."""
    run, settings = session.runs.current, session.settings
    return StateBefore(
        run.id,
        run.storage.record,
        settings.experiment,
        settings.basis,
        session.sweeps.seeds,
        session.speed.is_slow,
        session.runs.shown_earlier,
        session.sketch.drawing,
        copy.deepcopy(frame.shares),
        frame.workspace,
        {card: card.preferred for card in frame.cards.values() if isinstance(card, PagedCard)},
        cards.enlarged,
    )


class StateRestorer(QObject):
    """Restores the network, the settings, the data and the drawing of before a lesson."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._drawing: Drawing | None = None  # that waits for its data
        session.data.views.ended.connect(self._restore_drawing)

    def restore(self, before: StateBefore) -> None:
        """Restores a state; data, or a run that is read from the library, follow a little later."""
        session = self._session
        session.pause()
        session.sweeps.set_seeds(before.seeds)
        if session.speed.is_slow != before.is_slow:
            session.speed.choose(before.is_slow)
        session.replacement.cancel()
        self._restore_run(before)
        session.runs.show_earlier(before.earlier)
        self._drawing = before.drawing  # it may have examples of the data of before
        if not session.data.loading:
            self._restore_drawing()

    def forget(self) -> None:
        """Drops the drawing that waits, as another lesson begins."""
        self._drawing = None

    def _restore_run(self, before: StateBefore) -> None:
        session = self._session
        run = session.runs.by_id(before.run)

        def make() -> None:
            session.replacement.replace("", experiment=before.experiment, basis=before.basis)

        def opened() -> None:
            if session.runs.current.storage.record == before.record:
                session.settings.show_experiment(before.experiment, before.basis)
            else:
                make()

        if run is None and before.record:  # it had to make room in memory
            session.library.open(before.record, opened)
        elif run is None:
            make()
        elif run is not session.runs.current or session.settings.experiment != before.experiment:
            session.replacement.put(run, "", before.basis)
            session.settings.show_experiment(before.experiment, before.basis)

    def _restore_drawing(self) -> None:
        drawing, self._drawing = self._drawing, None
        if drawing is not None and drawing != self._session.sketch.drawing:
            self._session.sketch.draw(drawing)
