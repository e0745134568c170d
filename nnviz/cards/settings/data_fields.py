"""Fields of the data settings that are numbers."""

from __future__ import annotations

from functools import partial

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, DataSetting, DataSource
from engine.datasets.data_setting import SEED, TEST_SHARE
from nnviz.cards.settings.settings_form import FIELD_WIDTH
from nnviz.formatting.setting_text import error_words, parse_typed, typed_data_value
from nnviz.session.session import Session
from nnviz.ui.fields import NumberEdit
from nnviz.ui.form import FormField, FormGrid
from nnviz.ui.setting_fields import data_edit, data_step

_SPLIT = (TEST_SHARE.name, SEED.name)  # the fields of these are in a group


class DataFields(FormGrid):
    """A row for each data setting that is a number. Each change loads the data again, as one undo step."""

    def __init__(self, session: Session, of_split: bool = False) -> None:
        """``of_split``: whether the test share and the seed are shown here, or the other settings."""
        super().__init__(field_width=FIELD_WIDTH)
        self._session = session
        self._rows: dict[str, tuple[FormField, NumberEdit]] = {}
        self._shown: dict[str, DataSetting] = {}
        for setting in (setting for name in DATASETS for setting in DATASETS[name].settings):
            if setting.number and (setting.name in _SPLIT) == of_split and setting.name not in self._rows:
                edit = data_edit(setting, "data")
                edit.committed.connect(partial(self._typed, setting.name))
                self._rows[setting.name] = FormField(self.add_field(setting.label, edit), edit), edit
        session.settings.problems_changed.connect(self.show_values)

    def show_source(self, source: DataSource | None) -> None:
        """Shows the rows of a source, and their values."""
        settings = () if source is None else source.settings
        self._shown = {each.name: each for each in settings if each.name in self._rows}
        for name, (row, edit) in self._rows.items():
            setting = self._shown.get(name)
            row.set_visible(setting is not None)
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
            self._rows[name][0].show(value, problems.get(_problem(name), ""))

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


def _problem(name: str) -> str:
    """Returns the key of a data setting among the problems of all fields."""
    return f"data {name}"
