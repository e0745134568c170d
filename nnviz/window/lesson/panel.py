"""The panel of a lesson: text, questions, fields, goals and buttons, at the left of the cards."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from math import ceil
from typing import Any

from PyQt5.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.basics.validation import NO_LAYERS, parse_hidden, parse_whole
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


# The settings of the network card, as single fields.
_NETWORK = (
    SettingField(
        "hidden",
        texts.HIDDEN,
        _step_last,
        texts.HIDDEN_TIP,
        lambda name, typed, example: tuple(parse_hidden(typed)),
        is_list=True,
    ),
    SettingField("seed", texts.SEED, step_whole(0), texts.SEED_TIP, parse_whole),
)
_ROWS = {**{row.name: row for row in _NETWORK}, **ROWS}


def _value_words(row: SettingField | SettingChoice, value: Any) -> str:
    return row.registry[value].label if isinstance(row, SettingChoice) else typed_value(value) or NO_LAYERS


class _Goal(QFrame):
    """A line of a goal: a sign, its words, and the present value."""

    def __init__(self, goal: Condition) -> None:
        super().__init__()
        self._sign = QLabel()
        self._words = named(label(keep_units(goal.phrase())), "lessonGoal")
        self._words.setWordWrap(True)
        self._present = named(label(role="muted"), "lessonGoalPresent")
        row = arranged(QHBoxLayout(self), self._sign, (self._words, 1), self._present, spacing=8)
        row.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)

    def show_state(self, is_met: bool, present: str) -> None:
        """Shows whether it is met, else the present value."""
        icon = theme.icon("circle-check", "good") if is_met else theme.icon("circle", "muted")
        self._sign.setPixmap(icon.pixmap(theme.px(16)))
        self._present.setText("" if is_met else present)
        self._words.setAccessibleDescription(texts.GOAL_DONE if is_met else f"{texts.GOAL_NOT_DONE} {present}".strip())


class LessonPanel(QFrame):
    """Shows the present step of a lesson.

    Signals:
        settings_wanted: the user turned to the settings.
        menu_wanted(QPoint): the user opens the menu, at that place of the screen.
        close_wanted: the user leaves the lesson.
        report_wanted: the user has finished, and wants a report.
        finish_wanted: the user leaves the last step.
    """

    settings_wanted = pyqtSignal()
    menu_wanted = pyqtSignal(object)
    close_wanted = pyqtSignal()
    report_wanted = pyqtSignal()
    finish_wanted = pyqtSignal()

    def __init__(self, session: Session, player: LessonPlayer) -> None:
        super().__init__()
        self._session, self._player = session, player
        named(self, "lessonPanel", texts.LESSON_NAME)
        self._head = LessonHead(LESSON)
        self._head.turned.connect(self.settings_wanted)
        self._head.menu_wanted.connect(self.menu_wanted)
        self._head.close_wanted.connect(self.close_wanted)
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
        arranged(QVBoxLayout(self), self._head, (body, 1), margins=(theme.GAP, theme.GAP, 0, theme.GAP))
        self._goals: list[_Goal] = []
        self._goal_box: QFrame | None = None
        self._goal_place = 0  # in the column, if they scroll with the text
        self._skip_timer = QTimer(self)
        self._skip_timer.setSingleShot(True)
        self._skip_timer.setTimerType(Qt.TimerType.PreciseTimer)  # others may be early
        self._skip_timer.timeout.connect(self._show_buttons)
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
            (self._skip, self._player.skip),
            (self._next, self._show_next),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, act=act: act())
        buttons = arranged(QHBoxLayout(), self._back, self._hint, self._skip, 1, self._next, spacing=6)
        margins = (theme.CARD_PADDING, 8, theme.CARD_PADDING, theme.CARD_PADDING)
        self._foot_column = arranged(QVBoxLayout(self._foot), buttons, spacing=8, margins=margins)

    def _show_next(self) -> None:
        if self._player.is_last:
            self.finish_wanted.emit()
        else:
            self._player.next()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(_WIDTH), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(_LEAST_WIDTH), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_goals()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._await_skip()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._skip_timer.stop()

    def _await_skip(self) -> None:
        """Enables *Skip* after the time that is left, while the lesson is shown."""
        if self._player.lesson is not None and self.isVisible():
            self._skip_timer.start(max(0, ceil(1000 * self._player.seconds_to_skip)))

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
        self._bar.show_step(player.index, len(lesson.steps))
        self._head.show_step(player.index + 1, len(lesson.steps))
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
        if player.is_last:
            button = QPushButton(texts.REPORT_BUTTON)
            report = named(button, "lessonReportButton", texts.REPORT_NAME, texts.REPORT_TIP)
            report.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            report.clicked.connect(lambda: self.report_wanted.emit())
            self._column.addWidget(report, 0, Qt.AlignmentFlag.AlignLeft)
            report.show()
        self._column.addStretch(1)
        self._order_focus()
        self._await_skip()
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
        chain = [self._head.more, *inside, self._back, self._hint, self._skip, self._next]
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
        width = self.width() - 2 * theme.CARD_PADDING - theme.GAP
        stays = box.heightForWidth(width) <= _MOST_OF_GOALS * self.height()
        if box.parentWidget() is not (self._foot if stays else self._content):
            layout, place = (self._foot_column, 0) if stays else (self._column, self._goal_place)
            layout.insertWidget(place, box)
        box.show()

    # ---- display

    def _show(self, is_seen: bool = True) -> None:
        """Shows the state of the step; ``is_seen``: a verdict or hint that appears is scrolled into view."""
        player = self._player
        if player.lesson is None:
            return
        for goal, row, is_met in zip(player.step.goals, self._goals, player.met, strict=True):
            row.show_state(is_met, "" if is_met else player.present(goal))
        for box, chosen in zip(self._questions, player.answers, strict=True):
            judged = box.show_answer(chosen, player.has_feedback, player.is_resolved)
            for verdict in judged if is_seen else ():
                QTimer.singleShot(0, partial(self._scroll.show_whole, verdict))  # once it has its height
        for number, hint in enumerate(self._hints):
            is_new = number == player.hints - 1 and not hint.isVisible()
            hint.setVisible(number < player.hints)
            if is_new:
                QTimer.singleShot(0, partial(self._scroll.show_whole, hint))  # once it has its height
        self._failure.setText(player.failure)
        self._failure.setVisible(bool(player.failure))
        note = texts.ALREADY_DONE if player.was_met_at_once else texts.LOCKED if player.locked else ""
        note = texts.TRAINS if player.is_training else note
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._show_buttons()

    def _show_buttons(self) -> None:
        player = self._player
        if player.lesson is None:
            return
        has_more = player.hints < len(player.step.hints)
        self._hint.setText(texts.HINT if has_more or not player.step.solution else texts.SHOW_SOLUTION)
        self._hint.setEnabled((has_more or bool(player.step.solution)) and not player.is_busy)
        self._back.setEnabled(player.index > 0)
        self._skip.setEnabled(player.can_skip)
        later = texts.SKIP_AFTER_TRY if player.step.questions and player.has_feedback else texts.SKIP_AFTER_TIME
        self._skip.setToolTip(texts.SKIP_TIP if player.can_skip or player.is_done else later)
        self._next.setText(texts.FINISH if player.is_last else texts.NEXT)
        self._next.setEnabled(player.is_done and not player.is_busy)
