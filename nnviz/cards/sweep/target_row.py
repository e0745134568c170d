"""Rows of a sweep's form for the place where it is trained: an address, and the status of the cluster."""

from __future__ import annotations

from PyQt5.QtWidgets import QSizePolicy

from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.fields import FieldEdit
from nnviz.ui.form import FormGrid
from nnviz.ui.note import FieldError
from nnviz.ui.parts import named

_TIP = (
    "Where to train. Empty: this machine. For a Dask cluster enter tcp://host:8786 or a settings file (required for "
    "TLS). Enter refreshes the connection."
)


class SweepTargetRow:
    """Shows and changes ``session.sweep_target``."""

    def __init__(self, session: Session, form: FormGrid) -> None:
        """Adds two rows at the end of a form with two pairs in a row."""
        self._where = session.sweep_target
        self._field = named(FieldEdit(), "sweepWhereEdit", "Run on", _TIP)
        self._field.setPlaceholderText("this machine, or tcp://host:8786")
        self._field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._field.returnPressed.connect(self._enter)
        self._field.editingFinished.connect(self.commit)
        self._error = FieldError(self._field)
        self._who = named(label(role="muted"), "sweepWhereLabel", "Connected workers")
        self._who.setWordWrap(True)
        form.add_field("Run on", self._field, span=3)
        form.grid.addWidget(self._who, form.grid.rowCount(), 1, 1, 3)

    def _enter(self) -> None:
        """Sets the address, and refreshes the status if the address is unchanged."""
        self._field.setModified(False)
        self._where.type(self._field.text())

    def commit(self) -> None:
        """Sets the address if its text was edited."""
        if self._field.isModified():
            self._enter()

    def refresh(self) -> None:
        """Shows the address and the status."""
        where = self._where
        if not self._field.is_typed and self._field.text() != where.typed:
            self._field.setText(where.typed)
        self._error.show_error(where.problem)
        words = "" if where.problem else text.plain(where.status_text)
        self._who.setText(words)
        self._who.setVisible(bool(words))
