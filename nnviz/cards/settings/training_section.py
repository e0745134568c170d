"""The section of the training: the preset, the settings that matter most, and the way to the others."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.presets import Preset
from engine.training.setting import COMMON
from nnviz.cards.settings import summaries
from nnviz.cards.settings.data_fields import problems_of_more, words_of_more
from nnviz.cards.settings.data_section import data_source
from nnviz.cards.settings.more_button import MoreButton
from nnviz.cards.settings.section_head import SectionHead
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui.combos import Command, CommandCombo
from nnviz.ui.note import NoticeLine
from nnviz.ui.parts import arranged
from nnviz.ui.setting_fields import GROUPS

_PRESET_TIP = "Sets shape, activations, loss and all training settings at once. Undo restores your settings."
_OWN_TIP = "Custom settings: at least one differs from every preset."
_SAVE_TIP = "Saves the settings as a preset of your own."
_DELETE_TIP = "Deletes the chosen preset, which is one of your own."


class TrainingSection(QWidget):
    """The settings of the training that are always in view. A notice names changes that wait for the next run.

    Signals:
        save_wanted, delete_wanted: the user wants to save the settings as a preset, or to delete the chosen preset.

    Attributes:
        form: the fields.
        more: the button that opens the other settings.
        notice: the line of the notice, which the card places.
    """

    save_wanted = pyqtSignal()
    delete_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._presets = CommandCombo("presetCombo", "Preset", _PRESET_TIP)
        self._presets.commands = (
            Command("Save settings as preset …", _SAVE_TIP, self.save_wanted.emit),
            Command("Delete preset", _DELETE_TIP, self.delete_wanted.emit, self._is_own),
        )
        self._presets.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._presets.chosen.connect(self._preset_chosen)
        self._head = SectionHead("Training")
        self._head.row.addWidget(self._presets)
        self.form = SettingsForm(session, GROUPS[COMMON])
        self.more = MoreButton()
        self.notice = NoticeLine("trainingNotice")
        self._column = arranged(QVBoxLayout(self), self._head, self.form, self.more, spacing=4)
        self._fill_presets()
        for signal in (
            session.settings.changed,
            session.runs.replaced,
            session.training.state_changed,
            session.run_estimate.changed,
        ):
            signal.connect(self._show)
        session.settings.problems_changed.connect(self._show_more)
        session.data.changed.connect(self._show_more)
        session.user_presets.changed.connect(self._follow_presets)
        self._adjusted_for: object = None  # the preset and the data that the tip of the preset is about
        self._show()

    def show_more_in_head(self, is_in_head: bool) -> None:
        """Puts the way to the other settings into the heading, or below the fields, where it names them."""
        self.more.set_short(is_in_head)
        (self._head.row if is_in_head else self._column).addWidget(self.more)
        self.more.show()  # else it would be shown, and need room, a little later

    def _fill_presets(self) -> None:
        self._presets.clear()
        presets = [(preset.name, preset.description) for preset in self._session.settings.presets]
        for index, (name, tip) in enumerate([("Custom", _OWN_TIP), *presets]):
            self._presets.addItem(name)
            self._presets.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self._presets.append_commands()

    def _follow_presets(self) -> None:
        self._fill_presets()
        self._show()

    @property
    def _preset(self) -> Preset | None:
        return self._session.settings.preset_for(self._session.data.dataset)

    def _is_own(self) -> bool:
        return self._preset in self._session.user_presets.presets

    def _preset_chosen(self) -> None:
        index = self._presets.currentIndex()
        if index > 0:
            self._session.settings.choose_preset(self._session.settings.presets[index - 1])
        self._show()

    def _show(self) -> None:
        if self._session.data.views.are_held:
            return  # the state is reported at the end
        settings, run, preset = self._session.settings, self._session.runs.current, self._preset
        self._presets.setCurrentIndex(0 if preset is None else settings.presets.index(preset) + 1)
        self._show_adjusted(preset)
        is_in_progress = self._session.training.is_in_progress
        waits = summaries.waiting(settings.experiment.training, run.experiment.training) if is_in_progress else ("", "")
        estimate = self._session.run_estimate.text
        if any(waits) or not estimate:
            self.notice.show_text(*waits)
        else:
            sentence = f"{estimate[0].upper()}{estimate[1:]}"
            self.notice.show_text(f"{sentence}, on this computer.", f"{sentence.split(' for ')[0]}.")
        self._show_more()

    def _show_adjusted(self, preset: Preset | None) -> None:
        """Says in the tip of the preset what it is, and what the data have changed of it."""
        dataset = self._session.data.dataset
        if (preset, dataset) == self._adjusted_for:
            return  # this takes a while, and much else changes together with the data
        self._adjusted_for = preset, dataset
        adjusted = "" if preset is None or dataset is None else summaries.of_adjustments(preset, dataset)
        about = "" if preset is None else text.plain(preset.description)
        self._presets.setToolTip(" ".join(filter(None, [about, adjusted, _PRESET_TIP])))

    def _show_more(self) -> None:
        """Names the settings that are not in view, and says whether one of them is wrong."""
        session, settings = self._session, self._session.settings
        of_data = [(words, True) for words in words_of_more(session, data_source(session))]
        phrases = of_data + summaries.of_more(settings.experiment, settings.typed, session.data.dataset)
        self.more.show_phrases(phrases, bool(hidden_problems(session)))


def hidden_problems(session: Session) -> list[str]:
    """Returns the names of the settings that are not in view and have a wrong value."""
    wrong = [name for name in summaries.HIDDEN if name in session.settings.problems]
    return [*wrong, *problems_of_more(session)]
