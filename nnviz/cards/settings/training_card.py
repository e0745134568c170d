"""The card of the training settings: common ones, and the others in collapsible groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.experiment import DECLARED, Experiment
from engine.presets import Preset
from engine.training.optimizers import OPTIMIZERS
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.settings import summaries
from nnviz.cards.settings.augmentation import AugmentationForm
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.cards.settings.schedule import ScheduleForm
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.session.session import Session
from nnviz.ui.card import Card, label
from nnviz.ui.fields import Combo
from nnviz.ui.group import CollapsibleGroup
from nnviz.ui.note import NoticeLine
from nnviz.ui.parts import arranged, named
from nnviz.ui.setting_fields import GROUPS, SettingRows

_PRESET_TIP = "Sets shape, activations, loss and all training settings at once. Undo restores your settings."
_OWN_TIP = "Custom settings: at least one differs from every preset."


class OptimizerForm(SettingsForm):
    """The constants that the chosen optimizer uses."""

    def __init__(self, session: Session, rows: SettingRows) -> None:
        super().__init__(session, rows)
        self._none = label(role="muted")
        self.add_wide(self._none)
        session.settings.changed.connect(self._choose_fields)
        self._choose_fields()

    def _choose_fields(self) -> None:
        optimizer = OPTIMIZERS[self._session.settings.experiment.training.optimizer]
        self.show_only(optimizer.uses)
        self._none.setText(f"{optimizer.label} has none.")
        self._none.setVisible(not optimizer.uses)


@dataclass(frozen=True)
class _GroupInfo:
    """The description of a group: its head, the summary while it is closed, and its form."""

    name: str
    title: str
    tip: str
    summary: Callable[[Experiment], str]
    form: Callable[[Session, SettingRows], QWidget] = SettingsForm

    @property
    def rows(self) -> SettingRows:
        return GROUPS[self.title]


_GROUPS = (
    _GroupInfo(
        "optimizerGroup",
        "Optimizer constants",
        "Sets how much earlier gradients count in each step of the weights.",
        summaries.of_optimizer,
        OptimizerForm,
    ),
    _GroupInfo(
        "scheduleGroup",
        "Schedule",
        "Sets how the learning rate changes during the run, and searches for a good one.",
        summaries.of_schedule,
        ScheduleForm,
    ),
    _GroupInfo(
        "regularisationGroup",
        "Regularisation",
        "Limits overfitting (the network memorises the training set) and can hold out a validation set.",
        summaries.of_regularisation,
    ),
    _GroupInfo(
        "augmentationGroup",
        "Augmentation",
        "Distorts each training image a little every time, so that the network generalises better.",
        summaries.of_augmentation,
        AugmentationForm,
    ),
    _GroupInfo(
        "initialisationGroup",
        "Initialisation and loss",
        "Sets how the initial weights are drawn, and which loss training minimises.",
        summaries.of_initialisation,
    ),
)


class TrainingCard(Card):
    """The training settings. A notice names changes that wait for the next run.

    Signals:
        opened(CollapsibleGroup): a group was opened, or has grown.

    Attributes:
        groups: all groups, from the top.
    """

    opened = pyqtSignal(QWidget)

    def __init__(self, session: Session) -> None:
        super().__init__("Training")
        self._session, self._rate_search = session, session.models[RateSearch]
        form = self._form = SettingsForm(session)
        self._presets = Combo("presetCombo", "Preset", _PRESET_TIP)
        form.add_field("Preset", self._presets)
        self._fill_presets()
        self._presets.activated.connect(self._preset_chosen)
        self._adjusted = named(label(role="muted"), "presetAdjusted")
        self._adjusted.setWordWrap(True)
        form.add_wide(self._adjusted)
        form.add_rows(GROUPS[""])
        self.body.addWidget(form)
        self._notice = NoticeLine("trainingNotice")
        self.head.row.insertWidget(1, self._notice, 100)
        self._add_groups()
        for signal in (
            session.settings.changed,
            session.runs.replaced,
            session.training.state_changed,
            session.run_estimate.changed,
        ):
            signal.connect(self._show)
        session.settings.problems_changed.connect(self._show_summaries)
        session.user_presets.changed.connect(self._follow_presets)
        self._adjusted_for: object = None  # the preset and the data that the line is about
        self._shows_search = False  # whether the curve of a search is shown already
        self._show()

    def _fill_presets(self) -> None:
        self._presets.clear()
        presets = [(preset.name, preset.description) for preset in self._session.settings.presets]
        for index, (name, tip) in enumerate([("Custom", _OWN_TIP), *presets]):
            self._presets.addItem(name)
            self._presets.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)

    def _follow_presets(self) -> None:
        self._fill_presets()
        self._show()

    def _add_groups(self) -> None:
        self.groups: list[CollapsibleGroup] = []
        for part in _GROUPS:
            group = CollapsibleGroup(part.name, part.title, part.tip, partial(part.form, self._session, part.rows))
            group.toggled.connect(lambda is_open, group=group: self.opened.emit(group) if is_open else None)
            self.groups.append(group)
        self.body.addLayout(arranged(QVBoxLayout(), *self.groups, margins=(0, 4, 0, 0)))
        self._schedule = next(group for group in self.groups if group.objectName() == "scheduleGroup")
        # The search is connected after the group's own form, so that the form has its new size by then.
        self._schedule.made.connect(lambda: self._rate_search.changed.connect(self._scroll_to_search))

    def find_rate(self) -> None:
        """Starts the search for a learning rate, and opens the group that shows it."""
        self._schedule.head.setChecked(True)
        self._rate_search.search()

    def _scroll_to_search(self) -> None:
        """Scrolls to the curve of the search when it appears, with its first points."""
        shows_search = len(self._rate_search.partial or ()) > 1
        if shows_search and not self._shows_search and self._schedule.is_open:
            self.opened.emit(self._schedule)
        self._shows_search = shows_search

    def _preset_chosen(self, index: int) -> None:
        if index > 0:
            self._session.settings.choose_preset(self._session.settings.presets[index - 1])
        self._show()

    def _show(self) -> None:
        if self._session.data.views.are_held:
            return  # the state is reported at the end
        settings, run = self._session.settings, self._session.runs.current
        preset = settings.preset_for(self._session.data.dataset)
        self._presets.setCurrentIndex(0 if preset is None else settings.presets.index(preset) + 1)
        self._show_adjusted(preset)
        is_in_progress = self._session.training.is_in_progress
        waits = summaries.waiting(settings.experiment.training, run.experiment.training) if is_in_progress else ("", "")
        estimate = self._session.run_estimate.text
        if any(waits) or not estimate:
            self._notice.show_text(*waits)
        else:
            sentence = f"{estimate[0].upper()}{estimate[1:]}"
            self._notice.show_text(f"{sentence}, on this computer.", f"{sentence.split(' for ')[0]}.")
        self._show_summaries()

    def _show_adjusted(self, preset: Preset | None) -> None:
        """Says what the data have changed of the preset; without a line if nothing."""
        dataset = self._session.data.dataset
        if (preset, dataset) == self._adjusted_for:
            return  # this takes a while, and much else changes together with the data
        self._adjusted_for = preset, dataset
        briefly, whole = ("", "") if preset is None or dataset is None else summaries.of_adjustments(preset, dataset)
        self._adjusted.setText(_with_joined_numbers(briefly))
        self._adjusted.setVisible(bool(briefly))
        self._form.layout().activate()  # else the column keeps room for a line that is gone
        about = [] if preset is None else [preset.description]
        self._presets.setToolTip(" ".join(filter(None, [*about, whole, _PRESET_TIP])))

    def _show_summaries(self) -> None:
        """Shows the groups with settings that exist for the data, and what is set in each."""
        problems, experiment = self._session.settings.problems, self._session.settings.experiment
        dataset = self._session.data.dataset
        for part, group in zip(_GROUPS, self.groups, strict=True):
            group.setVisible(any(DECLARED[row.name].suits(dataset) for row in part.rows))
            is_wrong = any(row.name in problems for row in part.rows)
            group.head.show_summary("needs correction" if is_wrong else part.summary(experiment), is_wrong)


def _with_joined_numbers(line: str) -> str:
    """Returns the line with no-break spaces after numbers and before fractions, to keep them with their words."""
    return re.sub(r"(?<=\d) (?=[a-z])| (?=\d+\.\d)", "\u00a0", line)


CARDS.register("trainingCard")(CardInfo(TrainingCard, {"train": Place(Column.CHOOSE, 3)}, is_fixed=True))
