"""The menus, and what their entries do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QActionGroup, QApplication, QMenu, QMenuBar, QWidget

from engine.storage import EXPORTS
from nnviz.cards.curves.player import Player
from nnviz.cards.curves.time_foot import BRANCH_TIP
from nnviz.cards.runs.seeds_button import add_seed_counts
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.fields import FieldEdit, NumberEdit
from nnviz.window.bundled_networks import bundled_files, bundled_networks
from nnviz.window.preferences import Preferences

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class Menus(QObject):
    """Fills a window's menu bar."""

    def __init__(self, bar: QMenuBar, window: MainWindow, preferences: Preferences) -> None:
        super().__init__(bar)
        self._window = window
        self._session = window.session
        self._dialogs = window.dialogs
        self._preferences = preferences
        self._of_cards: dict[QWidget, QAction] = {}  # the entries of the cards that were shown so far
        self._fill_file(bar.addMenu("&File"))
        self._fill_edit(bar.addMenu("&Edit"))
        self._fill_network(bar.addMenu("&Network"))
        self._fill_train(bar.addMenu("&Train"))
        self._fill_view(bar.addMenu("&View"))
        self._fill_help(bar.addMenu("&Help"))

    def _add(self, menu: QMenu, title: str, name: str, keys: str, slot: Callable[[], object]) -> QAction:
        action = menu.addAction(title)
        action.setObjectName(name)
        action.setShortcuts(QKeySequence.listFromString(keys))
        self._window.addAction(action)  # its keys work while the menu bar is hidden
        action.triggered.connect(lambda _=False: slot())
        return action

    def _fill_file(self, menu: QMenu) -> None:
        dialogs = self._dialogs
        self._add(menu, "&Open network …", "actionOpenNetwork", "Ctrl+O", dialogs.open_network)
        self._recent = menu.addMenu("Open &recent")
        self._recent.setObjectName("menuRecent")
        self._recent.aboutToShow.connect(lambda: dialogs.fill_recent(self._recent))
        menu.addSeparator()
        self._fill_data(menu)
        menu.addSeparator()
        save = self._add(menu, "", "actionSaveNetwork", "Ctrl+S", dialogs.save_displayed)
        ask = self._add(menu, "", "actionSaveNetworkAs", "Ctrl+Shift+S", partial(dialogs.save_displayed, asks=True))
        export = menu.addMenu("")
        export.setObjectName("menuExport")
        for each in EXPORTS:
            name = f"actionExport{each.action}"
            self._add(export, f"&{each.title} …", name, each.shortcut, partial(dialogs.export_as, each))
        self._follow_moment(save, ask, export)
        runs = self._window.run_dialogs
        self._add(menu, "Export &whole run …", "actionExportWholeRun", "Ctrl+Shift+E", runs.export_current)
        menu.addSeparator()
        self._add(menu, "&Import a run …", "actionImportRun", "Ctrl+I", runs.choose_to_import)
        records = self._session.records
        keep = self._add(menu, "Record r&uns in the library", "actionKeepRuns", "Ctrl+Alt+K", records.toggle)
        keep.setCheckable(True)
        keep.setChecked(records.is_on)
        records.changed.connect(lambda: keep.setChecked(records.is_on))
        menu.addSeparator()
        lessons = self._window.lessons
        self._add(menu, "Open &lesson …", "actionOpenLesson", "Ctrl+Shift+L", lessons.files.choose)
        close = self._add(menu, "&Close lesson", "actionCloseLesson", "Ctrl+Alt+W", lessons.close)
        lessons.changed.connect(lambda: close.setEnabled(lessons.is_open))
        close.setEnabled(False)
        self._add(menu, "Sa&ve as lesson start …", "actionSaveLessonStart", "Ctrl+Alt+N", lessons.save_start)
        menu.addSeparator()
        self._add(menu, "&Quit", "actionQuit", "Ctrl+Q", self._window.close)

    def _follow_moment(self, save: QAction, ask: QAction, export: QMenu) -> None:
        """Shows in the entries that files get the network of the displayed snapshot."""
        timeline = self._session.timeline

        def show() -> None:
            of = "" if timeline.epoch is None else f" of {self._session.runs.current.epoch_text(timeline.epoch)}"
            save.setText(f"&Save network{of}{' …' if of else ''}")
            ask.setText(f"Save network{of} &as …")
            export.setTitle(f"&Export{f' network{of}' if of else ''}")

        timeline.changed.connect(show)
        show()

    def _fill_data(self, menu: QMenu) -> None:
        data = self._window.data_dialogs
        self._add(menu, "Open &data …", "actionOpenData", "Ctrl+D", data.open_data)
        self._add(menu, "Open &folder of images …", "actionOpenFolder", "Ctrl+Shift+D", data.open_folder)
        painting = self._session.painting
        paint = self._add(menu, "&Paint points", "actionPaintPoints", "Ctrl+P", painting.toggle)
        paint.setCheckable(True)
        painting.changed.connect(lambda: paint.setChecked(painting.is_on))
        self._recent_data = menu.addMenu("Recent da&ta")
        self._recent_data.setObjectName("menuRecentData")
        self._recent_data.aboutToShow.connect(lambda: data.fill_recent(self._recent_data))

    def _fill_edit(self, menu: QMenu) -> None:
        """Fills the Edit menu. One undo serves settings, networks and canvas."""
        session = self._session
        self._undo = self._add(menu, "&Undo", "actionUndo", "Ctrl+Z", self._undo_step)
        self._redo = self._add(menu, "&Redo", "actionRedo", "Ctrl+Shift+Z; Ctrl+Y", session.undo.redo)
        session.undo.changed.connect(self._show_undo)
        self._session.settings.problems_changed.connect(self._show_undo)
        self._session.training.state_changed.connect(self._show_undo)
        self._show_undo()
        menu.addSeparator()
        self._fill_asking(menu)
        menu.addSeparator()
        self._add(menu, "Switch the neuron &off or on", "actionSwitchNeuron", "S", session.edits.switch_chosen)
        menu.addSeparator()
        mistakes = session.mistakes
        next_one = self._add(menu, "&Next mistake", "actionNextMistake", "N", mistakes.next_mistake)
        mistakes.changed.connect(lambda: next_one.setEnabled(mistakes.found is not None))
        next_one.setEnabled(mistakes.found is not None)

    def _fill_asking(self, menu: QMenu) -> None:
        """Fills the entries about the input, which depend on the kind of data."""
        session, draw = self._session, self._window.draw
        undo, pen = session.sketch.undo_stroke, draw.toggle_eraser
        stroke = self._add(menu, "Undo on the can&vas", "actionUndoStroke", "Ctrl+Backspace", undo)
        clear = self._add(menu, "", "actionClearDrawing", "Ctrl+Delete", draw.clear)
        eraser = self._add(menu, "Pen or &eraser", "actionEraser", "X", pen)
        paste = self._add(menu, "&Paste image", "actionPastePicture", "Ctrl+V", draw.paste)
        random = self._add(menu, "", "actionRandomDigit", "Ctrl+T", draw.show_random_digit)
        self._add(menu, "&Keep as your own example …", "actionKeepExample", "K", draw.keeping.open)

        def follow_data() -> None:
            for action in (stroke, eraser):
                action.setEnabled(draw.is_drawn)
            paste.setEnabled(draw.takes_pictures)
            clear.setText("&Clear drawing" if draw.is_drawn else f"Reset the {draw.noun}")
            random.setText(f"Random test &{draw.noun}")
            random.setEnabled(draw.can_pick)

        session.data.changed.connect(follow_data)
        follow_data()

    def _undo_step(self) -> None:
        """Drops wrong values in fields, or the network that is being built; else undoes the last step."""
        if self._session.settings.has_wrong_values:
            self._session.settings.forget_problems()
        elif self._session.replacement.is_replacing:
            self._session.replacement.cancel()
        else:
            self._session.undo.undo()

    def _show_undo(self) -> None:
        undo, redo = self._session.undo.last(), self._session.undo.next
        first = undo.text if undo else None
        if self._session.replacement.is_replacing:
            first = "new network"
        if self._session.settings.has_wrong_values:
            first = "wrong values"
        for action, verb, what in ((self._undo, "&Undo", first), (self._redo, "&Redo", redo.text if redo else None)):
            action.setEnabled(what is not None)
            action.setText(f"{verb} {text.entry(what or '')}".rstrip())

    def _fill_network(self, menu: QMenu) -> None:
        """Fills the menu of included networks; hidden if there are none."""
        menu.setObjectName("menuNetwork")
        self._shipped = menu.addMenu("Included network&s")
        self._shipped.setObjectName("menuShipped")
        self._shipped.aboutToShow.connect(self._show_shipped)
        menu.menuAction().setVisible(bool(bundled_files()))

    def _show_shipped(self) -> None:
        """Fills the menu when it opens, so that the files are not read at the start."""
        self._shipped.clear()
        self._shipped.setToolTipsVisible(True)
        for number, shipped in enumerate(bundled_networks(), start=1):
            action = self._shipped.addAction(f"&{number}  {text.entry(shipped.label)}")
            action.setObjectName(f"actionShipped{number}")
            action.setToolTip("Opens a copy of this network. Saving it asks for a new file.")
            action.triggered.connect(lambda _, shipped=shipped: self._dialogs.open_path(shipped.path, shipped.title))

    def _fill_train(self, menu: QMenu) -> None:
        session = self._session
        self._add(menu, "&Train / pause", "actionTrain", "Space", self._toggle)
        seeds = self._add(menu, "", "actionSeeds", "Ctrl+Shift+T", self._toggle_seeds)
        self._fill_seed_counts(menu)
        self._add(menu, "S&weep …", "actionSweep", "Ctrl+Shift+W", self._window.show_sweep_form)
        self._add(menu, "One &batch", "actionStepBatch", "B", session.step_batch)
        self._add(menu, "One &epoch", "actionStepEpoch", "E", session.step_epoch)
        slow = self._add(menu, "Sl&ow", "actionSpeed", "L", session.speed.toggle)
        slow.setCheckable(True)
        session.speed.changed.connect(lambda: slow.setChecked(session.speed.is_slow))
        menu.addSeparator()
        self._fill_time(menu)
        menu.addSeparator()
        find = self._add(menu, "&Find learning rate", "actionFindRate", "Ctrl+L", self._window.settings.find_rate)
        session.data.changed.connect(lambda: find.setEnabled(session.data.dataset is not None))
        find.setEnabled(session.data.dataset is not None)
        menu.addSeparator()
        self._fill_presets(menu)
        menu.addSeparator()
        tune = self._add(menu, "F&ine-tune", "actionFineTune", "Ctrl+Shift+N", session.training.fine_tune)
        session.training.state_changed.connect(lambda: tune.setEnabled(session.training.can_fine_tune))
        tune.setEnabled(session.training.can_fine_tune)
        reset = self._add(menu, "&Reset network", "actionReset", "Ctrl+R", session.reset)
        # A new network would not agree with the fields.
        session.settings.problems_changed.connect(lambda: reset.setEnabled(not session.settings.problems))
        self._follow_seeds(seeds)

    def _fill_presets(self, menu: QMenu) -> None:
        dialogs, session = self._window.preset_dialogs, self._session
        self._add(menu, "Save settin&gs as preset …", "actionSavePreset", "Ctrl+Alt+P", dialogs.ask)
        delete = self._add(menu, "", "actionDeletePreset", "Ctrl+Alt+X", dialogs.delete_current)

        def show() -> None:
            preset = dialogs.current
            delete.setText(f"&Delete preset {text.entry(preset.name)}" if preset is not None else "&Delete preset")
            delete.setEnabled(preset is not None)

        for signal in (session.settings.changed, session.user_presets.changed, session.data.changed):
            signal.connect(show)
        show()

    def _fill_seed_counts(self, menu: QMenu) -> None:
        """Adds the choice of how many seeds are trained."""
        sweeps = self._session.sweeps
        counts = menu.addMenu("N&umber of seeds")
        counts.menuAction().setObjectName("actionSeedsCount")
        for count, entry in add_seed_counts(counts, sweeps).items():
            entry.setObjectName(f"actionSeeds{count}")
            entry.setShortcut(QKeySequence(f"Ctrl+Alt+{str(count)[0]}"))

        def show() -> None:
            counts.menuAction().setEnabled(sweeps.plan_progress is None)

        sweeps.changed.connect(show)
        show()

    def _follow_seeds(self, action: QAction) -> None:
        sweeps = self._session.sweeps

        def show() -> None:
            is_going = sweeps.plan_progress is not None
            action.setText("Stop &seeds" if is_going else f"Train with {sweeps.seeds} &seeds")
            action.setEnabled(is_going or sweeps.reason_unavailable is None)

        sweeps.changed.connect(show)
        show()

    def _fill_time(self, menu: QMenu) -> None:
        """Fills the menu of the timeline. Plain arrow keys do the same if no control takes them."""
        timeline, player = self._session.timeline, self._session.models[Player]
        back = self._add(menu, "E&arlier snapshot", "actionEarlier", "Ctrl+Left; Alt+Left", partial(timeline.step, -1))
        on = self._add(menu, "&Later snapshot", "actionLater", "Ctrl+Right; Alt+Right", partial(timeline.step, 1))
        live = self._add(menu, "Bac&k to now", "actionLive", "Ctrl+End", timeline.go_live)
        play = self._add(menu, "Re&play or stop", "actionPlay", "P", player.toggle)
        compared = self._session.side_by_side
        compare = self._add(menu, "&Compare side by side", "actionCompare", "C", self._window.compare_key.press)
        compare.setCheckable(True)
        compare.setAutoRepeat(False)
        branch = self._add(menu, "Branch fro&m here", "actionBranch", "Ctrl+B", timeline.branch)
        branching = self._session.branching
        menu.setToolTipsVisible(True)
        self._add(menu, "Film of the trai&ning …", "actionFilm", "Ctrl+M", self._window.films.of_window)

        def show() -> None:
            for action in (back, play):
                action.setEnabled(timeline.has_past)
            for action in (on, live):
                action.setEnabled(not timeline.is_live)
            compare.setEnabled(bool(compared.kinds) or compared.is_wanted)
            compare.setChecked(compared.is_on)
            branch.setEnabled(branching.reason_unavailable is None)
            branch.setToolTip(branching.reason_unavailable or BRANCH_TIP)

        branching.changed.connect(show)
        compared.changed.connect(show)
        show()

    def _toggle(self) -> None:
        _take_typed()
        self._session.training.toggle()

    def _toggle_seeds(self) -> None:
        _take_typed()
        self._session.sweeps.toggle()

    def _fill_view(self, menu: QMenu) -> None:
        menu.setObjectName("menuView")
        for number, (name, title) in enumerate(self._window.workspaces.items(), start=1):
            choose = partial(self._window.show_workspace, name)
            self._add(menu, f"Workspace {title}", f"actionWorkspace{number}", f"Ctrl+{number}", choose)
        menu.addSeparator()
        self._view, self._below_cards = menu, menu.addSeparator()
        go = self._add(menu, "Go &to epoch …", "actionGoToEpoch", "Ctrl+G", self._window.type_epoch)
        timeline = self._session.timeline
        for signal in (timeline.extended, timeline.changed):
            signal.connect(lambda: go.setEnabled(timeline.has_past))
        go.setEnabled(timeline.has_past)
        menu.addSeparator()
        enlarge = self._window.cards.toggle
        self._add(menu, "&Enlarge card / back", "actionEnlargeCard", "Ctrl+Return; Ctrl+Enter", enlarge)
        self._add(menu, "Default si&zes", "actionDefaultLayout", "Ctrl+0", self._window.default_sizes)
        full = self._add(menu, "&Presentation", "actionFullScreen", "F11", self._window.toggle_presentation)
        full.setCheckable(True)
        self._window.full_screen_changed.connect(full.setChecked)
        menu.addSeparator()
        self._fill_text_size(menu)
        menu.addSeparator()
        group = QActionGroup(self)
        chosen = self._preferences.text("theme", "system")
        for title, name in (("Follow the &system", "System"), ("&Dark", "Dark"), ("&Light", "Light")):
            choose = partial(self._choose_theme, name.lower())
            action = self._add(menu, title, f"actionTheme{name}", f"Ctrl+Alt+{name[0]}", choose)
            action.setCheckable(True)
            action.setChecked(name.lower() == chosen)
            group.addAction(action)

    def _fill_text_size(self, menu: QMenu) -> None:
        # Plus needs Shift on many keyboards: there the key alone is "=".
        self._larger = self._add(
            menu, "Lar&ger text", "actionLargerText", "Ctrl++; Ctrl+=", partial(self._step_text, 1)
        )
        self._smaller = self._add(menu, "S&maller text", "actionSmallerText", "Ctrl+-", partial(self._step_text, -1))
        back = partial(self._window.set_text_size, theme.SIZES[0])
        self._default_text = self._add(menu, "Default te&xt size", "actionDefaultTextSize", "Ctrl+Alt+0", back)
        theme.changed.connect(self._show_text_size)
        self._show_text_size()

    def _show_text_size(self) -> None:
        size = theme.text_size()
        self._larger.setEnabled(size < theme.SIZES[-1])
        self._smaller.setEnabled(size > theme.SIZES[0])
        self._default_text.setEnabled(size != theme.SIZES[0])

    def _step_text(self, direction: int) -> None:
        size = theme.text_size()
        others = [each for each in theme.SIZES if (each - size) * direction > 0]
        if others:
            self._window.set_text_size(others[0] if direction > 0 else others[-1])

    def show_cards(self, panels: list[QWidget]) -> None:
        """Lists the cards of a workspace in the View menu; each entry moves the focus to its card."""
        for action in self._of_cards.values():
            self._view.removeAction(action)
            self._window.removeAction(action)
        for number, panel in enumerate(panels, start=1):
            action = self._of_cards.get(panel) or self._card_entry(panel)
            action.setObjectName(f"actionView{number}")
            action.setShortcut(QKeySequence(f"Alt+{number}"))
            self._view.insertAction(self._below_cards, action)
            self._window.addAction(action)  # its key works while the menu bar is hidden

    def _card_entry(self, panel: QWidget) -> QAction:
        action = self._of_cards[panel] = QAction(panel.windowTitle(), self._view)
        action.triggered.connect(lambda: self._window.focus_panel(panel))
        panel.windowTitleChanged.connect(action.setText)
        return action

    def _fill_help(self, menu: QMenu) -> None:
        window = self._window
        menu.setObjectName("menuHelp")
        self._add(menu, "&What is this?", "actionHelp", "F1", window.help.help_here)
        lessons = menu.addMenu("&Lessons")  # also that of the button in the head bar
        lessons.setObjectName("menuLessons")
        lessons.aboutToShow.connect(lambda: window.lessons.files.fill_menu(lessons))
        window.head.lessons_button.setMenu(lessons)
        self._add(menu, "User &guide", "actionGuide", "Ctrl+Shift+F1", lambda: window.help.guide())
        self._add(menu, "&Shortcuts", "actionShortcuts", "Ctrl+F1", window.help.shortcuts)
        hints = self._session.hints
        again = self._add(menu, "Show dismissed &hints again", "actionHintsAgain", "Ctrl+Alt+H", hints.restore)
        hints.dismissed_changed.connect(lambda: again.setEnabled(bool(hints.dismissed)))
        again.setEnabled(bool(hints.dismissed))
        menu.addSeparator()
        self._add(menu, "&About nnviz", "actionAbout", "Shift+F1", window.help.about)

    def _choose_theme(self, name: str) -> None:
        self._preferences.set("theme", name)
        self._window.set_theme(name)


def _take_typed() -> None:
    """Commits a text that was typed into a field and not entered yet."""
    field = QApplication.focusWidget()
    if isinstance(field, FieldEdit | NumberEdit) and field.is_typed:
        field.clearFocus()
