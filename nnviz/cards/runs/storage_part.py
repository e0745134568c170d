"""The storage of the library below the list of runs: usage, limits and a button that thins old runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.basics.errors import SettingError
from engine.basics.validation import number_within, parse_number
from nnviz.cards.runs.storage import StorageModel
from nnviz.library.quota import LEAST, MOST, MOST_OF_RUN
from nnviz.session.run_text import format_pending_thinning, format_possible_thinning, format_storage
from nnviz.session.session import Session
from nnviz.session.snapshots import LEAST_BYTES, MOST_BYTES, most_bytes
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import NumberEdit, step_decade, step_whole
from nnviz.ui.form import FormField, FormGrid
from nnviz.ui.group import CollapsibleGroup
from nnviz.ui.parts import arranged, named

_TIP = "Shows the size of the library on disk, its limits, and which snapshots of old runs can be removed."
_THIN_TIP = "Removes these snapshots of old runs now instead of after the next run. This cannot be undone."
_FIELD = 84  # pixels


@dataclass(frozen=True)
class _LimitField:
    """A field for a limit: name, title, unit and its bytes, default, bounds, steps and tooltip."""

    name: str
    title: str
    unit: str
    size: float
    default: str
    least: int
    most: Callable[[], int]
    step: Callable[[str, int], str]
    tip: str

    def parsed(self, typed: str) -> int:
        """Returns the typed value in bytes. Raises SettingError."""
        value, most = parse_number(self.title, typed, self.default), self.most() // self.size
        least = self.least / self.size
        return round(self.size * number_within(self.title, value, least, most, self.default, self.unit))

    def written(self, nbytes: int) -> str:
        """Returns bytes as text in the unit of the field."""
        return f"{nbytes / self.size:.4f}".rstrip("0").rstrip(".")


_LIMIT_FIELDS = (
    _LimitField(
        "library",
        "Library",
        "GB",
        1e9,
        "2",
        LEAST,
        lambda: MOST,
        step_decade,
        "Limit of the library on disk. Above it, old runs lose snapshots, but never their results.",
    ),
    _LimitField(
        "run",
        "Snapshots per run",
        "MB",
        1e6,
        "32",
        LEAST,
        lambda: MOST_OF_RUN,
        step_whole(1, 8),
        "Limit of the snapshots of one run in the library. A lower limit spaces the snapshots of new runs farther "
        "apart.",
    ),
    _LimitField(
        "memory",
        "Snapshots in memory",
        "MiB",
        2**20,
        str(MOST_BYTES // 2**20),
        LEAST_BYTES,
        most_bytes,
        step_whole(1, 16),
        "Limit of the snapshots of the open run in memory. A lower limit spaces the epochs on the timeline farther "
        "apart.",
    ),
)


class StoragePart(QWidget):
    """A warning if the library exceeds its limit, and a group with fields, text and a button."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._model = session.models[StorageModel]
        self._rows: dict[str, FormField] = {}
        self._warning = named(label(role="notice"), "roomWarning")
        self.group = CollapsibleGroup("roomGroup", "Library", _TIP, self._make)
        arranged(QVBoxLayout(self), self._warning, self.group, spacing=6)
        self._warning.setWordWrap(True)
        self._warning.hide()
        self.group.toggled.connect(self._model.estimate_thinning)
        self.group.toggled.connect(self._show)
        for signal in (self._model.changed, self._model.memory_changed):
            signal.connect(self._show)
        self._show()

    # ---- building

    def _make(self) -> QWidget:
        content, form = QWidget(), FormGrid(spacing=5)
        for budget in _LIMIT_FIELDS:
            caption = f"{budget.title}, {budget.unit}"
            edit = NumberEdit(f"{budget.name}RoomEdit", budget.step, budget.tip, caption)
            theme.sized(edit.setFixedWidth, _FIELD)
            edit.committed.connect(partial(self._typed, budget))
            self._rows[budget.name] = FormField(form.add_field(caption, edit), edit)
        self._words = named(label(role="muted"), "roomWords")
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(3 * self._words.fontMetrics().height())  # nothing moves when it changes
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._thin = named(QPushButton("Remove now"), "thinButton", "Remove snapshots now", _THIN_TIP)
        self._thin.clicked.connect(self._model.thin)
        arranged(QVBoxLayout(content), form, self._words, arranged(QHBoxLayout(), 1, self._thin), spacing=8)
        self._show_content()
        return content

    # ---- what is shown

    def _show(self) -> None:
        usage = self._model.usage
        if usage is not None:
            self.group.head.show_summary(format_storage(usage.plan), usage.plan.is_over)
            self._warning.setText(self._what_goes() if usage.plan.is_over else "")
            self._warning.setVisible(usage.plan.is_over and not self.group.is_open)
        if self._rows:
            self._show_content()

    def _show_content(self) -> None:
        usage = self._model.usage
        known = {"memory": self._model.memory_budget}
        if usage is not None:
            known |= {"library": usage.plan.budget, "run": usage.snapshot_budget}
        for budget in _LIMIT_FIELDS:
            if budget.name in known and not self._rows[budget.name].error.text():
                self._rows[budget.name].show(budget.written(known[budget.name]))
        self._words.setText(self._what_goes())
        self._thin.setEnabled(usage is not None and bool(usage.plan.losses))

    def _what_goes(self) -> str:
        usage = self._model.usage
        if usage is not None and usage.plan.is_over:
            return format_pending_thinning(usage.plan, "after the next run")
        if usage is None or usage.possible is None or not usage.possible.losses:
            return "No snapshots need to be removed."
        return f"No snapshots need to be removed. {format_possible_thinning(usage.possible)}."

    # ---- what is typed

    def _typed(self, budget: _LimitField, typed: str) -> None:
        room, row = self._model, self._rows[budget.name]
        change = {"library": room.set_budget, "run": room.set_snapshot_budget, "memory": room.set_memory_budget}
        wrong = ""
        try:
            nbytes = budget.parsed(typed)
            row.field.show_value(budget.written(nbytes))
            change[budget.name](nbytes)
        except SettingError as error:
            wrong = str(error)
        row.error.show_error(wrong)
