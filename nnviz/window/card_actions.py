"""The actions of a card's menu: enlarge and back, copy, export, film."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QCursor
from PyQt5.QtWidgets import QApplication, QWidget

from nnviz.session.session import Session
from nnviz.ui.card import Panel, Table, holder
from nnviz.window import card_export
from nnviz.window.frame import Frame
from nnviz.window.network_dialogs import NetworkDialogs

_KINDS = {"png": "Picture (*.png)", "svg": "Vector graphics (*.svg)", "csv": "Table (*.csv)"}


class CardActions(QObject):
    """Carries out the actions of all cards.

    Signals:
        done(text): an action is done; a message for the user.
        film_wanted(Panel): the user wants a film of a card.
    """

    done = pyqtSignal(str)
    film_wanted = pyqtSignal(object)

    def __init__(self, frame: Frame, dialogs: NetworkDialogs, session: Session) -> None:
        super().__init__(frame)
        self._frame, self._dialogs, self._session = frame, dialogs, session
        for panel in frame.panels:
            self._connect(panel)
        frame.added.connect(self._connect)

    def _connect(self, panel: QWidget) -> None:
        if isinstance(panel, Panel):
            panel.asked.connect(lambda what: self.do(what, panel))

    def do(self, what: str, card: Panel) -> None:
        """Carries out the action of that name; the names are those of :class:`CardMenuButton`."""
        if what == "enlarge":
            self.toggle(card)
        elif what == "copy":
            QApplication.clipboard().setPixmap(card_export.picture(card))
            self.done.emit(f"Copied a picture of {card.caption}")
        elif what == "film":
            self.film_wanted.emit(card)
        elif what in card.tables:
            self.export_table(*card.tables[what])
        else:
            self._export(card, what)

    # ---- enlarged

    @property
    def enlarged(self) -> Panel | None:
        """The card that fills the frame; None if there is none."""
        return self._frame.enlarged

    def toggle(self, card: Panel | None = None) -> None:
        """Shows all cards again if one is enlarged; else enlarges that card, or the one in use."""
        card = card or self._card_in_use()
        if not self.put_back() and card is not None:
            card.menu_button.set_enlarged(True)
            self._frame.enlarge(card)

    def put_back(self) -> bool:
        """Shows all cards again if one is enlarged; returns whether one was."""
        card = self._frame.enlarged
        if card is not None:
            card.menu_button.set_enlarged(False)
            self._frame.enlarge(None)
        return card is not None

    def _card_in_use(self) -> Panel | None:
        """Returns the card that has the focus, else the one under the mouse, else the first in view."""
        for widget in (QApplication.focusWidget(), QApplication.widgetAt(QCursor.pos())):
            card = holder(widget, Panel)
            if card in self._frame.panels:
                return card
        return next((each for each in self._frame.panels if isinstance(each, Panel) and each.in_view), None)

    # ---- files

    def _export(self, card: Panel, kind: str) -> None:
        """Opens a file dialog, and writes what the card shows at the time the file is chosen."""
        if kind == "csv":
            self.export_table(card.caption, card.table)
        else:
            self._choose_file(card.caption, kind, partial(self._write_picture, card, kind))

    def export_table(self, caption: str, table: Callable[[], Table | None]) -> None:
        """Opens a file dialog, and writes the table there is at the time the file is chosen."""
        self._choose_file(caption, "csv", lambda path: self._write_table(caption, table(), path))

    def _choose_file(self, caption: str, kind: str, write: Callable[[Path], None]) -> None:
        proposed = f"{'-'.join(caption.lower().split())}.{kind}"
        self._dialogs.where_to_save(f"Export {caption}", "exportCardDialog", _KINDS[kind], proposed, write).open()

    def _write_picture(self, card: Panel, kind: str, path: Path) -> None:
        content = card_export.png(card_export.picture(card)) if kind == "png" else card_export.svg(card)
        self._session.files.write(lambda: content, path)

    def _write_table(self, caption: str, table: Table | None, path: Path) -> None:
        if table is None:
            self._session.messages.show(f"{path.name} was not written: {caption} has no numbers yet.")
        else:
            self._session.files.write(lambda: card_export.csv_bytes(*table), path)
