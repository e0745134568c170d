"""The page of the settings that are not always in view, in groups."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QPushButton, QVBoxLayout, QWidget

from engine.experiment import DECLARED
from engine.training.optimizers import OPTIMIZERS
from engine.training.setting import AUGMENTATION, COMMON, CONSTANTS, SCHEDULE, SettingGroup
from nnviz.cards.settings.augmentation import AugmentationForm
from nnviz.cards.settings.data_fields import DataFields
from nnviz.cards.settings.data_section import data_source
from nnviz.cards.settings.schedule import ScheduleForm
from nnviz.cards.settings.section_head import SectionHead
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.form import FormRow
from nnviz.ui.parts import arranged, named, object_name
from nnviz.ui.setting_fields import GROUPS, SettingRows

_BACK_TIP = "Goes back to the settings that are always in view."


class OptimizerForm(SettingsForm):
    """The constants that the chosen optimizer uses, and the optimizer itself where the settings have no room for it."""

    def __init__(self, session: Session, rows: SettingRows) -> None:
        super().__init__(session, rows)
        self._none = label(role="muted")
        self.column.addWidget(self._none)
        session.settings.changed.connect(self._choose_fields)
        self._choose_fields()

    def _choose_fields(self) -> None:
        optimizer = OPTIMIZERS[self._session.settings.experiment.training.optimizer]
        self.show_only(optimizer.uses)
        self._none.setText(f"{optimizer.label} has none.")
        self._none.setVisible(not optimizer.uses)


_FORMS: dict[SettingGroup, Callable[[Session, SettingRows], QWidget]] = {
    CONSTANTS: OptimizerForm,
    SCHEDULE: ScheduleForm,
    AUGMENTATION: AugmentationForm,
}


class MorePage(QWidget):
    """Groups of settings below their headings.

    Signals:
        back_wanted: the user wants to go back.

    Attributes:
        scroll_area: the column of the groups.
        back: the button that goes back.
    """

    back_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.back = named(QPushButton("‹ Settings"), "moreBackButton", "Back to Settings", _BACK_TIP)
        self.back.setProperty("role", "quiet")
        self.back.clicked.connect(self.back_wanted)
        head = SectionHead(self.back)
        content = named(QWidget(), "scrolled")
        self._column = arranged(QVBoxLayout(content), spacing=theme.ROW_GAP, margins=(16, 0, 16, 12))
        self._groups: dict[SettingGroup, QWidget] = {}
        self._forms: dict[SettingGroup, QWidget] = {}
        for group, rows in GROUPS.items():
            if group is not COMMON:
                self._add_group(group, rows)
        self._column.addStretch(1)
        self.scroll_area = ScrollColumn("moreScroll", content)
        top = arranged(QVBoxLayout(), head, margins=(16, 10, 16, 6))
        page = arranged(QVBoxLayout(self))
        page.addLayout(top)
        page.addWidget(self.scroll_area, 1)
        session.data.changed.connect(self._show_suited)
        session.data.loading_changed.connect(self._show_data)
        self._show_suited()
        self._show_data()

    def _add_group(self, group: SettingGroup, rows: SettingRows) -> None:
        form = self._forms[group] = _FORMS.get(group, SettingsForm)(self._session, rows)
        name = object_name("", (group.title or "").lower().replace(" ", "_"), "Group")
        box = self._groups[group] = named(QWidget(), name)
        arranged(QVBoxLayout(box), SectionHead(group.title or ""), form, spacing=4, margins=(0, 0, 0, 6))
        self._column.addWidget(box)
        if len(self._groups) == 1:  # the examples and the seed of the data follow the batches and the seed
            self._data = DataFields(self._session, is_more=True)
            self._data_box = named(QWidget(), "dataGroup")
            parts = (SectionHead("Data"), self._data)
            arranged(QVBoxLayout(self._data_box), *parts, spacing=4, margins=(0, 0, 0, 6))
            self._column.addWidget(self._data_box)

    def take_optimizer(self, row: FormRow) -> None:
        """Shows the row of the optimizer above its constants."""
        form = self._forms[CONSTANTS]
        assert isinstance(form, SettingsForm)
        form.column.insertWidget(0, row)
        row.show()

    def show_rate_search(self) -> None:
        """Scrolls to the search for a learning rate."""
        self.scroll_area.show_whole(self._groups[SCHEDULE])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes back on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _show_suited(self) -> None:
        """Shows the groups with settings that exist for the data."""
        for group, box in self._groups.items():
            box.setVisible(any(DECLARED[row.name].suits(self._session.data.dataset) for row in GROUPS[group]))

    def _show_data(self) -> None:
        if not self._session.data.loading:
            self._data.show_source(data_source(self._session))
            self._data_box.setVisible(not self._data.isHidden())
