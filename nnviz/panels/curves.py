"""Train and test error against epochs."""

from __future__ import annotations

from PyQt5.QtWidgets import QHBoxLayout, QLabel

from nnviz import theme
from nnviz.session import Session
from nnviz.widgets.card import DockCard, label
from nnviz.widgets.error_plot import ErrorPlot


class CurvesPanel(DockCard):
    """Fine lines move within an epoch, on a sample; the strong ones go through the exact figures at its end."""

    def __init__(self, session: Session) -> None:
        super().__init__("Error", "curvesDock")
        self._session = session
        self._drawn: tuple[int, ...] = ()  # what the lines on the screen were made from
        self.plot = ErrorPlot()
        self.plot.setObjectName("errorPlot")
        self.plot.setAccessibleName("Train and test error against epochs")
        self.head.setToolTip(
            "The share of wrong answers, on the pictures it learns from (train) and on others (test). "
            "Where the two part, it learns by heart."
        )
        self.body.addWidget(self.plot)
        self.head.row.insertLayout(2, self._legend())
        self.head.detail.setText("error in %, log · epochs")
        session.snapshot.connect(self._show)
        session.epoch_ended.connect(self._show)
        session.run_changed.connect(self._new_run)
        self.visibilityChanged.connect(session.set_estimating)

    def _legend(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self._held_out_key = _Key("held_out", "╍")
        self._held_out_key.setObjectName("heldOutKey")
        self._held_out_key.hide()
        for key in (_Key("train", "■"), _Key("test", "■"), self._held_out_key):
            row.addWidget(key)
        row.addWidget(label())
        return row

    def _new_run(self) -> None:
        self._drawn = ()
        self._show()

    def _show(self, *_: object) -> None:
        if not self.in_view:
            return
        tape = self._session.run.tape
        lengths = (len(curve.epochs) for curve in (tape.test, tape.train, tape.held_out, tape.live_train))
        end = max(self._session.last_epoch, tape.completed)
        drawn = (id(tape), end, *lengths)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        curves = {
            "train": tape.train,
            "test": tape.test,
            "held_out": tape.held_out,
            "live_train": tape.live_train,
            "live_test": tape.live_test,
        }
        self._held_out_key.setVisible(bool(tape.held_out.values))
        self.plot.show_curves(curves, end)

    def refresh(self) -> None:
        """The curves as they are now."""
        self._show()


class _Key(QLabel):
    """A coloured sign with a name, in the colours of the theme."""

    def __init__(self, name: str, sign: str) -> None:
        super().__init__()
        self._name, self._sign = name, sign
        self.setProperty("role", "muted")
        self._dress()

    def _dress(self) -> None:
        ink = theme.colour(self._name).name()
        wanted = f'<span style="color:{ink}">{self._sign}</span> {self._name.replace("_", " ")}'
        if wanted != self.text():
            self.setText(wanted)

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)  # type: ignore[arg-type]
        if hasattr(self, "_name"):
            self._dress()
