"""The headline of the curves: what was achieved, what the curves mean, and the button of a hint."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from engine.training.history import PARTS
from nnviz.cards.curves.conclusion import compared_conclusion, run_conclusion
from nnviz.formatting import text
from nnviz.formatting.change_sentences import figure_changes
from nnviz.formatting.conclusion import Conclusion
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.conclusion_label import ConclusionLabel, keeping_spaces
from nnviz.ui.parts import named, set_look
from nnviz.ui.plots.curve_axes import LOSS, RMSE, Quantity

_LINES = 2  # in a narrow row, and while two networks are compared
_NARROW = 760  # pixels: in a narrower row the second sentence has a line of its own
_ICON = 18
_LESSON_TIP = "Opens the first lesson, in which you train a network to read digits."


class Headline(QWidget):
    """A row of fixed height: the conclusion, then the button of the hint about this run, if there is one.

    Where there is no room for all of it, *Why?* goes to the menu of the hint, then the second sentence is left out,
    then the hint's button goes to the menu. The first sentence always stays.

    Attributes:
        conclusion: the label of the sentences.
        figures: a line below for the errors of two networks, shown while they are compared.

    Signals:
        lesson_wanted: the user accepted the offer of a lesson.
        why_wanted: the user asked why the hint is shown.
    """

    lesson_wanted = pyqtSignal()
    why_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._concluded: tuple[object, ...] = ()  # what the conclusion was drawn from
        self._found: Conclusion | None = None
        self._shows_errors = True  # of two networks, while they are compared
        self._lesson_offer: tuple[str, ...] = ()
        self._status: QWidget | None = None
        self._is_presented = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._icon = named(QLabel(), "hintIcon", "Warning")
        self.conclusion = ConclusionLabel("curvesConclusion")
        self.conclusion.setProperty("role", "headline")
        self.figures = named(label(role="muted"), "comparedFigures", "Errors of both networks")
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setMinimumWidth(1)  # long ones must not widen the card
        self.figures.hide()
        self._lesson = named(QPushButton(), "startLessonButton", "Start with a lesson", _LESSON_TIP)
        self._lesson.setProperty("role", "quiet")
        self._lesson.clicked.connect(self.lesson_wanted)
        self._apply = named(QPushButton(), "applyHintButton", "Apply the hint", "Follows the hint.")
        self._why = QPushButton("Why?")
        named(self._why, "whyHintButton", "Why this hint is shown", "Explains this hint in the guide.")
        self._more = named(QToolButton(), "hintMenuButton", "More about this hint", "Opens a menu.")
        self._more.setProperty("role", "word")
        self._menu = named(QMenu(self), "hintMenu")
        self._entries = {}
        entries = (("apply", ""), ("why", "Why?"), ("dismiss", "Do not show this again"))
        for (name, words), act in zip(entries, self._acts(), strict=True):
            self._entries[name] = self._menu.addAction(words)
            self._entries[name].setObjectName(f"{name}HintAction")
            self._entries[name].triggered.connect(lambda _=False, act=act: act())
        for button, act in ((self._apply, session.hints.apply), (self._why, self.why_wanted.emit)):
            button.clicked.connect(lambda _=False, act=act: act())
        self._more.clicked.connect(lambda: self._open_menu(self._more))
        self._apply.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._apply.customContextMenuRequested.connect(lambda _: self._open_menu(self._apply))
        self._buttons = (self._apply, self._why, self._more)
        for part in (self._icon, self.conclusion, self._lesson, *self._buttons):
            part.setParent(self)
        for each in self._buttons:
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for signal in (session.hints.changed, session.displayed.snapshot_changed):
            signal.connect(self._show_hint)
        theme.changed.connect(self._follow_theme)
        self._show_hint()

    def _acts(self) -> tuple[Callable[[], None], ...]:
        """Returns what the entries of the menu do."""
        hints = self._session.hints
        return hints.apply, self.why_wanted.emit, hints.dismiss

    def offer_lesson(self, versions: tuple[str, ...]) -> None:
        """Offers a lesson next to the conclusion, in the first of those versions that fits; () ends the offer."""
        self._lesson_offer = versions
        self._arrange()

    def take(self, status: QWidget) -> None:
        """Shows words about the run behind the sentences, where there is room."""
        self._status = status
        if status.parent() is not self:
            status.setParent(self)
        self._arrange()

    def set_presented(self, is_presented: bool) -> None:
        """Leaves out all buttons and makes the sentences larger, or the reverse."""
        self._is_presented = is_presented
        set_look(self.conclusion, "presented", is_presented)
        self._arrange()

    # ---- the sentences

    def refresh(self, quantity: Quantity) -> None:
        """Shows what the curves of a quantity mean, up to the displayed epoch."""
        session, compares = self._session, self._session.side_by_side.is_on
        if compares:
            self._concluded = ()
            self._show_comparison(quantity)
            return
        self.figures.clear()
        self.figures.hide()
        run, epoch, sets = session.runs.current, session.timeline.epoch, session.mistakes.parts
        curves, best = getattr(run.history, quantity.name), run.history.best
        ends = [getattr(curves, part).values[-1:] for part in PARTS]
        examples = {name: each.count for name, each in sets.items()}
        early, predicted = curves.early_train.epochs[-1:], session.mistakes.found
        training = session.training
        wrong = next(iter(session.settings.problems), None)
        state = (run, epoch, best, run.untouched, run.edited, session.state, training.replaces_network, wrong)
        past = None if epoch is None else session.timeline.figures  # the figures of a snapshot are measured later
        is_of_displayed = predicted is not None and predicted.network is session.displayed.network
        about = (*state, curves.last_epoch, early, ends, examples, quantity, predicted, is_of_displayed, past)
        if about == self._concluded:
            return
        self._concluded = about
        self._show(run_conclusion(session, quantity))

    def compare(self, quantity: Quantity) -> None:
        """Follows the second network, or that nothing is compared any more."""
        self._concluded = ()
        self.refresh(quantity)

    def show_errors(self, wanted: bool) -> None:
        """Chooses whether the errors of two networks are shown while these are compared."""
        self._shows_errors = wanted
        self.figures.setVisible(wanted and bool(self.figures.text()))

    def _show_comparison(self, quantity: Quantity) -> None:
        """Shows the errors of two networks that are compared, and what has changed."""
        compared, meaning = self._session.side_by_side, self._session.meaning
        sides, found = compared.sides, compared.changes_of_sides
        if sides is None:
            return
        before, after = (dict(side.figures) for side in sides)
        unit = meaning.unit if quantity.name == RMSE.name else ""
        if found is not None and quantity.name != LOSS.name:
            for figures, error in zip((before, after), found.errors(meaning), strict=True):
                figures.setdefault(f"{found.part.name}_{quantity.name}", error)
        words = figure_changes(before, after, quantity.name, unit)
        coloured = [
            f'<span style="color: {theme.colour(part).name()}">{escape(each)}</span>' for part, each in words.items()
        ]
        self.figures.setText(keeping_spaces(" · ".join(coloured) or "Comparing …"))
        self.show_errors(self._shows_errors)
        self._show(compared_conclusion(self._session, quantity))

    def _show(self, found: Conclusion | None) -> None:
        self._found = found
        hint = self._session.hints.shown
        self.conclusion.show_conclusion(found, "" if hint is None else text.plain(hint.sentence))
        self._arrange()

    # ---- the hint

    def _show_hint(self) -> None:
        """Shows the hint's button; what was measured is in the tooltip."""
        hint = self._session.hints.shown
        if hint is not None:
            words = text.entry(hint.label)
            self._apply.setText(words)
            self._apply.setAccessibleName(hint.label)
            what = "Changes this setting" if hint.steps else "Trains this experiment again with other seeds"
            tip = f"{what}. {'Ctrl+Z undoes it.' if hint.steps else ''}".strip()
            self._apply.setToolTip(f"{text.plain(hint.sentence)} {tip}")
            self._entries["apply"].setText(words)
        self._show(self._found)

    def _open_menu(self, button: QWidget) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        self._menu.popup(button.mapToGlobal(QPoint(button.width() - self._menu.sizeHint().width(), button.height())))

    # ---- arrangement

    def sizeHint(self) -> QSize:
        self._apply.ensurePolished()
        return QSize(0, max(self._apply.sizeHint().height(), self._top + self.conclusion.sizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()

    def _follow_theme(self) -> None:
        self._arrange()
        self.updateGeometry()

    def _arrange(self) -> None:
        """Places the parts, from right to left what has room beside the sentences."""
        is_narrow = self.width() < theme.px(_NARROW)
        before = self.sizeHint()
        compares = self._session.side_by_side.is_on
        lead, *others = [text.plain(words) for words in self._found or () if words] or [""]
        advance = self.conclusion.advance
        whole = max(map(advance, (lead, *others))) if is_narrow else advance(" ".join((lead, *others)))
        hint, gap, height = self._session.hints.shown, theme.GAP, self._apply.sizeHint().height()
        size = theme.px(_ICON)
        icon = size + gap if hint is not None and hint.is_alarming else 0
        shown = () if hint is None or self._is_presented else self._fitting(self.width() - icon, whole, advance(lead))
        beside = icon + sum(button.sizeHint().width() + gap for button in shown)
        has_lines = is_narrow or (compares and whole > self.width() - beside)
        self.conclusion.set_lines(_LINES if has_lines else 1, is_narrow and not compares)
        if self.sizeHint() != before:
            self.updateGeometry()
        self._entries["apply"].setVisible(self._apply not in shown)
        self._entries["why"].setVisible(self._why not in shown)
        right = self.width()
        for button in self._buttons[::-1]:
            button.setVisible(button in shown)
            if button in shown:
                width = button.sizeHint().width()
                button.setGeometry(right - width, 0, width, height)
                right -= width + gap
        right = self._place_lesson(right, icon + advance(lead) + gap, height)
        self._icon.setVisible(bool(icon))
        if icon:
            self._icon.setPixmap(theme.icon("circle-alert", "ink").pixmap(size))
            self._icon.setGeometry(0, (height - size) // 2, size, size)
        top = self._top
        room = max(right - icon, 0)
        self.conclusion.setGeometry(icon, top, room, self.height() - top)
        if self._status is not None and self._status.parent() is self:
            line = self.conclusion.fontMetrics().lineSpacing()
            *above, last = [lead, " ".join(others)] if is_narrow else [" ".join((lead, *others))]
            start = icon + (advance(last) + gap if last else 0)
            self._status.setGeometry(start, top + len(above) * line, max(right - start, 0), line)
            self._status.setVisible(not compares and max(map(advance, (*above, last))) <= room)
            self._status.raise_()

    @property
    def _top(self) -> int:
        """Where the text begins, so that its first line is at the height of the buttons' words."""
        return max((self._apply.sizeHint().height() - self.conclusion.fontMetrics().lineSpacing()) // 2, 0)

    def _fitting(self, width: int, whole: int, lead: int) -> tuple[QWidget, ...]:
        """Returns the buttons that have room beside the sentences.

        ``whole`` and ``lead`` are the widths of all sentences and of the first one.
        """
        versions: tuple[tuple[QWidget, ...], ...] = self._buttons, (self._apply, self._more), (self._more,)
        for needed, choices in ((whole, versions[:2]), (lead, versions[1:])):
            for each in choices:
                self._more.setText("Hint ▾" if each == versions[2] else "▾")
                if needed + sum(button.sizeHint().width() + theme.GAP for button in each) <= width:
                    return each
        return versions[2]

    def _place_lesson(self, right: int, left: int, height: int) -> int:
        """Leaves room for the first sentence: *Lessons* at the top is always there. Returns where the rest ends."""
        for words in () if self._is_presented else self._lesson_offer:
            self._lesson.setText(words)
            width = self._lesson.sizeHint().width()
            if left + width <= right:
                self._lesson.setGeometry(right - width, 0, width, height)
                self._lesson.show()
                return right - width - theme.GAP
        self._lesson.hide()
        return right
