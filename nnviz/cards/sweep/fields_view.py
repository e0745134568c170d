"""The fields of a sweep's form: varied settings, sampler, number of runs, pruning."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.sweeps.plan import ASHA, GRID, HYPERBAND, MEDIAN, NONE, PRUNING, RANDOM, SAMPLERS, TPE
from nnviz.cards.sweep.form_parser import ParsedForm
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.setting_row import SettingRow
from nnviz.cards.sweep.setting_rows import offered_settings, setting_info
from nnviz.cards.sweep.target_row import SweepTargetRow
from nnviz.session.session import Session
from nnviz.ui.fields import Combo, NumberEdit, step_whole
from nnviz.ui.form import FormField, FormGrid
from nnviz.ui.note import Note
from nnviz.ui.parts import arranged, named

_SAMPLERS = {RANDOM: "random", GRID: "grid", TPE: "TPE (Optuna)"}
_RULES = {MEDIAN: "median rule", ASHA: "ASHA", HYPERBAND: "Hyperband", NONE: "none"}
_SAMPLER_TIP = (
    "Random samples each setting independently. Grid tries every combination. TPE samples near good results "
    "(requires Optuna)."
)
_RULE_TIP = "Stops unpromising runs early, by validation error. ASHA and Hyperband require Optuna."
_RUNS_TIP = "Limits the number of runs. Each seed counts as a run. Leave it empty for the default."
_MINUTES_TIP = (
    "Limits the duration: after this time, running runs are stopped and no new one starts. Leave it empty for no limit."
)
_SEEDS_TIP = (
    "Sets the number of runs of each trial, with different initial weights. Use at least five to test whether the "
    "best trial is better than the second."
)
_NUMBER = 58  # pixels
_ADD_TIP = "Adds a setting to vary, around its value in the workspace Train."


class SweepFieldsView(QWidget):
    """Shows and changes the fields of the :class:`SweepForm`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("sweepForm")
        self._session, self._form = session, session.models[SweepForm]
        self._rows: dict[str, SettingRow] = {}
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self.add_button = self._new_add_button()
        self._nothing = Note(self.add_button, "sweepVaryError")
        self._fields: dict[str, FormField] = {}
        self._grid = FormGrid(stretched=(1,))
        self._grid.grid.setContentsMargins(0, 6, 0, 0)
        self._grid.grid.setColumnMinimumWidth(3, _NUMBER)
        self.sampler = self._add_combo("sampler", "Sampler", _SAMPLER_TIP, (0, 0))
        self._add_number("seeds", "Seeds", "Seeds of each trial", _SEEDS_TIP, (1, 0))
        self._add_number("runs", "Runs", "Maximum number of runs", _RUNS_TIP, (1, 1))
        self.rule = self._add_combo("rule", "Pruning", _RULE_TIP, (2, 0))
        self._add_number("minutes", "Time, min", "Maximum duration in minutes", _MINUTES_TIP, (2, 1))
        self.where = SweepTargetRow(session, self._grid)
        arranged(QVBoxLayout(self), self._column, self.add_button, self._grid, 1, spacing=4)
        self.layout().setAlignment(self.add_button, Qt.AlignmentFlag.AlignLeft)

    def _new_add_button(self) -> QToolButton:
        button = named(QToolButton(), "sweepAddButton", "Add a setting to vary", _ADD_TIP)
        button.setText("+ another setting ▾")
        button.setProperty("role", "flat")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._open_menu)
        self._menu = named(QMenu(button), "sweepAddMenu")
        return button

    def _add_combo(self, field: str, title: str, tip: str, place: tuple[int, int]) -> Combo:
        combo = Combo(f"sweep{field.capitalize()}Combo", title, tip)
        entries, titles = (SAMPLERS, _SAMPLERS) if field == "sampler" else (PRUNING, _RULES)
        for entry in entries:
            combo.addItem(titles.get(entry, entry), entry)
        combo.activated.connect(lambda: self._form.type(field, combo.currentData()))
        self._place(field, title, combo, place)
        return combo

    def _add_number(self, field: str, caption: str, title: str, tip: str, place: tuple[int, int]) -> None:
        edit = NumberEdit(f"sweep{field.capitalize()}Edit", step_whole(1), tip, title)
        edit.committed.connect(lambda text: self._typed(field, text))
        self._place(field, caption, edit, place)

    def _place(self, field: str, caption: str, widget: NumberEdit | Combo, place: tuple[int, int]) -> None:
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        span = 3 if field == "sampler" else 1
        self._fields[field] = FormField(self._grid.add_field(caption, widget, place=place, span=span), widget)

    def _typed(self, field: str, text: str) -> None:
        """Returns the typed text; a text that is a default was not typed."""
        if text != self._shown(field):
            self._form.type(field, text.strip())

    # ---- what varies

    def _open_menu(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        self._menu.clear()
        for title, names in offered_settings(self._session.data.dataset):
            left = [name for name in names if self._form.fields.row(name) is None]
            menu = self._menu.addMenu(title) if title and left else self._menu
            for name in left:
                info = setting_info(name)
                action = menu.addAction(info.title)
                action.setObjectName(f"actionVary{info.part}")
                action.setToolTip(info.tip)
                action.triggered.connect(lambda _=False, name=name: self._add(name))
            if not title:
                self._menu.addSeparator()
        self._menu.popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height())))

    def _add(self, name: str) -> None:
        self._form.vary(name)
        if name in self._rows:
            self._rows[name].take_focus()

    def _new_row(self, name: str) -> SettingRow:
        row = SettingRow(setting_info(name))
        row.kind_chosen.connect(lambda kind: self._form.set_kind(name, kind))
        row.typed.connect(lambda field, text: self._form.type_row(name, **{field: text}))
        row.removed.connect(lambda: self._form.leave_out(name))
        return row

    def _order_tabs(self) -> None:
        """Sets the tab order from top to bottom, also through rows that were added later."""
        for before, after in itertools.pairwise(_in_order(self.layout())):
            QWidget.setTabOrder(before, after)

    def take_focus(self) -> None:
        """Focuses the first field."""
        first = next(iter(self._rows.values()), None)
        if first is None:
            self.add_button.setFocus()
        else:
            first.take_focus()

    # ---- what is shown

    def refresh(self) -> None:
        """Shows the fields and their problems."""
        form = self._form.parsed
        self.setEnabled(form is not None)
        self.where.refresh()
        if form is None:
            return
        self._show_rows(form)
        shown = {"sampler": form.sampler, "rule": form.rule}
        for field, row in self._fields.items():
            row.field.show_value(shown[field] if field in shown else self._shown(field))
            row.error.show_error(_problem(form.problems, field))
        self._nothing.show_text(form.problems.get("vary", ""))

    def _shown(self, field: str) -> str:
        """Returns the text of a number field; the number of planned runs if nothing was typed."""
        typed: str = getattr(self._form.fields, field)
        form = self._form.parsed
        if typed or field != "runs" or form is None or form.plan is None:
            return typed
        return "" if form.plan.most_runs is None else str(form.plan.most_runs)

    def _show_rows(self, form: ParsedForm) -> None:
        names = [row.name for row in form.rows]
        for name in [name for name in self._rows if name not in names]:
            row = self._rows.pop(name)
            row.hide()
            row.deleteLater()
        for place, told in enumerate(form.rows):
            if told.name not in self._rows:
                row = self._rows[told.name] = self._new_row(told.name)
                self._column.insertWidget(place, row)
                row.show()  # now and not a turn of the event loop later, so that it can have the focus
                self._order_tabs()
            problems = {
                field.partition(".")[2]: words
                for field, words in form.problems.items()
                if field.partition(".")[0] == told.name
            }
            self._rows[told.name].show_texts(told, form.sampler == GRID, problems)


def _in_order(layout: QLayout) -> Iterator[QWidget]:
    """Returns the widgets of a layout that Tab reaches, in order."""
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item.layout() is not None:
            yield from _in_order(item.layout())
        elif item.widget() is not None and item.widget().layout() is not None:
            yield from _in_order(item.widget().layout())
        elif item.widget() is not None and item.widget().focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield item.widget()


def _problem(problems: Mapping[str, str], field: str) -> str:
    """Returns the problem of a field; the plan has another name for the pruning rule."""
    return problems.get("prune" if field == "rule" else field, "")
