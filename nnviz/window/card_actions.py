"""What the menu of a card asks for: enlarged and back, copied, exported, closed."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QByteArray, QObject, pyqtSignal
from PyQt5.QtGui import QCursor
from PyQt5.QtWidgets import QApplication, QDockWidget, QMainWindow

from nnviz.session.session import Session
from nnviz.widgets.card import DockCard, holder
from nnviz.window import card_export
from nnviz.window.dialogs import NetworkDialogs

_KINDS = {"png": "Picture (*.png)", "svg": "Vector graphics (*.svg)", "csv": "Table (*.csv)"}


class CardActions(QObject):
    """Knows the window that the docks live in.

    Attributes:
        enlarged: the card that has the place of all; None while every card has its own.

    Signals:
        done(text): what was done, for the status line.
    """

    done = pyqtSignal(str)

    def __init__(self, host: QMainWindow, docks: list[QDockWidget], dialogs: NetworkDialogs, session: Session) -> None:
        super().__init__(host)
        self._host = host
        self._docks = docks
        self._dialogs = dialogs
        self._session = session
        self._before = QByteArray()  # the layout to go back to
        self.enlarged: DockCard | None = None
        for dock in docks:
            dock.toggleViewAction().triggered.connect(lambda shown, dock=dock: self._toggled(dock, shown))
            if isinstance(dock, DockCard):
                dock.asked.connect(lambda what, card=dock: self.do(what, card))

    def do(self, what: str, card: DockCard) -> None:
        """What :class:`CardMenuButton` calls by that name."""
        if what == "enlarge":
            self.toggle(card)
        elif what == "copy":
            QApplication.clipboard().setPixmap(card_export.picture(card))
            self.done.emit(f"Copied a picture of {card.caption}")
        elif what == "close":
            self.put_back()
            card.close()
        else:
            self._export(card, what)

    # ---- enlarged

    def toggle(self, card: DockCard | None = None) -> None:
        """Back where a card is enlarged; else that card, or the one in use, gets the place of all."""
        card = card or self._card_in_use()
        if self.enlarged is not None:
            self.put_back()
        elif card is not None:
            self._enlarge(card)

    def _enlarge(self, card: DockCard) -> None:
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
        """Every card has its own place again, to the pixel; whether one was enlarged."""
        if self.enlarged is None:
            return False
        self.enlarged.menu_button.is_enlarged = False
        self.enlarged = None
        self._host.restoreState(self._before)
        return True

    def layout(self) -> QByteArray:
        """That of the cards in their own places, also while one is enlarged."""
        return self._before if self.enlarged is not None else self._host.saveState()

    def _toggled(self, dock: QDockWidget, shown: bool) -> None:
        """By the View menu. Whoever wants another card beside the enlarged one wants all back."""
        if self.put_back():
            dock.setVisible(shown)

    def _card_in_use(self) -> DockCard | None:
        """The one that has the focus, else the one under the mouse, else the first that can be seen."""
        for widget in (QApplication.focusWidget(), QApplication.widgetAt(QCursor.pos())):
            card = holder(widget, DockCard)
            if card in self._docks:
                return card
        return next((dock for dock in self._docks if isinstance(dock, DockCard) and dock.in_view), None)

    # ---- files

    def _export(self, card: DockCard, kind: str) -> None:
        """Asks for a file; what goes into it is what is shown when the file has been chosen."""
        dialog = self._dialogs.where_to_save(f"Export {card.caption}", "exportCardDialog", _KINDS[kind])
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{'-'.join(card.caption.lower().split())}.{kind}")
        dialog.fileSelected.connect(lambda chosen: self._write(card, kind, Path(chosen)))
        dialog.open()

    def _write(self, card: DockCard, kind: str, path: Path) -> None:
        if kind == "csv":
            table = card.table()
            if table is None:
                self._session.messages.tell(
                    f"The card {card.caption} has no numbers yet, so {path.name} was not written."
                )
            else:
                header, rows = table
                self._session.files.write(lambda: card_export.csv_bytes(header, rows), path)
            return
        content = card_export.png(card_export.picture(card)) if kind == "png" else card_export.svg(card)
        self._session.files.write(lambda: content, path)
