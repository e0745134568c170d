"""The main window: head bar, toolbar, cards. It holds no state of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QMoveEvent, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QMainWindow,
    QMenuBar,
    QWidget,
)

from engine.storage import is_network_file
from nnviz.cards.curves.card import CurvesPanel
from nnviz.cards.registry import WORKSPACES
from nnviz.cards.run_bar.run_block import RunBlock
from nnviz.cards.run_bar.run_status import RunStatus
from nnviz.cards.runs.storage import StorageModel
from nnviz.cards.settings.settings_card import SettingsCard
from nnviz.cards.stage.card import StagePanel
from nnviz.formatting import text
from nnviz.jobs.timing import TimeBudget
from nnviz.library import is_exported_run
from nnviz.session.hints import HINTS
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Panel
from nnviz.window import arrangement
from nnviz.window.arrangement import ScreenFit
from nnviz.window.card_actions import CardActions
from nnviz.window.compare_key import CompareKey
from nnviz.window.data_dialogs import DataDialogs
from nnviz.window.film.dialogs import FilmDialogs
from nnviz.window.focus_order import focus_order
from nnviz.window.frame import Frame
from nnviz.window.head_bar import HeadBar
from nnviz.window.help import HelpWindows
from nnviz.window.idle_preload import IdlePreload
from nnviz.window.import_overlay import ImportOverlay, path_of
from nnviz.window.lesson.lesson_files import SUFFIXES
from nnviz.window.lesson.lessons import Lessons
from nnviz.window.menus import Menus
from nnviz.window.message_bar import AnnouncementBar, MessageBar
from nnviz.window.network_dialogs import NetworkDialogs
from nnviz.window.preferences import Preferences
from nnviz.window.presentation import Presentation
from nnviz.window.preset_dialogs import PresetDialogs
from nnviz.window.run_dialogs import RunDialogs
from nnviz.window.time_keys import TimeKeys
from nnviz.window.user_example_dialogs import UserExampleDialogs

if TYPE_CHECKING:  # made when Runs is shown
    from nnviz.cards.comparison.curves_card import ComparedCurvesPanel
    from nnviz.cards.runs.card import RunsCard
    from nnviz.cards.sweep.card import SweepPage

_SECONDS_BETWEEN_TITLES = 0.1  # at least, while it learns
_WAIT_FOR_FILM = 200  # milliseconds that closing waits for a cancelled film
_STARTED_SLOWLY = "slow_start"  # name of the preference that is set by the first run
_LOW = 620  # pixels of the window, below which the run block is tight
_FARTHEST = 1_000_000  # numbers in the settings file beyond it are damaged


class MainWindow(QMainWindow):
    """Puts the cards into their frame and connects menu actions to the session.

    Attributes:
        session: the model.
        canvas: the drawing canvas.
        panels: the cards that were made so far.
        head: the bar at the top.
        ended_whole: whether all threads had ended when the window closed.

    Signals:
        closed: the window has closed, and its session.
        full_screen_changed(bool): the window fills the screen, or no longer does.
    """

    closed = pyqtSignal()
    full_screen_changed = pyqtSignal(bool)
    application: QApplication
    follows_system = False  # whether the theme follows the system's

    def __init__(self, session: Session, preferences: Preferences) -> None:
        super().__init__()
        self.session = session
        self._preferences = preferences
        self._close_without_asking = False
        self._screen_fit: ScreenFit | None = None
        self.ended_whole = True
        self.dialogs = NetworkDialogs(self, session, preferences)
        self.data_dialogs = DataDialogs(self, session, preferences)
        self.setObjectName("mainWindow")
        self.setWindowIcon(theme.icon("nnviz"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a click outside the fields leaves them
        self.head = HeadBar(session.records, WORKSPACES)
        self.setMenuWidget(self.head)
        self._add_frame()
        self.cards = CardActions(self._frame, self.dialogs, session)
        self.films = FilmDialogs(self)
        self.preset_dialogs = PresetDialogs(self)
        self.settings.training.save_wanted.connect(self.preset_dialogs.ask)
        self.settings.training.delete_wanted.connect(self.preset_dialogs.delete_current)
        self.run_dialogs = RunDialogs(self, self._frame, preferences)
        self.help = HelpWindows(self, self.menuBar())
        self.compare_key = CompareKey(session.side_by_side)
        self.lessons = Lessons(self, session, self._frame, preferences)
        self.lessons.changed.connect(self._show_lesson_mark)
        self.head.lesson_wanted.connect(lambda: self.lessons.show(True))
        self._menus = Menus(self.menuBar(), self, preferences)
        self.presentation = Presentation(self, self._frame)
        self.head.switch.chosen.connect(self.show_workspace)
        self._time_keys = TimeKeys(self, session.timeline)
        for signal in (self.cards.done, self.films.maker.done):
            signal.connect(session.messages.announce)
        reporting = (
            session.exchange.status_changed,
            session.models[StorageModel].status_changed,
            session.sweeps.status_changed,
        )
        for signal in reporting:
            signal.connect(self.head.show_activity)
        session.files.activity_changed.connect(lambda: self.head.show_activity(session.files.activity))
        session.sweeps.shown.connect(self._show_in_runs)
        self.user_example_dialogs = UserExampleDialogs(self, self._frame.cards["ownPage"])
        self.resize(1440, 900)
        self._restore()
        for signal in (self.lessons.changed, theme.changed, self.settings.step_buttons_left):
            signal.connect(self._fit_run_block)
        self.closed.connect(IdlePreload(session, self._made_later(), self).end)
        self._remember_changes()
        self._title_due = TimeBudget(_SECONDS_BETWEEN_TITLES, 0)
        for signal in (session.runs.file_changed, session.training.state_changed):
            signal.connect(self._show_title)
        session.runs.history_changed.connect(self._show_epoch)
        session.data.changed.connect(lambda: self._menus.show_cards(self._frame.shown))
        session.messages.changed.connect(self._show_message)
        session.messages.announced.connect(self._show_announcement)
        self._show_title()
        self._show_message()
        self._left: QWidget | None = None  # the field that gave up the focus, from which Tab continues
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._note_focus)
        self._frame.setFocus()  # no control has the focus at first

    # ---- building

    def menuBar(self) -> QMenuBar:
        """Returns the menu bar, which is a part of the head bar; Qt's own method would replace the head bar."""
        return self.head.menus

    def _show_lesson_mark(self) -> None:
        """Shows where a lesson is that is open behind the settings."""
        is_behind = self.lessons.is_open and not self.lessons.is_in_front
        self.head.show_lesson(self.lessons.position if is_behind else "")

    def _fit_run_block(self) -> None:
        """Leaves more of the column to a lesson, and to what stands there in a low window or with large texts."""
        if self.presentation.is_on:
            return
        is_lesson = self.lessons.is_in_front
        self.run_block.set_tight(is_lesson or self.height() < theme.px(_LOW))
        self.run_block.show_steps(is_lesson or self.settings.has_room_for_step_buttons)
        self._frame.fit_foot()

    def _add_frame(self) -> None:
        self._frame = Frame(self.session, self)
        self.setCentralWidget(self._frame)
        self.run_block = RunBlock(self.session)
        self._frame.add_foot(self.run_block)
        self._frame.added.connect(self._connect_seeds)
        self.panels = self._frame.panels
        self.stage: StagePanel = self._frame.cards["stagePanel"]
        self.draw = self.stage.input
        self.curves: CurvesPanel = self._frame.cards["curvesDock"]
        self.curves.foot.film_wanted.connect(lambda: self.films.of_window())
        self.curves.headline.take(RunStatus(self.session, self.run_block.train))
        band = self.curves.band
        band.export.triggered.connect(lambda: self.cards.export_table("Predictions over time", band.table))
        self.settings: SettingsCard = self._frame.cards["settingsCard"]
        self.canvas = self.draw.canvas
        self.settings.data.file_wanted.connect(self.data_dialogs.open_data)
        self.settings.data.folder_wanted.connect(self.data_dialogs.open_folder)
        self.message_bar = MessageBar(self._frame)
        self.message_bar.hide()
        self.message_bar.dismissed.connect(self.session.messages.dismiss)
        self.message_bar.chosen.connect(self.session.messages.choose)
        self._frame.changed.connect(self._place_message)
        self.session.queries.want(self, (HINTS,), True)
        self.curves.headline.why_wanted.connect(self._explain_hint)
        self.announcement_bar = AnnouncementBar(self, self._areas_for_announcements)
        self.announcement_bar.hide()
        self.announcement_bar.dismissed.connect(self.session.messages.end_announcement)
        self.announcement_bar.chosen.connect(self.session.messages.choose_announced)
        self.import_overlay = ImportOverlay(self.session, self._frame)

    def _connect_seeds(self, card: QWidget) -> None:
        """Lets the chart of Runs show the button of seeds while the list is not shown, as in a lesson."""
        if card.objectName() == "runsDock":
            runs, chart = cast("RunsCard", card), cast("ComparedCurvesPanel", self._frame.cards["theirCurvesDock"])
            runs.in_view_changed.connect(lambda in_view: runs.take_seeds() if in_view else chart.take(runs.seeds))

    def _made_later(self) -> Iterator[None]:
        """Makes what will be needed, by other data and an import first, a piece at a time."""
        for card in list(self._frame.cards.values()):
            if isinstance(card, Panel):
                yield from card.prepare()
        yield from self.import_overlay.prepare()

    def card(self, name: str) -> QWidget:
        """Returns the card of that name, if its workspace was shown. Raises KeyError."""
        return self._frame.cards[name]

    @property
    def workspaces(self) -> dict[str, str]:
        """The titles of the workspaces, by name."""
        return WORKSPACES

    @property
    def workspace(self) -> str:
        return self._frame.workspace

    def show_workspace(self, name: str) -> None:
        """Arranges the cards as in that workspace. Raises ValueError if there is none of that name (yet)."""
        focused: QWidget | None = self.focusWidget()
        self.cards.put_back()
        self._frame.show_workspace(name)
        if focused is not None and not focused.isVisible() and self.focusWidget() is not None:
            self.focusWidget().clearFocus()  # Qt moved it to the first control
        self.head.switch.show_chosen(name)
        self._menus.show_cards(self._frame.shown)
        self.lessons.follow_workspace()

    def type_epoch(self) -> None:
        """Opens the field of the displayed epoch, in a workspace that has it."""
        if not self.curves.isVisible():
            self.show_workspace("train")
        self.curves.foot.type_epoch()

    def _show_in_runs(self, sweep: int) -> None:
        """Shows the Runs workspace, with the sweep of that number; 0 for the compared runs."""
        self.show_workspace("runs")
        if sweep:
            self.session.sweeps.selected.emit(sweep)

    def show_sweep_form(self) -> None:
        """Shows the form of a sweep, with the focus in it."""
        self.show_workspace("runs")
        page: SweepPage = self._frame.cards["sweepPage"]
        page.open()

    # ---- theme and layout

    def set_theme(self, name: str) -> None:
        """Sets the theme: "dark", "light", or "system" for the one that the system prefers."""
        self.follows_system = name not in theme.THEMES
        theme.apply(self.application, name)

    def set_text_size(self, percent: int) -> None:
        """Sets the size of all texts in percent, and stores it unless it is that of the presentation.

        Sizes beyond the smallest or largest are those.
        """
        theme.apply(self.application, theme.current().name, theme.within(percent))
        if not self.presentation.is_on:
            self._preferences.set("text_size", theme.text_size())

    def toggle_presentation(self) -> None:
        """Begins the presentation, which fills the screen, or ends it: then the window is as it was before."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def changeEvent(self, event: QEvent) -> None:
        """Follows the system's theme, which may have changed, when the window becomes active again."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.presentation.follow()
            self.full_screen_changed.emit(self.isFullScreen())
        is_back = event.type() == QEvent.Type.ActivationChange and self.isActiveWindow()
        if is_back and self.follows_system and theme.system_theme() != theme.current().name:
            self.set_theme("system")

    def default_sizes(self) -> None:
        """Gives the cards of the workspace the sizes of the first start."""
        self.cards.put_back()
        self._frame.default_sizes()

    def focus_panel(self, panel: QWidget) -> None:
        """Moves the focus to the first control of a card."""
        if self.cards.enlarged is not panel:
            self.cards.put_back()
        first = next((each for each in self._tab_order() if panel.isAncestorOf(each)), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ---- display

    def _show_epoch(self) -> None:
        """Shows the epoch; during training not every one, as epochs of small data take less than a millisecond."""
        if self._title_due.is_due or self.session.state is not Status.TRAINING:
            self._title_due.spend(0)
            self._show_title()

    def _show_title(self) -> None:
        run = self.session.runs.current
        parts = [f"{run.title.replace('[*]', '[*][*]')}[*]"]  # Qt marks unsaved work at a single one
        if self.session.state is Status.TRAINING and run.history.completed:
            parts.append(f"epoch {text.epochs(run.history.completed)} of {text.epochs(run.progress.last_epoch)}")
        self.setWindowTitle(" – ".join([*parts, "nnviz"]))
        self.setWindowModified(run.unsaved)

    def _show_message(self) -> None:
        message = self.session.messages.current
        if message is not None:
            choices = [choice.text for choice in self.session.messages.offered(message)]
            self.message_bar.show_message(message.text, message.is_error, choices)
        self.message_bar.setVisible(message is not None)
        self._place_message()

    def _explain_hint(self) -> None:
        hint = self.session.hints.current
        if hint is not None:
            self.help.guide("hints", hint.name)

    def _place_message(self) -> None:
        """Lays the message over the top of the middle; the sheet of an import begins below it."""
        is_shown = self.session.messages.current is not None
        if is_shown:
            self.message_bar.set_area(self._frame.middle(self.draw))
        self.import_overlay.set_above(self.message_bar.height() + 2 * theme.GAP if is_shown else 0)

    def _show_announcement(self) -> None:
        message = self.session.messages.announcement
        if message is not None:
            choices = [choice.text for choice in self.session.messages.offered(message)]
            self.announcement_bar.announce(message.text, choices)
        self.announcement_bar.setVisible(message is not None)

    def _areas_for_announcements(self) -> tuple[QRect, QRect]:
        """Returns the free part of the head bar, where an announcement covers nothing, and the middle."""
        free = QRect() if self.presentation.is_on else self.head.free
        return free, self._frame.middle(self.draw).translated(self._frame.pos())

    # ---- what is remembered

    def _restore(self) -> None:
        arrangement.put_in_place(self, self._preferences.document("place"))
        for name in self.workspaces:
            self._frame.shares[name] = arrangement.sound_shares(self._preferences.document(f"split/{name}"))
        workspace = self._preferences.text("workspace")
        self.show_workspace(workspace if workspace in self.workspaces else self.workspace)
        for key, (_, set_value) in self._remembered().items():
            stored = self._preferences.number(key)
            if stored is not None:
                set_value(round(min(max(stored, -_FARTHEST), _FARTHEST)))

    def keep_on_screen(self) -> None:
        """Keeps the window, frame included, on its screen. A script may set any size."""
        self._screen_fit = ScreenFit(self, arrangement.stored_frame(self._preferences.document("frame")))

    def _remembered(self) -> dict[str, tuple[Callable[[], int], Callable[[int], None]]]:
        """Returns the remembered controls by key: for each how to read its value, a whole number, and how to set it."""
        pen, curves = self.draw.pen, self.curves
        return {
            "pen_width": (pen.value, pen.setValue),  # which clips it to its range
            "root_epochs": (lambda: curves.is_root, curves.set_root),
            **{f"log_{name}": (partial(curves.is_log, name), partial(curves.set_log, name)) for name in curves.scales},
        }

    def _remember_changes(self) -> None:
        """Starts to store changes of the window."""
        for signal in (self._frame.changed, self.draw.pen.valueChanged, self.curves.scale_changed):
            signal.connect(self._preferences.touch)
        self._preferences.gathering.connect(self._remember)

    def _remember(self) -> None:
        if not self.isFullScreen():  # which knows no longer whether it was maximized
            self._preferences.set("place", arrangement.place_as_text(self))
        if self._screen_fit is not None:
            self._preferences.set("frame", arrangement.frame_as_text(self._screen_fit.frame))
        for name, shares in (self.lessons.shares or self._frame.shares).items():
            self._preferences.set(f"split/{name}", json.dumps(shares))
        self._preferences.set("workspace", self.lessons.workspace or self.workspace)
        for key, (read, _) in self._remembered().items():
            self._preferences.set(key, int(read()))

    def start_slowly(self) -> None:
        """Makes the first epoch of a new user's first run slow, so that the network is seen to learn. Once."""
        preferences = self._preferences
        if preferences.text(_STARTED_SLOWLY) or preferences.text("hints/train"):  # which older versions set
            return
        self.session.speed.started_slowly.connect(lambda: preferences.set(_STARTED_SLOWLY, "done"))
        self.session.speed.start_slowly()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._preferences.touch()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_run_block()
        self._preferences.touch()

    def close_unasked(self) -> None:
        """Closes the window without a question about unsaved networks. Files that are being saved are waited for."""
        self._close_without_asking = True
        self.close()

    def _note_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        if now is not None or before is None or before.window() is self:
            self._left = before if now is None else None

    def focusNextPrevChild(self, forward: bool) -> bool:
        order = self._tab_order()
        if not order:
            return False
        focused: QWidget | None = self.focusWidget()
        now = self._left if focused is None else focused
        place = order.index(now) + (1 if forward else -1) if now in order else (0 if forward else -1)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        order[place % len(order)].setFocus(reason)
        return True

    def _tab_order(self) -> list[QWidget]:
        """Returns what Tab reaches, in its order."""
        sheet = [self.import_overlay.sheet] if self.import_overlay.sheet is not None else []
        lesson = [self.lessons.panel] if self.lessons.is_in_front and self.lessons.panel is not None else []
        first = [*lesson, self.head.lessons_button, self.announcement_bar, self.message_bar, *sheet]
        order = focus_order(self, [*first, *self._frame.tab_places()])
        return [widget for widget in order if not self.import_overlay.covers(widget)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Presses the focused button by Return, as Space always trains.

        Esc closes help, message, layer or enlarged card, then returns to the present, then ends the presentation.

        Arrows, Home and End, if no control uses them, move through the snapshots of the run.
        """
        button = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(button, QAbstractButton):
            button.click()
        elif event.key() == Qt.Key.Key_Escape and self.help.close_all():
            pass
        elif event.key() == Qt.Key.Key_Escape and self.session.messages.current is not None:
            self.session.messages.dismiss()
        elif event.key() == Qt.Key.Key_Escape and self.import_overlay.is_open:
            self.session.data_import.cancel()
        elif self._time_keys.press(event):
            pass
        elif event.key() == Qt.Key.Key_Escape and self.stage.is_layer_open:
            self.stage.close_layer()
        elif event.key() != Qt.Key.Key_Escape or not self.cards.put_back():
            if event.key() == Qt.Key.Key_Escape:
                self.session.messages.end_announcement()
                self._end_last()
            super().keyPressEvent(event)

    def _end_last(self) -> None:
        """Returns to the present, or there ends the presentation."""
        if not self.session.timeline.is_live:
            self.session.timeline.go_live()
        elif self.presentation.is_on:
            self.toggle_presentation()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Ends the comparison side by side if its key was held."""
        if not self.compare_key.release(event):
            super().keyReleaseEvent(event)

    def open_path(self, path: str) -> None:
        """Opens a network, adds a run to the library, or shows how a file or folder of data would be understood."""
        if is_exported_run(path):
            self.run_dialogs.import_run(path)
        elif is_network_file(path):
            self.dialogs.open_path(Path(path))
        elif Path(path).suffix.lower() in SUFFIXES:
            self.lessons.open(Path(path))
        else:
            self.data_dialogs.open_path(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts files and folders: a network, data or a run. The canvas accepts images."""
        if path_of(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = path_of(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.open_path(path)

    def isVisible(self) -> bool:
        """Whether it is on the screen; False also once it is closed and gone."""
        return not sip.isdeleted(self) and super().isVisible()

    def close(self) -> bool:
        """Closes the window, perhaps after a question; returns whether it is closed. It may be gone already."""
        return sip.isdeleted(self) or super().close()

    def end(self) -> None:
        """Ends all threads, and writes preferences and pending files."""
        self.ended_whole = self.lessons.end()
        self.ended_whole &= self.films.maker.close(_WAIT_FOR_FILM)
        self.ended_whole &= self.session.close()
        self.ended_whole &= self._preferences.close()
        self.announcement_bar.time.stop()  # a file may have been saved just now

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about files waiting to be written and unsaved work, if there are any; else ends all threads."""
        if not self._close_without_asking and self.session.snapshot_files.waiting:
            event.ignore()
            self.dialogs.ask_about_waiting(self.close)
            return
        if not self._close_without_asking and self.dialogs.unsaved:
            event.ignore()
            self.dialogs.ask_before_quitting(self.close_unasked)
            return
        self._preferences.write()  # at once, because what follows may take long
        for window in (*self.findChildren(QDialog), self):
            window.hide()  # the user need not wait for the threads
        self.end()
        event.accept()
        self.closed.emit()
