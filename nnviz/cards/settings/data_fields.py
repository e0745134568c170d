"""Fields of the numeric data settings: points, noise, classes, test share and seed."""

from __future__ import annotations

from functools import partial

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, DataSetting, DataSource
from nnviz.cards.settings.settings_form import FIELD_WIDTH
from nnviz.formatting.setting_text import error_words, parse_typed, typed_data_value
from nnviz.session.session import Session
from nnviz.ui.form import FormField, FormGrid
from nnviz.ui.setting_fields import data_edit

OFTEN = ("train_examples", "points", "noise", "classes")  # what is changed often; the others wait in a group


def is_field(setting: DataSetting) -> bool:
    """Whether a setting is a number that is typed."""
    default = setting.default
    return (
        setting.kind is int if default is None else isinstance(default, int | float) and not isinstance(default, bool)
    )


class DataFields(FormGrid):
    """A row for each of some data settings. Each change loads the data again, as one undo step."""

    def __init__(self, session: Session, names: tuple[str, ...]) -> None:
        """``names``: the settings that are shown here, if the data have them."""
        super().__init__(field_width=FIELD_WIDTH)
        self._session, self._names = session, names
        self._rows: dict[str, FormField] = {}
        self._source: DataSource | None = None
        for setting in _settings_named(names):
            edit = data_edit(setting, "data")
            edit.committed.connect(partial(self._typed, setting))
            self._rows[setting.name] = FormField(self.add_field(setting.label, edit), edit)
        session.settings.problems_changed.connect(self.show_values)

    def show_source(self, source: DataSource | None) -> None:
        """Shows the rows of a source, and their values."""
        self._source = source
        wanted = [setting.name for setting in self._settings()]
        for name, row in self._rows.items():
            if name not in wanted:
                self._session.settings.set_problem(_problem(name), None)
            row.set_visible(name in wanted)
        self.setVisible(bool(wanted))
        self.show_values()

    def show_values(self) -> None:
        """Shows the values of the settings, except where an invalid one was typed."""
        problems, settings = self._session.settings.all_problems, self._session.data.settings
        for setting in self._settings():
            value = typed_data_value(setting, settings.get(setting.name))
            self._rows[setting.name].show(value, problems.get(_problem(setting.name), ""))

    def _settings(self) -> list[DataSetting]:
        settings = self._source.settings if self._source is not None else ()
        return [each for each in settings if each.name in self._names and is_field(each)]

    def _typed(self, setting: DataSetting, typed: str) -> None:
        data, refuse = self._session.data, partial(self._refuse, setting)
        if data.name is None:
            return
        try:
            value = parse_typed(setting, typed)
            self._session.settings.set_problem(_problem(setting.name), None)
            data.load(data.name, {**data.settings, setting.name: value}, refused=refuse)
        except EngineError as error:
            refuse(error)
        self.show_values()

    def _refuse(self, setting: DataSetting, error: EngineError) -> None:
        words = error_words(error, {setting.name: setting.label})
        self._session.settings.set_problem(_problem(setting.name), words)


def _settings_named(names: tuple[str, ...]) -> list[DataSetting]:
    """Returns the settings of registered data sets with these names, each once."""
    settings = (setting for name in DATASETS for setting in DATASETS[name].settings)
    found = {setting.name: setting for setting in settings if setting.name in names and is_field(setting)}
    return [found[name] for name in names if name in found]


def _problem(name: str) -> str:
    """Returns the key of a data setting among the problems of all fields."""
    return f"data {name}"
