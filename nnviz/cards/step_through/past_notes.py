"""Notes about a step of the past: why its batch is unknown, or the progress of the replay that finds it."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.past_batch import PastBatch
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.share_bar import ShareBar

_WIDE = 240  # pixels
_FIRST = "The optimizer's state and learning rate at this epoch are unknown, so this is the first step of a run."
_ABOUT = "This batch is approximate: the run was computed with a different setup"


class StepPlaceholder(QWidget):
    """Says why there is no step, in its place, and shows the progress of the replay."""

    def __init__(self, past_batch: PastBatch) -> None:
        super().__init__()
        self._past = past_batch
        self._why = named(label(role="muted"), "stepNothing")
        self._why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._why.setWordWrap(True)
        self._share = ShareBar(_WIDE)
        tip = "Cancels the replay and shows the step on the example instead."
        self._cancel = pill("Cancel", "stepPastCancelButton", "Cancel the replay", tip)
        self._cancel.clicked.connect(self._past.cancel)
        way = arranged(QHBoxLayout(), 1, self._share, self._cancel, 1, spacing=8)
        arranged(QVBoxLayout(self), 1, self._why, way, 1, spacing=12)

    def show_line(self, words: str) -> None:
        """Says why there is no step."""
        self._why.setText(words)
        self._share.show_share(self._past.work.share, self._past.is_long)
        self._cancel.setVisible(self._past.is_long)


class PastNote(QWidget):
    """A line above a step of the past that is approximate or not on a batch; else hidden."""

    def __init__(self, session: Session, model: StepThrough) -> None:
        super().__init__()
        self._session, self._model = session, model
        self._words = named(ElidedLabel(role="back"), "stepNote")
        tip = "Replays the run to this epoch to find the batch that came next."
        self._again = pill("Replay", "stepPastAgainButton", "Replay to this epoch", tip)
        self._again.clicked.connect(model.past_batch.begin)
        arranged(QHBoxLayout(self), (FixedSizeBox(self._words), 1), self._again, spacing=8)
        self.hide()

    def refresh(self) -> None:
        """Shows the note about the recorded step, or hides."""
        words, past = self._text(), self._model.past_batch
        self._words.show_versions(words)
        self._again.setVisible(past.can_begin_again and not self._model.of_example)
        self.setVisible(bool(words))

    def _text(self) -> str:
        past, asked = self._model.past_batch, self._model
        recorded = asked.recorded if asked.is_newest else None
        if self._session.displayed.is_live:
            return ""
        if past.reason_unavailable and not asked.of_example:
            return (
                past.reason_unavailable
                if recorded is None
                else f"{past.reason_unavailable} Showing the step on the example."
            )
        if recorded is None:
            return ""
        if recorded.step.is_given:
            settings = recorded.step.settings
            has_past = bool(settings.new_optimizer().keeps) or settings.schedule != "constant"
            return _FIRST if has_past else ""
        others = [] if past.found is None else past.found.differences
        return f"{_ABOUT}: {'; '.join(others)}." if others else ""
