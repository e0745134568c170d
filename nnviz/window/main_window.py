"""The main window: toolbar, docks, status line. No logic: it asks the session, and the person."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeyEvent
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QMainWindow,
    QMessageBox,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from nnviz import __version__
from nnviz.look import text, theme
from nnviz.panels.curves import CurvesPanel
from nnviz.panels.distributions import DistributionsPage
from nnviz.panels.draw import DrawPanel
from nnviz.panels.learning_strip import LearningStripPanel
from nnviz.panels.prediction import PredictionPanel
from nnviz.panels.run_bar import RunBar
from nnviz.panels.settings.data import DataPanel
from nnviz.panels.settings.network import NetworkPanel
from nnviz.panels.settings.training import TrainingPanel
from nnviz.panels.weights import WeightsPanel
from nnviz.session.session import Session
from nnviz.session.training import Status
from nnviz.widgets.card import ColumnDock, label
from nnviz.widgets.column import ScrollColumn
from nnviz.widgets.message_bar import MessageBar
from nnviz.widgets.steady import Steady
from nnviz.window.card_actions import CardActions
from nnviz.window.dialogs import NetworkDialogs
from nnviz.window.focus_order import focus_order
from nnviz.window.help import HelpWindows
from nnviz.window.hints import Hints
from nnviz.window.menus import Menus

_LEFT, _CENTRE, _RIGHT = 290, 812, 298
_LONGEST = 7  # digits of a number that is remembered
_NEWS = 5000  # milliseconds that what was done stays news
_ABOUT = """<b>nnviz {version}</b><br>
A window in which a neural network learns while you watch. The network is plain numpy.<br><br>
Our code: MIT licence. PyQt5: GPL-3.0. MNIST: LeCun, Cortes, Burges, CC BY-SA 3.0.
Font: Inter, OFL 1.1. Icons: Lucide, ISC."""


class MainWindow(QMainWindow):
    """Puts panels into docks and wires menu actions to the session.

    Attributes:
        session: the model.
        canvas: the drawing canvas.
        docks: in the order of the View menu.
        ended_whole: whether every thread had ended when the window closed.

    Signals:
        closing: nobody was against it, and the session still lives.
    """

    closing = pyqtSignal()
    application: QApplication
    follows_system = False  # whether the system's colours are to be ours

    def __init__(self, session: Session, settings: QSettings) -> None:
        super().__init__()
        self.session = session
        self._settings = settings
        self._close_without_asking = False
        self.ended_whole = True
        self.dialogs = NetworkDialogs(self, session, settings)
        self.setObjectName("mainWindow")
        self.setWindowIcon(theme.app_icon())
        self.setContextMenuPolicy(Qt.NoContextMenu)
        self.setFocusPolicy(Qt.ClickFocus)  # a click beside the fields leaves them
        self._add_toolbar()
        self._add_docks()
        self.cards = CardActions(self._host, self.docks, self.dialogs, session)
        self.help = HelpWindows(self, self.menuBar())
        self._menus = Menus(self.menuBar(), self, settings)
        self._add_status()
        self.resize(1440, 900)
        self._restore()
        controls = {"train": self.run_bar.status, "draw": self.canvas, "change": self.network}
        self.hints = Hints(self, session, settings, controls, self.canvas)
        for signal in (
            session.runs.file_changed,
            session.runs.replaced,
            session.runs.history_changed,
            session.training.state_changed,
        ):
            signal.connect(self._show_title)
        session.messages.changed.connect(self._show_message)
        session.files.activity_changed.connect(lambda: self._show_activity(session.files.activity))
        session.training.state_changed.connect(self._end_of_news)
        self.cards.done.connect(self._show_activity)
        session.displayed.changed.connect(self._show_speed)
        session.training.state_changed.connect(self._show_speed)
        self._show_title()
        self._show_message()
        self._host.setFocus()  # no control looks chosen before the person chooses one

    # ---- building

    def _add_toolbar(self) -> None:
        self.run_bar = RunBar(self.session)
        bar = QToolBar()
        bar.setObjectName("runToolBar")
        bar.setMovable(False)
        bar.addWidget(self.run_bar)
        self.addToolBar(bar)

    def _add_docks(self) -> None:
        """The docks live in a window inside the window, so that there is air around them."""
        session = self.session
        self._host = QMainWindow()
        self._host.setWindowFlags(Qt.Widget)
        self._host.setDockNestingEnabled(True)
        self._host.setContextMenuPolicy(Qt.NoContextMenu)
        self._choose = self._choose_dock()
        self.curves = CurvesPanel(session)
        self.curves.add_page(DistributionsPage(session))
        self.weights = WeightsPanel(session)
        self.draw = DrawPanel(session)
        self.prediction = PredictionPanel(session)
        self.learning_strip = LearningStripPanel(session)
        self.canvas = self.draw.canvas
        self.docks: list[QDockWidget] = [self._choose, self.curves, self.weights, self.draw, self.prediction]
        self.docks.append(self.learning_strip)
        self._host.addDockWidget(Qt.LeftDockWidgetArea, self._choose)
        self._host.splitDockWidget(self._choose, self.curves, Qt.Horizontal)
        self._host.splitDockWidget(self.curves, self.draw, Qt.Horizontal)
        self._host.splitDockWidget(self.curves, self.weights, Qt.Vertical)
        self._host.splitDockWidget(self.draw, self.prediction, Qt.Vertical)
        self._host.splitDockWidget(self.prediction, self.learning_strip, Qt.Vertical)
        self._host.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        frame = QWidget()
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._host, 1)
        self.message_bar = MessageBar(frame)
        self.message_bar.hide()
        self.message_bar.dismissed.connect(session.messages.dismiss)
        self.setCentralWidget(frame)
        self._default_sizes()
        self._first_layout = self._host.saveState()

    def _default_sizes(self) -> None:
        self._host.resizeDocks([self._choose, self.curves, self.draw], [_LEFT, _CENTRE, _RIGHT], Qt.Horizontal)
        self._host.resizeDocks([self.curves, self.weights], [320, 440], Qt.Vertical)
        self._host.resizeDocks([self.draw, self.prediction, self.learning_strip], [400, 260, 110], Qt.Vertical)

    def _choose_dock(self) -> ColumnDock:
        """Data, network and training, one under the other; it scrolls where the screen is low."""
        dock = ColumnDock("Settings", "settingsDock")
        column = QWidget()
        column.setObjectName("scrolled")
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP)
        self.data = DataPanel(self.session)
        self.network = NetworkPanel(self.session)
        self.training = TrainingPanel(self.session)
        for card in (self.data, self.network, self.training):
            rows.addWidget(card)
        rows.addStretch(1)
        scroll = ScrollColumn("settingsScroll", column)
        scroll.setMinimumWidth(_LEFT)
        self.training.opened.connect(scroll.show_whole)
        dock.setWidget(scroll)
        return dock

    def _add_status(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        self._speed = label(role="good")
        self._speed.setObjectName("speedLabel")
        self._activity = label()
        self._activity.setObjectName("activityLabel")
        bar.addWidget(self._activity)
        self._activity.hide()
        self._news = QTimer(self)
        self._news.setSingleShot(True)
        self._news.setInterval(_NEWS)
        self._news.timeout.connect(self._end_of_news)
        bar.addWidget(label("Space: train / pause · hover a weight to read it, click it to see its neuron"), 1)
        bar.addPermanentWidget(Steady(self._speed, 150))
        bar.addPermanentWidget(label(f"nnviz {__version__}"))

    # ---- looks

    def set_theme(self, name: str) -> None:
        """Dresses the application in "dark", "light" or what the system prefers."""
        self.follows_system = name not in theme.THEMES
        theme.apply(self.application, name)
        # Icons and coloured words are made by the panels: they make them again.
        self.session.settings.changed.emit()
        self.session.question.answered.emit()
        self.session.messages.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Whoever changes the system's colours comes back to the window afterwards: it looks then."""
        super().changeEvent(event)
        is_back = event.type() == QEvent.ActivationChange and self.isActiveWindow()
        if is_back and self.follows_system and theme.system_theme() != theme.current().name:
            self.set_theme("system")

    def default_layout(self) -> None:
        """Every dock where it was at first."""
        self.cards.put_back()
        self._host.restoreState(self._first_layout)
        self._default_sizes()

    def about(self) -> None:
        """What this is, and whose."""
        box = QMessageBox(self)
        box.setObjectName("aboutBox")
        box.setWindowTitle("About nnviz")
        box.setIconPixmap(theme.app_icon().pixmap(48))
        box.setTextFormat(Qt.RichText)
        box.setText(_ABOUT.format(version=__version__))
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.open()

    # ---- what is shown

    def _show_title(self, *_: object) -> None:
        session = self.session
        parts = [f"{session.runs.current.title}[*]"]
        if session.state is Status.TRAINING and session.runs.current.history.completed:
            parts.append(f"epoch {session.runs.current.history.completed} of {session.runs.current.last_epoch}")
        self.setWindowTitle(" – ".join([*parts, "nnviz"]))
        self.setWindowModified(session.runs.current.unsaved)

    def _show_activity(self, activity: str) -> None:
        """What goes on stays; what was done goes away after a while."""
        self._activity.setText(activity)
        self._activity.setVisible(bool(activity))
        if activity.endswith("…"):
            self._news.stop()
        else:
            self._news.start()

    def _end_of_news(self) -> None:
        if not self._activity.text().endswith("…"):
            self._activity.hide()

    def _show_message(self) -> None:
        message = self.session.messages.current
        if message is not None:
            self.message_bar.show_message(message.text, message.is_error)
        self.message_bar.setVisible(message is not None)

    def _show_speed(self) -> None:
        progress, settings = self.session.training.progress, self.session.run_settings
        if self.session.state is Status.TRAINING and progress.seconds_per_epoch and settings:
            samples = progress.batches * settings.batch_size / progress.seconds_per_epoch
            self._speed.setText(f"● {text.count(1000 * round(samples / 1000))} samples/s")
        elif self.session.state is not Status.TRAINING:
            self._speed.setText("")

    # ---- the end

    def _restore(self) -> None:
        geometry, state = self._settings.value("geometry"), self._settings.value("docks")
        if isinstance(geometry, QByteArray):  # the file may be damaged
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self._host.restoreState(state)
        for key, (_, put) in self._habits().items():
            stored = str(self._settings.value(key, ""))
            if stored.isdecimal() and len(stored) < _LONGEST:
                put(int(stored))

    def _habits(self) -> dict[str, tuple[Callable[[], int], Callable[[int], None]]]:
        """Whole numbers in which a person's way of looking at things is remembered: how to read and to put each."""
        pen, error, loss = self.draw.pen, self.curves.error, self.curves.loss
        return {
            "pen_width": (pen.value, pen.setValue),  # which keeps it within its range
            "log_error": (lambda: error.is_log, lambda stored: error.set_log(bool(stored))),
            "log_loss": (lambda: loss.is_log, lambda stored: loss.set_log(bool(stored))),
        }

    def _remember(self) -> None:
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("docks", self.cards.layout())
        for key, (read, _) in self._habits().items():
            self._settings.setValue(key, str(int(read())))
        self.closing.emit()
        self._settings.sync()

    def _close_now(self) -> None:
        self._close_without_asking = True
        self.close()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab, from wherever in the window."""
        order = focus_order(self, [self.run_bar, self.message_bar], [dock for dock in self.docks if dock.isVisible()])
        if not order:
            return False
        now = self.focusWidget()
        place = order.index(now) + (1 if forward else -1) if now in order else (0 if forward else -1)
        reason = Qt.TabFocusReason if forward else Qt.BacktabFocusReason
        order[place % len(order)].setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button in focus: Space is taken, it trains everywhere. Esc goes one step back."""
        button = self.focusWidget()
        if event.key() in (Qt.Key_Return, Qt.Key_Enter) and isinstance(button, QAbstractButton):
            button.click()
        elif event.key() == Qt.Key_Escape and self.help.close_all():
            pass
        elif event.key() == Qt.Key_Escape and self.session.messages.current is not None:
            self.session.messages.dismiss()
        elif event.key() != Qt.Key_Escape or not self.cards.put_back():
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about unsaved work if there is some; else stops the worker and goes."""
        if not self._close_without_asking and self.dialogs.has_something_to_lose:
            event.ignore()
            self.dialogs.ask_before_quitting(self._close_now)
            return
        self._news.stop()
        self.hints.put_away()
        self._remember()
        self.hide()  # gone for the person, whatever the threads still do
        self.ended_whole = self.session.close()
        event.accept()
