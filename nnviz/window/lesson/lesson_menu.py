"""The menu of a lesson, at the right end of its head."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QLocale
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from nnviz.lessons import texts

if TYPE_CHECKING:
    from nnviz.window.lesson.lessons import Lessons


class LessonMenu(QMenu):
    """Lists what can be done with the open lesson."""

    def __init__(self, lessons: Lessons, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("lessonMenu")
        self._lessons = lessons
        assert lessons.player is not None
        assert lessons.hand_in is not None
        self._add(texts.RESET_STEP, "resetStep", lessons.player.reset_step)
        self._add(texts.MENU_START_AGAIN, "startLessonAgain", lessons.ask_to_start_again)
        self.addSeparator()
        self._add(texts.MENU_REPORT, "lessonReport", lessons.hand_in.report)
        self._add(texts.MENU_PRINT, "printLesson", lessons.hand_in.print)
        self.addSeparator()
        self._languages = self.addMenu(texts.LANGUAGE)
        self._languages.setObjectName("lessonLanguages")
        self._reload = self._add(texts.RELOAD, "reloadLesson", lambda: lessons.set_reload(self._reload.isChecked()))
        self._reload.setCheckable(True)
        self._check = self._add(texts.CHECK, "checkLesson", lessons.check)
        self.addSeparator()
        self._add(texts.MENU_CLOSE, "closeLesson", lessons.close)
        self.aboutToShow.connect(self._show_state)

    def _add(self, title: str, name: str, do: Callable[[], object], menu: QMenu | None = None) -> QAction:
        action = (menu or self).addAction(title)
        action.setObjectName(name)
        action.triggered.connect(lambda _=False: do())
        return action

    def _show_state(self) -> None:
        """Shows the languages of the present lesson, and whether it is reloaded."""
        lessons, player = self._lessons, self._lessons.player
        assert player is not None
        self._languages.clear()
        languages = player.lesson.languages if player.lesson is not None else ()
        for language in languages:
            title = QLocale.languageToString(QLocale(language).language())
            action = self._add(title, f"lessonLanguage_{language}", _chooses(lessons, language), self._languages)
            action.setCheckable(True)
            action.setChecked(player.lesson is not None and player.lesson.language == language)
        self._languages.menuAction().setVisible(len(languages) > 1)
        self._reload.setEnabled(not lessons.files.is_packed)
        self._reload.setChecked(lessons.reloads)


def _chooses(lessons: Lessons, language: str) -> Callable[[], None]:
    return lambda: lessons.choose_language(language)
