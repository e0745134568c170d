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
        self.head.row.insertLayout(2, _legend())
        self.head.detail.setText("error in %, log · epochs")
        session.snapshot.connect(self._show)
        session.epoch_ended.connect(self._show)
        session.run_changed.connect(self._new_run)
        self.visibilityChanged.connect(session.set_estimating)

    def _new_run(self) -> None:
        self._drawn = ()
        self._show()

    def _show(self, *_: object) -> None:
        if not self.in_view:
            return
        tape = self._session.run.tape
        drawn = (id(tape), self._session.last_epoch, *(len(c.epochs) for c in (tape.test, tape.train, tape.live_train)))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        curves = {
            "train": tape.train,
            "test": tape.test,
            "live_train": tape.live_train,
            "live_test": tape.live_test,
        }
        self.plot.show_curves(curves, self._session.last_epoch)

    def refresh(self) -> None:
        """The curves as they are now."""
        self._show()


class _Key(QLabel):
    """A coloured square with a name, in the colours of the theme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setProperty("role", "muted")
        self._dress()

    def _dress(self) -> None:
        ink = theme.colour(self._name).name()
        wanted = f'<span style="color:{ink}">■</span> {self._name}'
        if wanted != self.text():
            self.setText(wanted)

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)  # type: ignore[arg-type]
        if hasattr(self, "_name"):
            self._dress()


def _legend() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    for name in ("train", "test"):
        row.addWidget(_Key(name))
    row.addWidget(label())
    return row
