"""Fields of the data settings: numbers, and the column of a table to predict."""

from __future__ import annotations

from functools import partial

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, Dataset, DataSetting, DataSource
from engine.datasets.data_setting import SEED, TEST_SHARE, TRAIN_EXAMPLES
from nnviz.cards.settings.settings_form import FIELD_WIDTH
from nnviz.formatting import text
from nnviz.formatting.setting_text import error_words, parse_typed, typed_data_value
from nnviz.session.session import Session
from nnviz.ui.combos import FlatCombo
from nnviz.ui.fields import NumberEdit
from nnviz.ui.form import FormColumn, FormRow
from nnviz.ui.setting_fields import data_edit, data_step

_SPLIT = (TEST_SHARE.name, SEED.name)  # of a file they are chosen when it is imported
_IN_MORE = (TRAIN_EXAMPLES.name, *_SPLIT)  # the fields of these are on the page of further settings
TARGET = "target"
_TARGET_TIP = "Sets the column that the network learns to predict. The other columns are its inputs."
_MOST_TARGETS = 2000  # columns offered as target; others are chosen when the file is imported


class DataFields(FormColumn):
    """A row for each data setting that is a number. Each change loads the data again, as one undo step."""

    def __init__(self, session: Session, is_more: bool = False) -> None:
        """``is_more``: whether these are the fields of the page of further settings, or the others."""
        super().__init__(FIELD_WIDTH)
        self._session = session
        self._rows: dict[str, tuple[FormRow, NumberEdit]] = {}
        self._shown: dict[str, DataSetting] = {}
        for setting in (setting for name in DATASETS for setting in DATASETS[name].settings):
            if setting.number and (setting.name in _IN_MORE) == is_more and setting.name not in self._rows:
                edit = data_edit(setting, "data")
                edit.committed.connect(partial(self._typed, setting.name))
                self._rows[setting.name] = self.add_field(setting.label, edit), edit
        session.settings.problems_changed.connect(self.show_values)

    def show_source(self, source: DataSource | None) -> None:
        """Shows the rows of a source, and their values."""
        self._shown = {each.name: each for each in shown_settings(source) if each.name in self._rows}
        for name, (row, edit) in self._rows.items():
            setting = self._shown.get(name)
            row.show_row(setting is not None)
            if setting is None:
                self._session.settings.set_problem(_problem(name), None)
            else:
                edit.describe(data_step(setting), setting.tip)
        self.setVisible(bool(self._shown))
        self.show_values()

    def show_values(self) -> None:
        """Shows the values of the settings, except where an invalid one was typed."""
        problems, settings = self._session.settings.all_problems, self._session.data.settings
        for name, setting in self._shown.items():
            value = typed_data_value(setting, settings.get(name))
            self._rows[name][0].form_field.show(value, problems.get(_problem(name), ""))

    def _typed(self, name: str, typed: str) -> None:
        data, setting = self._session.data, self._shown.get(name)
        if data.name is None or setting is None:
            return
        refuse = partial(self._refuse, setting)
        try:
            value = parse_typed(setting, typed)
            self._session.settings.set_problem(_problem(name), None)
            data.load(data.name, {**data.settings, name: value}, refused=refuse)
        except EngineError as error:
            refuse(error)
        self.show_values()

    def _refuse(self, setting: DataSetting, error: EngineError) -> None:
        words = error_words(error, {setting.name: setting.label})
        self._session.settings.set_problem(_problem(setting.name), words)


class TargetField(FormColumn):
    """The row "Predict" of a table. Another column loads the table again, as one undo step."""

    def __init__(self, session: Session) -> None:
        super().__init__(FIELD_WIDTH)
        self._session = session
        self._combo = FlatCombo("dataTargetCombo", "Predict", _TARGET_TIP)
        self._combo.setProperty("role", "")  # it has a frame
        self._combo.activated.connect(self._choose)
        self._row = self.add_field("Predict", self._combo)

    def show_table(self, source: DataSource | None, dataset: Dataset) -> None:
        """Shows the columns of a table; hides the row for other data."""
        coding = dataset.coding
        is_table = source is not None and source.table is not None and coding is not None
        self.setVisible(is_table)
        self._row.form_field.error.show_error("")
        if not is_table or coding is None:
            return
        names = [coding.target, *(column.name for column in coding.columns)][:_MOST_TARGETS]
        self._combo.clear()
        for name in names:
            self._combo.addItem(text.name(name), name)
        self._combo.show_value(coding.target)

    def _choose(self) -> None:
        data, target = self._session.data, self._combo.currentData()
        if data.name is None or data.dataset is None or data.dataset.coding is None:
            return
        if target == data.dataset.coding.target:
            return
        self._row.form_field.error.show_error("")
        others = {name: value for name, value in data.settings.items() if name != "task"}  # it follows the column
        try:
            data.load(data.name, {**others, TARGET: target}, refused=self._refuse)
        except EngineError as error:
            self._refuse(error)

    def _refuse(self, error: EngineError) -> None:
        data = self._session.data.dataset
        if data is not None and data.coding is not None:
            self._combo.show_value(data.coding.target)
        self._row.form_field.error.show_error(error_words(error, {TARGET: "Predict"}))


def shown_settings(source: DataSource | None) -> list[DataSetting]:
    """Returns the settings of a source that have a field: numbers, without what an import chooses."""
    if source is None:
        return []
    has_split = source.file is None and any(each.name == TEST_SHARE.name for each in source.settings)
    return [each for each in source.settings if each.number and (has_split or each.name not in _SPLIT)]


def words_of_more(session: Session, source: DataSource | None) -> list[str]:
    """Returns the data settings of the page of further settings that differ from their defaults, in words."""
    settings = session.data.settings
    shown = [each for each in shown_settings(source) if each.name in _IN_MORE]
    return [
        f"{each.label.lower()} {typed_data_value(each, settings[each.name])}"
        for each in shown
        if settings.get(each.name, each.default) != each.default
    ]


def problems_of_more(session: Session) -> list[str]:
    """Returns the names of the data settings of the page of further settings whose values are wrong."""
    return [name for name in _IN_MORE if _problem(name) in session.settings.all_problems]


def _problem(name: str) -> str:
    """Returns the key of a data setting among the problems of all fields."""
    return f"data {name}"
