"""The panel of a lesson: text, questions, fields, goals and buttons, at the left of the cards."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.basics.validation import NO_LAYERS, parse_hidden
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.formatting import text
from nnviz.formatting.setting_text import typed_value
from nnviz.lessons import texts
from nnviz.lessons.catalogue import SETTINGS, lesson_name
from nnviz.lessons.document import Question, keep_units
from nnviz.lessons.goals import Condition
from nnviz.session.session import Session
from nnviz.session.status import Stage
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.fields import step_whole
from nnviz.ui.parts import arranged, named
from nnviz.ui.setting_fields import ROWS, SettingChoice, SettingField, SettingRows
from nnviz.window.lesson.head import LESSON, LessonHead
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.question_box import QuestionBox
from nnviz.window.lesson.step_bar import StepBar
from nnviz.window.lesson.text_view import LessonText, plain_text

_LEAST_WIDTH, _WIDTH = 270, 290
_MOST_OF_GOALS = 1 / 3  # of the height, above the buttons
_FIELD_WIDTH = 108  # pixels, so that there is room for the mark next to a field


def _step_last(typed: str, direction: int) -> str:
    """Steps the last of the sizes."""
    *others, last = typed.split(",")
    return ", ".join([*(each.strip() for each in others), step_whole(1)(last.strip(), direction)])


# The hidden layers as a single field.
_NETWORK = (
    SettingField(
        "hidden",
        texts.HIDDEN,
        _step_last,
        texts.HIDDEN_TIP,
        lambda name, typed, example: tuple(parse_hidden(typed)),
        is_list=True,
    ),
)
_ROWS = {**{row.name: row for row in _NETWORK}, **ROWS}


def _value_words(row: SettingField | SettingChoice, value: Any) -> str:
    return row.registry[value].label if isinstance(row, SettingChoice) else typed_value(value) or NO_LAYERS


class _Goal(QFrame):
    """A line of a goal: a box with a tick, or a dash if the program has met it; its words, and the present value."""

    def __init__(self, goal: Condition) -> None:
        super().__init__()
        self._sign = QLabel()
        self._words = named(label(keep_units(goal.phrase())), "lessonGoal")
        self._words.setWordWrap(True)
        self._present = named(label(role="muted"), "lessonGoalPresent")
        row = arranged(QHBoxLayout(self), self._sign, (self._words, 1), self._present, spacing=8)
        row.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)

    def show_state(self, is_met: bool, is_by_program: bool, present: str) -> None:
        """Shows whether it is met, and by the program, else the present value."""
        name, colour, words = ("square", "muted", f"{texts.GOAL_NOT_DONE} {present}".strip())
        if is_met:
            name, colour, words = ("square-check", "good", texts.GOAL_DONE)
        if is_met and is_by_program:
            name, colour, words = ("square-minus", "muted", texts.GOAL_BY_PROGRAM)
        self._sign.setPixmap(theme.icon(name, colour).pixmap(theme.px(16)))
        self._present.setText("" if is_met else present)
        self._words.setAccessibleDescription(words)


class LessonPanel(QFrame):
    """Shows the present step of a lesson.

    Signals:
        settings_wanted: the user turned to the settings.
        menu_wanted(QPoint): the user opens the menu, at that place of the screen.
        close_wanted: the user leaves the lesson.
    """

    settings_wanted = pyqtSignal()
    menu_wanted = pyqtSignal(object)
    close_wanted = pyqtSignal()

    def __init__(self, session: Session, player: LessonPlayer) -> None:
        super().__init__()
        self._session, self._player = session, player
        named(self, "lessonPanel", texts.LESSON_NAME)
        self.head = LessonHead(LESSON)
        self.head.turned.connect(self.settings_wanted)
        self.head.menu_wanted.connect(self.menu_wanted)
        self.head.close_wanted.connect(self.close_wanted)
        self._content = named(QWidget(), "scrolled")
        self._column = arranged(QVBoxLayout(self._content), spacing=10, margins=(theme.CARD_PADDING, 4, 14, 8))
        self._scroll = ScrollColumn("lessonScroll", self._content)
        self._bar = StepBar()
        self._title = named(label(), "lessonTitle")
        self._title.setWordWrap(True)
        self._make_foot()
        theme.changed.connect(self._show)
        body = named(QFrame(), "cardBody")
        arranged(QVBoxLayout(body), (self._scroll, 1), self._foot)
        arranged(QVBoxLayout(self), self.head, (body, 1))
        self._goals: list[_Goal] = []
        self._goal_box: QFrame | None = None
        self._goal_place = 0  # in the column, if they scroll with the text
        self._form: SettingsForm | None = None
        self._shown_settings: SettingRows = ()
        self._questions: list[QuestionBox] = []
        self._hints: list[LessonText] = []
        player.step_changed.connect(self._show_step)
        player.changed.connect(self._show)
        for signal in (session.settings.changed, session.training.state_changed, session.run_or_data_changed):
            signal.connect(self._show_waiting)

    def _make_foot(self) -> None:
        self._foot = QWidget()
        self._back = named(QPushButton(texts.BACK), "lessonBackButton", texts.BACK, texts.BACK_TIP)
        self._hint = named(QPushButton(texts.HINT), "lessonHintButton", texts.HINT, texts.HINT_TIP)
        self._skip = named(QPushButton(texts.SKIP), "lessonSkipButton", texts.SKIP, texts.SKIP_TIP)
        self._next = named(QPushButton(texts.NEXT), "lessonNextButton", texts.NEXT, texts.NEXT_TIP)
        self._next.setProperty("role", "primary")
        for button, act in (
            (self._back, self._player.back),
            (self._hint, self._player.show_hint),
            (self._skip, self._skip_step),
            (self._next, self._player.next),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, act=act: act())
        buttons = arranged(QHBoxLayout(), self._back, self._hint, self._skip, 1, self._next, spacing=6)
        self._refusal = named(label(role="notice"), "lessonRefusal")  # why Skip, when it was pressed, did nothing
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        margins = (theme.CARD_PADDING, 8, theme.CARD_PADDING, theme.CARD_PADDING)
        self._foot_column = arranged(QVBoxLayout(self._foot), self._refusal, buttons, spacing=8, margins=margins)

    def _skip_step(self) -> None:
        """Skips the step, or says why that is refused."""
        self._show_refusal(self._player.skip_refusal)
        if not self._player.skip_refusal:
            self._player.skip()

    def _show_refusal(self, why: str) -> None:
        self._refusal.setText(why)
        self._refusal.setVisible(bool(why))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(_WIDTH), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(_LEAST_WIDTH), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_goals()

    # ---- a step

    def _show_step(self) -> None:
        """Shows the texts, questions, fields and goals of another step."""
        self._clear()
        player, lesson = self._player, self._player.lesson
        if lesson is None:
            return
        step = player.step
        place = {"number": player.index + 1, "steps": len(lesson.steps)}
        self._title.setText(text.plain(lesson.title))
        self.head.show_step(player.index + 1, len(lesson.steps))
        self._add(self._title, self._bar)
        if player.index == 0 and lesson.introduction:
            self._add(LessonText(lesson.introduction, player.folder))
        missing = [name for name in lesson.needs if find_spec(name) is None]
        if player.index == 0 and missing:
            needs = texts.NEEDS.format(packages=", ".join(missing), command=" ".join(missing))
            words = named(label(needs, "error"), "lessonNeeds")
            words.setWordWrap(True)
            self._add(words)
        heading = named(label(text.plain(step.title), "title"), "lessonStepTitle")
        heading.setWordWrap(True)
        heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # from there Tab continues, and a screen reader reads the step
        heading.setAccessibleName(texts.STEP_NAME.format(**place, title=step.title))
        spoken = [part if isinstance(part, str) else "" for part in step.parts]
        heading.setAccessibleDescription(plain_text("".join(spoken)))
        self._add(heading)
        for part in step.parts:
            self._add(self._question(part) if isinstance(part, Question) else LessonText(part, player.folder))
        self._add_fields(player.unlocked)
        self._add_goals(step.goals)
        self._note = named(label(role="muted"), "lessonNote")
        self._note.setWordWrap(True)
        self._failure = named(label(role="error"), "lessonFailure")
        self._failure.setWordWrap(True)
        self._hints = [LessonText(hint, player.folder, "lessonHint") for hint in step.hints]
        self._add(*self._hints, self._failure, self._note)
        self._column.addStretch(1)
        self._order_focus()
        self._show_refusal("")
        self._scroll.verticalScrollBar().setValue(0)
        heading.setFocus()
        self.setAccessibleDescription(texts.PANEL_DESCRIPTION.format(lesson=lesson.title, **place, title=step.title))
        self._show(is_seen=False)

    def field(self, name: str) -> QWidget | None:
        """Returns the field of a setting of that name that the step shows; None if it shows none."""
        inside = self._form.findChildren(QWidget) if self._form is not None and name in SETTINGS else []
        return next((each for each in inside if lesson_name(each.objectName()) == name), None)

    def _order_focus(self) -> None:
        """Lets Tab go through head, text and foot, though the text was made last."""
        inside = [each for each in self._content.findChildren(QWidget) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
        inside = [each for each in inside if each.window() is self.window()]  # not the list of a combo box
        chain = [self.head.more, *inside, self._back, self._hint, self._skip, self._next]
        for before, after in pairwise(chain):
            self.setTabOrder(before, after)

    def _clear(self) -> None:
        self._goals, self._questions, self._hints, self._form = [], [], [], None
        if self._goal_box is not None:
            self._goal_box.hide()
            self._goal_box.deleteLater()
            self._goal_box = None
        while self._column.count():
            widget: QWidget | None = self._column.takeAt(0).widget()  # None for a stretch
            if widget is not None and widget not in (self._title, self._bar):
                widget.hide()
                widget.deleteLater()

    def _add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self._column.addWidget(widget)
            widget.show()  # at once, so that it can take the focus

    def _question(self, question: Question) -> QuestionBox:
        number = len(self._questions)
        box = QuestionBox(question, number)
        box.chosen.connect(lambda option: self._player.choose(number, option))
        self._questions.append(box)
        return box

    def _add_fields(self, names: tuple[str, ...]) -> None:
        """Adds the fields of the settings that the step unlocks."""
        rows = [_ROWS[SETTINGS[name]] for name in names if SETTINGS.get(name) in _ROWS]
        if rows:
            self._form = named(SettingsForm(self._session, rows, _FIELD_WIDTH), "lessonFields")
            self._waiting = named(label(role="notice"), "lessonWaiting")
            self._waiting.setWordWrap(True)
            self._add(self._form, self._waiting)
            self._shown_settings = rows
            self._show_waiting()

    def _show_waiting(self) -> None:
        """Shows which values of the fields are not those of the present network yet, and what they wait for."""
        if self._form is None:
            return
        words = list(filter(None, map(self._waiting_words, self._shown_settings)))
        self._waiting.setText("\n".join(words))
        self._waiting.setVisible(bool(words))

    def _waiting_words(self, row: SettingField | SettingChoice) -> str:
        session, run = self._session, self._session.runs.current
        wanted, present = (each.value(row.name) for each in (session.settings.experiment, run.experiment))
        if wanted == present or row.name in session.settings.all_problems:
            return ""
        is_new = run.stage is Stage.PAUSED and session.training.starts_new_network
        if not self._player.is_locked("train") and (is_new or not session.training.is_in_progress):
            words = texts.WAITS_FOR_TRAIN
        else:
            words = texts.WAITS_LOCKED if self._player.is_locked("reset") else texts.WAITS_FOR_RESET
        title = row.title.partition(",")[0]  # without the unit
        return words.format(setting=title, value=_value_words(row, wanted), present=_value_words(row, present))

    def _add_goals(self, goals: tuple[Condition, ...]) -> None:
        if goals:
            box = named(QFrame(), "lessonGoals", texts.GOALS_NAME)
            self._goals = [_Goal(goal) for goal in goals]
            arranged(QVBoxLayout(box), *self._goals, spacing=4, margins=(10, 8, 10, 8))
            self._goal_box, self._goal_place = box, self._column.count()
            self._place_goals()

    def _place_goals(self) -> None:
        """Keeps the goals in view above the buttons. Goals that need too much of the height scroll with the text."""
        box = self._goal_box
        if box is None:
            return
        width = self.width() - 2 * theme.CARD_PADDING
        stays = box.heightForWidth(width) <= _MOST_OF_GOALS * self.height()
        if box.parentWidget() is not (self._foot if stays else self._content):
            layout, place = (self._foot_column, 0) if stays else (self._column, self._goal_place)
            layout.insertWidget(place, box)
        box.show()

    # ---- display

    def _show(self, is_seen: bool = True) -> None:
        """Shows the state of the step; ``is_seen``: feedback or a hint that appears is scrolled into view."""
        player = self._player
        if player.lesson is None:
            return
        self._bar.show_step(player.index, len(player.lesson.steps), player.by_program)
        appeared: list[QWidget] = []
        for goal, goal_row, is_met in zip(player.step.goals, self._goals, player.met, strict=True):
            goal_row.show_state(is_met, player.is_by_program, "" if is_met else player.present(goal))
        for number, box in enumerate(self._questions):
            is_final, has_feedback = player.is_final(number), player.has_feedback
            appeared += box.show_answer(player.chosen(number), has_feedback, is_final, player.is_by_program)
        for number, hint in enumerate(self._hints):
            if number == player.hints - 1 and not hint.isVisible():
                appeared.append(hint)
            hint.setVisible(number < player.hints)
        for widget in appeared if is_seen else ():
            QTimer.singleShot(0, partial(self._bring_into_view, widget))  # once it has its height
        self._failure.setText(player.failure)
        self._failure.setVisible(bool(player.failure))
        note = texts.ALREADY_DONE if player.was_met_at_once else texts.LOCKED if player.locked else ""
        if player.is_by_program:
            note = texts.SKIPPED if player.progress.of(player.step.id).is_skipped else texts.SOLUTION_SHOWN
        note = texts.TRAINS if player.is_training else note
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._show_buttons()

    def _bring_into_view(self, widget: QWidget) -> None:
        if not sip.isdeleted(widget) and widget.isVisible():  # it may be of the step before
            self._scroll.show_whole(widget)

    def _show_buttons(self) -> None:
        player = self._player
        if player.lesson is None:
            return
        has_more = player.hints < len(player.step.hints)
        self._hint.setText(texts.HINT if has_more or not player.step.solution else texts.SHOW_SOLUTION)
        self._hint.setEnabled((has_more or bool(player.step.solution)) and not player.is_busy)
        self._back.setEnabled(player.index > 0)
        self._skip.setEnabled(bool(player.step.goals))  # else there is nothing to skip
        if self._refusal.text():
            self._show_refusal(player.skip_refusal)
        self._next.setText(texts.FINISH if player.is_last else texts.NEXT)
        self._next.setEnabled(player.is_done and not player.is_busy)
