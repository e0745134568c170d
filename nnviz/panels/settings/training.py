"""The card of the training settings: the usual ones, and the others in groups below that can be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.experiment import Experiment
from engine.optimizers import OPTIMIZERS
from engine.validation import parse_whole
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.panels.settings import summaries
from nnviz.panels.settings.augmentation import AugmentationForm
from nnviz.panels.settings.form import Field, Form
from nnviz.panels.settings.groups import InitialisationForm, OptimizerForm, RegularisationForm
from nnviz.panels.settings.schedule import ScheduleForm
from nnviz.session.session import Session
from nnviz.widgets.card import Card
from nnviz.widgets.fields import step_decade, step_whole
from nnviz.widgets.group import Group
from nnviz.widgets.note import Notice

OWN = "Custom"
_PRESET_TIP = "Sets shape, activations, loss and all training settings of a known network at once. Undo restores yours."
_OWN_TIP = "The settings are your own: at least one differs from every preset."
_FIELDS = (
    Field(
        "learning_rate",
        "Learning rate",
        step_decade,
        "How far the weights move at each step. Too small learns slowly, too large never settles. "
        "It can be changed during training.",
    ),
    Field(
        "batch_size",
        "Batch size",
        step_whole(1, by=10),
        "How many examples are averaged for one step of the weights. Small batches step often and unsteadily.",
        parse_whole,
    ),
    Field(
        "epochs",
        "Epochs",
        step_whole(1),
        "How often the network sees all training examples before training ends.",
        parse_whole,
    ),
)


@dataclass(frozen=True)
class _Part:
    """The description of a group: its head, its form, the summary while it is closed, and its settings."""

    name: str
    title: str
    tip: str
    form: Callable[[Session], QWidget]
    summary: Callable[[Experiment], str]
    settings: tuple[str, ...]


_PARTS = (
    _Part(
        "optimizerGroup",
        "Optimizer constants",
        "How much earlier gradients count in each step of the weights.",
        OptimizerForm,
        summaries.of_optimizer,
        OptimizerForm.NAMES,
    ),
    _Part(
        "scheduleGroup",
        "Schedule",
        "How the learning rate changes during training, and a search for a good one.",
        ScheduleForm,
        summaries.of_schedule,
        ScheduleForm.NAMES,
    ),
    _Part(
        "regularisationGroup",
        "Regularisation",
        "What keeps the network from learning its examples by heart.",
        RegularisationForm,
        summaries.of_regularisation,
        RegularisationForm.NAMES,
    ),
    _Part(
        "augmentationGroup",
        "Augmentation",
        "Distorts each picture a little every time the network sees it, so that it learns what matters in it.",
        AugmentationForm,
        summaries.of_augmentation,
        AugmentationForm.NAMES,
    ),
    _Part(
        "initialisationGroup",
        "Initialisation",
        "How the first weights are drawn, and which loss training makes smaller.",
        InitialisationForm,
        summaries.of_initialisation,
        InitialisationForm.NAMES,
    ),
)


class TrainingPanel(Card):
    """The training settings. A notice names changes that wait for the next run.

    Signals:
        opened(Group): a group was opened, or has grown.

    Attributes:
        groups: all groups, from the top.
    """

    opened = pyqtSignal(QWidget)

    def __init__(self, session: Session) -> None:
        super().__init__("Training")
        self._session = session
        self._form = Form(session)
        self._add_presets()
        self._form.add_choice(
            "optimizer",
            "Optimizer",
            "The rule by which a gradient becomes a step of the weights. Learning rate and weight decay change to "
            "those that suit it.",
            OPTIMIZERS,
            self._choose_optimizer,
        )
        for field in _FIELDS:
            self._form.add_field(field)
        self.body.addWidget(self._form)
        self._notice = Notice("trainingNotice")
        self.head.row.insertWidget(1, self._notice, 100)
        self._add_groups()
        for signal in (session.settings.changed, session.runs.replaced, session.training.state_changed):
            signal.connect(self._show)
        session.settings.problems_changed.connect(self._show_summaries)
        self._shows_search = False  # whether the curve of a search is shown already
        self._show()

    def _add_presets(self) -> None:
        self._presets = self._form.add_combo("preset", "Preset", _PRESET_TIP)
        self._presets.addItem(OWN)
        self._presets.setItemData(0, _OWN_TIP, Qt.ToolTipRole)
        for preset in self._session.settings.presets:
            self._presets.addItem(preset.name)
            self._presets.setItemData(self._presets.count() - 1, preset.description, Qt.ToolTipRole)
        self._presets.activated.connect(self._preset_chosen)

    def _add_groups(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(0)
        self.groups: list[Group] = []
        for part in _PARTS:
            group = Group(part.name, part.title, part.tip, partial(part.form, self._session))
            group.toggled.connect(lambda is_open, group=group: self.opened.emit(group) if is_open else None)
            group.made.connect(lambda group=group: self._group_made(group))
            column.addWidget(group)
            self.groups.append(group)
        self.body.addLayout(column)

    def find_rate(self) -> None:
        """Starts the search for a learning rate, and opens the group that shows it."""
        self._schedule_group.head.setChecked(True)
        self._session.search_rate()

    @property
    def _schedule_group(self) -> Group:
        return next(group for group in self.groups if group.objectName() == "scheduleGroup")

    def _group_made(self, group: Group) -> None:
        """Connects the search after the group's own form, so that the form has its new size by then."""
        if group is self._schedule_group:
            self._session.rate_search.changed.connect(self._scroll_to_search)

    def _scroll_to_search(self) -> None:
        """Scrolls to the curve of the search when it appears, with its first points."""
        shows_search = len(self._session.rate_search.points) > 1
        if shows_search and not self._shows_search and self._schedule_group.is_open:
            self.opened.emit(self._schedule_group)
        self._shows_search = shows_search

    def _choose_optimizer(self, name: str) -> None:
        before = self._session.settings.experiment.training
        self._session.settings.choose("change of optimizer", self._session.settings.experiment.with_optimizer(name))
        now = self._session.settings.experiment.training
        changed = [f"learning rate {now.learning_rate:g}"] if now.learning_rate != before.learning_rate else []
        changed += [f"weight decay {now.weight_decay:g}"] if now.weight_decay != before.weight_decay else []
        if changed:
            self._session.messages.tell(f"{' and '.join(changed).capitalize()} came with {OPTIMIZERS[name].label}.")

    def _preset_chosen(self, index: int) -> None:
        if index > 0:
            self._session.settings.choose_preset(self._session.settings.presets[index - 1])
        self._show()

    def _show(self) -> None:
        preset = self._session.settings.preset
        self._presets.setCurrentIndex(0 if preset is None else self._session.settings.presets.index(preset) + 1)
        tip = _PRESET_TIP if preset is None else f"{preset.description} {_PRESET_TIP}"
        self._presets.setToolTip(tip)
        fields, run = self._session.settings.experiment, self._session.runs.current
        is_under_way = self._session.training.is_under_way
        waits = summaries.waiting(fields.training, run.experiment.training) if is_under_way else ""
        self._notice.show_text(waits, "Waits for the next run.")
        self._show_summaries()

    def _show_summaries(self) -> None:
        problems, experiment = self._session.settings.problems, self._session.settings.experiment
        for part, group in zip(_PARTS, self.groups, strict=True):
            is_wrong = any(name in problems for name in part.settings)
            group.head.show_summary("to be corrected" if is_wrong else part.summary(experiment), is_wrong)


CARDS.register("trainingCard")(CardInfo(TrainingPanel, {"train": Place(Column.CHOOSE, 3)}, is_fixed=True))
