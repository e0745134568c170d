"""The actions of a card's menu: enlarge and back, copy, export, film, close."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QByteArray, QObject, pyqtSignal
from PyQt5.QtGui import QCursor
from PyQt5.QtWidgets import QApplication, QDockWidget

from nnviz.session.session import Session
from nnviz.ui.card import DockCard, holder
from nnviz.window import card_export
from nnviz.window.docks import Docks
from nnviz.window.network_dialogs import NetworkDialogs

_KINDS = {"png": "Picture (*.png)", "svg": "Vector graphics (*.svg)", "csv": "Table (*.csv)"}


class CardActions(QObject):
    """Carries out the actions of all cards.

    Attributes:
        enlarged: the card that fills the window; None if there is none.

    Signals:
        done(text): an action is done; a message for the user.
        film_wanted(DockCard): the user wants a film of a card.
    """

    done = pyqtSignal(str)
    film_wanted = pyqtSignal(object)

    def __init__(self, docks: Docks, dialogs: NetworkDialogs, session: Session) -> None:
        super().__init__(docks.host)
        self._host = docks.host
        self._docks = docks.docks
        self._dialogs = dialogs
        self._session = session
        self._before = QByteArray()  # the layout to go back to
        self.enlarged: DockCard | None = None
        for dock in docks.docks:
            self._connect(dock)
        docks.added.connect(self._connect)

    def _connect(self, dock: QDockWidget) -> None:
        dock.toggleViewAction().triggered.connect(lambda shown: self._toggled(dock, shown))
        if isinstance(dock, DockCard):
            dock.asked.connect(lambda what: self.do(what, dock))

    def do(self, what: str, card: DockCard) -> None:
        """Carries out the action of that name; the names are those of :class:`CardMenuButton`."""
        if what == "enlarge":
            self.toggle(card)
        elif what == "copy":
            QApplication.clipboard().setPixmap(card_export.picture(card))
            self.done.emit(f"Copied a picture of {card.caption}")
        elif what == "close":
            self.put_back()
            card.close()
        elif what == "film":
            self.film_wanted.emit(card)
        else:
            self._export(card, what)

    # ---- enlarged

    def toggle(self, card: DockCard | None = None) -> None:
        """Restores the layout if a card is enlarged; else enlarges that card, or the one in use."""
        card = card or self._card_in_use()
        if self.put_back() or card is None:
            return
        self._before = self._host.saveState()
        self.enlarged = card
        card.menu_button.is_enlarged = True
        if card.isFloating():
            card.setFloating(False)
        for dock in self._docks:
            if dock is not card and not dock.isFloating():
                dock.hide()
        card.show()
        card.raise_()

    def put_back(self) -> bool:
        """Restores the layout if a card is enlarged; returns whether one was."""
        if self.enlarged is None:
            return False
        self.enlarged.menu_button.is_enlarged = False
        self.enlarged = None
        self._host.restoreState(self._before)
        return True

    def layout(self) -> QByteArray:
        """Returns the layout with every card in its own place, also while one is enlarged."""
        return self._before if self.enlarged is not None else self._host.saveState()

    def _toggled(self, dock: QDockWidget, shown: bool) -> None:
        """Restores the layout if another card is enlarged, after a card was switched in the View menu."""
        if self.put_back():
            dock.setVisible(shown)

    def _card_in_use(self) -> DockCard | None:
        """Returns the card that has the focus, else the one under the mouse, else the first in view."""
        for widget in (QApplication.focusWidget(), QApplication.widgetAt(QCursor.pos())):
            card = holder(widget, DockCard)
            if card in self._docks:
                return card
        return next((dock for dock in self._docks if isinstance(dock, DockCard) and dock.in_view), None)

    # ---- files

    def _export(self, card: DockCard, kind: str) -> None:
        """Opens a file dialog, and writes what the card shows at the time the file is chosen."""
        proposed = f"{'-'.join(card.caption.lower().split())}.{kind}"
        title, name = f"Export {card.caption}", "exportCardDialog"
        write = partial(self._write, card, kind)
        self._dialogs.where_to_save(title, name, _KINDS[kind], proposed, write).open()

    def _write(self, card: DockCard, kind: str, path: Path) -> None:
        messages, write = self._session.messages, self._session.files.write
        if kind != "csv":
            content = card_export.png(card_export.picture(card)) if kind == "png" else card_export.svg(card)
            write(lambda: content, path)
        elif (table := card.table()) is None:
            messages.show(f"{path.name} was not written: the card {card.caption} has no numbers yet.")
        else:
            write(lambda: card_export.csv_bytes(*table), path)
