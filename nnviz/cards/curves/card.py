"""The curves card: error, RMSE and loss against epochs, each on a page, of the current run and earlier ones."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from html import escape

import numpy as np
from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QResizeEvent
from PyQt5.QtWidgets import QAction, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets import Dataset
from engine.explain.prediction_changes import ClassChanges
from engine.explain.predictions import NumberPredictions
from engine.network.network import Network
from engine.training.early_estimates import ESTIMATE_EXAMPLES
from engine.training.history import PARTS, Curve, Curves, History
from nnviz.cards.curves.conclusion import as_of, curve_sentences
from nnviz.cards.curves.curve_plot import EARLIER, CurvePlot
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting.achievement import class_achievement, number_achievement, untrained_achievement
from nnviz.formatting.change_sentences import class_change, figure_changes, loss_change, number_change
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.text import epochs as epochs_text
from nnviz.hints.learning_curves import Course, find_in_curves
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.example_text import counted_noun
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, MISTAKES
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.conclusion_label import ConclusionLabel, keeping_spaces
from nnviz.ui.elided_button import ElidedButton
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, SCALES, Quantity
from nnviz.ui.plots.curve_figures import EXACT, EarlierRun
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.tabs import keep_in_sight

_LINES_OF_CHANGES = 2  # of the conclusion while two networks are compared
_MANY, _BOTTOM_OF_FEW = 1000, 0.01  # test examples, and the lowest value of the axis of fewer as a share of its end
_LONGEST_NAME = 24  # letters of a run's name in the legend; the read-out shows longer ones
_TIPS = {
    "error": (
        "Shows the share of misclassified examples in the training and the test set. If the training error "
        "falls and the test error does not, the network is overfitting."
    ),
    "rmse": (
        "Shows the root of the mean squared error on the training and the test set. If it falls in training "
        "only, the network is overfitting."
    ),
    "loss": (
        "Shows the mean loss of an example, which training minimises. Unlike the error, it depends on the "
        "confidence of the predictions."
    ),
}
_HOW_TO_ZOOM = (
    "Draw a rectangle to zoom in; double click, or 0, resets. The wheel, or + and −, zooms the epochs, "
    "with Ctrl the values. Arrow keys move."
)
_UNTRAINED = "It has learned nothing yet."
_LESSON_TIP = "Opens the first lesson, in which you train a network to read digits."
_EARLIER_TIP = "Shows or hides the curves of earlier runs: test solid, train dashed. Right-click to forget them."
_KEY_TIPS = {
    "train": "Shows or hides the curve of the training set, which the network learns from.",
    "test": "Shows or hides the curve of the test set, which the network never learns from.",
    "validation": "Shows or hides the curve of the validation set, which is held out from the training set.",
}


class CurvesPanel(TabbedCard):
    """The pages of the curves.

    Thick lines join exact values after epochs, and estimates within the first one; thin lines follow estimates within
    later ones.

    Attributes:
        scales: whether the axis of each quantity is logarithmic, by its name.
        is_root: whether positions on the axis of epochs are their square roots, so that the first epoch is wide.
        error, rmse, loss: the pages. The first is for classes; the second, for regression, is made when the window is
            idle or such data come.
        forget: the action that removes the earlier runs from the chart.

    Signals:
        scale_changed: a value of :attr:`scales` has changed.
        lesson_wanted: the user accepted the offer of a lesson.
        time_moved: the chart in front shows another part of the time, or has another place or width.
    """

    scale_changed = pyqtSignal()
    lesson_wanted = pyqtSignal()
    time_moved = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Curves")
        self._session = session
        self.forget = QAction("Forget earlier runs", self)
        self.forget.setObjectName("actionForgetEarlierRuns")
        self.forget.triggered.connect(lambda: session.runs.stop_comparing())
        self.under = arranged(QVBoxLayout())  # what lies under the charts, as wide as the card and in line with them
        self.body.addLayout(self.under)
        self.scales = {each.name: True for each in (ERROR, RMSE, LOSS)}
        self.is_root = True
        self.curves: list[LearningCurvePage] = []
        self._lesson_offer: tuple[str, ...] = ()
        self.error = self._add_curve(ERROR, 0)
        self.rmse: LearningCurvePage | None = None
        self.loss = self._add_curve(LOSS, 1)
        session.data.views.add(self._data_changed)

    def prepare(self) -> Iterator[None]:
        """Makes the parts of the regression page that take long."""
        if self.rmse is None:
            self.rmse = self._add_curve(RMSE, 0, offered=False)
            self.rmse.prepare()
            yield

    @property
    def sides(self) -> tuple[int, int]:
        """The pixels left and right of the chart in front, in a widget of ``under``."""
        plot, area = self.plot, self.plot.plot_area()
        left = plot.mapTo(self.sheet, area.topLeft()).x() - self.body.contentsMargins().left()
        return left, self.under.geometry().width() - left - area.width()

    def _add_curve(self, quantity: Quantity, number: int, offered: bool = True) -> LearningCurvePage:
        page = LearningCurvePage(self._session, quantity, self.forget)
        page.is_offered = offered
        page.set_scales(self.scales[quantity.name], self.is_root)
        page.scale_changed.connect(lambda: self._note_scales(quantity.name, page))
        page.lesson_wanted.connect(self.lesson_wanted)
        page.time_moved.connect(self.time_moved)
        page.offer_lesson(self._lesson_offer)
        self.curves.append(page)
        self.add_page(page, number)
        return page

    def offer_lesson(self, versions: tuple[str, ...]) -> None:
        """Offers a lesson in the first of those versions that fits; () ends the offer."""
        self._lesson_offer = versions
        for page in self.curves:
            page.offer_lesson(versions)

    def _note_scales(self, name: str, page: LearningCurvePage) -> None:
        self.scales[name] = page.is_log
        self.set_root(page.is_root)
        self.scale_changed.emit()

    def set_root(self, is_root: bool | int) -> None:
        """Chooses square roots of the epochs, or the epochs themselves, for all pages."""
        self.is_root = bool(is_root)
        for page in self.curves:
            page.set_scales(page.is_log, self.is_root)

    def is_log(self, name: str) -> bool:
        """Whether the axis of a quantity is logarithmic."""
        return self.scales[name]

    def set_log(self, name: str, is_log: bool | int) -> None:
        """Sets the scale of a quantity's page, which may be made later."""
        self.scales[name] = bool(is_log)
        for page in self.curves:
            if page.name == f"{name}Tab":
                page.set_scales(bool(is_log), self.is_root)

    def show_tabs(self) -> None:
        """Keeps all tabs visible; the legend gets shorter instead."""
        super().show_tabs()
        keep_in_sight(self.tabs)

    @property
    def plot(self) -> CurvePlot:
        """The plot of the page in front, or else that of the error."""
        return self.page.plot if isinstance(self.page, LearningCurvePage) else self.error.plot

    def _data_changed(self) -> None:
        dataset = self._session.data.dataset
        if dataset is None:
            return
        if self.rmse is None and not dataset.is_classification:
            self.rmse = self._add_curve(RMSE, 0)
        wanted, other = (self.error, self.rmse) if dataset.is_classification else (self.rmse, self.error)
        if wanted is not None:
            wanted.offer(True)  # first, so that there always is one
        if other is not None:
            other.offer(False)
        if dataset.is_classification:
            self.error.set_examples(len(dataset.splits.get("test", dataset.splits["train"])))
        if self.rmse is not None:
            self.rmse.set_unit(self._session.meaning.unit)

    def _tell_pages(self) -> None:
        super()._tell_pages()
        self.time_moved.emit()
        self._session.set_estimating(any(page.in_view for page in self.curves))
        is_of_numbers = any(page.in_view and page.name == "rmseTab" for page in self.curves)
        self._session.queries.want(self, (MISTAKES,), is_of_numbers)  # for the headline


class LearningCurvePage(Page):
    """One quantity against epochs, with its legend. Empty until it is first seen, since a plot takes long to make.

    Attributes:
        is_log: whether the value axis is logarithmic.
        is_root: whether positions on the axis of epochs are their square roots.

    Signals:
        scale_changed: :attr:`is_log` or :attr:`is_root` has changed.
        lesson_wanted: the user accepted the offer of a lesson.
        time_moved: the chart shows another part of the time, or has another place or width.
    """

    scale_changed = pyqtSignal()
    lesson_wanted = pyqtSignal()
    time_moved = pyqtSignal()

    def __init__(self, session: Session, quantity: Quantity, forget: QAction) -> None:
        super().__init__(quantity.title or quantity.name.capitalize(), f"{quantity.name}Tab", _TIPS[quantity.name])
        self._session, self._quantity, self._forget = session, quantity, forget
        self.compares = True
        self.is_log = self.is_root = True
        self._plot: CurvePlot | None = None
        self._drawn: tuple[object, ...] = ()  # what the curves were drawn from
        self._concluded: tuple[object, ...] = ()  # what the conclusion was drawn from
        self._earlier: list[EarlierRun] = []
        self._named_earlier: list[str] | None = None
        self._lesson_offer: tuple[str, ...] = ()

    @property
    def plot(self) -> CurvePlot:
        """The plot, made at its first use."""
        self.fill()
        assert self._plot is not None
        return self._plot

    def prepare(self) -> None:
        """Makes the plot, which takes longest, but does not connect it."""
        if self._plot is None:
            self._plot = CurvePlot(self._quantity, self._named("resetZoomButton"))
            self._plot.view_changed.connect(self.time_moved)
            self._plot.getViewBox().sigResized.connect(self.time_moved)
            self.body.addWidget(self._plot)

    def _make(self) -> None:
        self.prepare()
        session, called, plot = self._session, self._quantity.called, self.plot
        plot.set_quantity(self._quantity)
        named(plot, f"{self._quantity.name}Plot", f"Train and test {called} against epochs", _HOW_TO_ZOOM)
        plot.set_axes(self.is_log, self.is_root)
        self.keys = self._keys(plot)
        self.conclusion = ConclusionLabel(self._named("curvesConclusion"))
        self.figures = named(label(role="muted"), self._named("comparedFigures"), "Errors of both networks")
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setMinimumWidth(1)  # long ones must not widen the card
        self.figures.hide()
        self.body.setSpacing(0)
        self.lesson = named(QPushButton(), self._named("startLessonButton"), "Start with a lesson", _LESSON_TIP)
        self.lesson.setProperty("role", "quiet")
        # The row is as high as the conclusion, with and without the offer.
        self.lesson.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.lesson.clicked.connect(self.lesson_wanted)
        self.offer_lesson(self._lesson_offer)
        self.body.insertLayout(0, arranged(QHBoxLayout(), (self.conclusion, 1), self.lesson, spacing=theme.GAP))
        self.body.insertWidget(1, self.figures)
        self._add_scale()
        reset, self._log_action, self._root_action = self._actions(plot)
        _offer(plot, reset, self._log_action, self._root_action, self._forget)
        arranged(QHBoxLayout(self.aside), 1, *self.keys.values(), self.scale, spacing=2)
        plot.playhead.follow(session.timeline.nearest)
        plot.playhead.wanted.connect(session.timeline.point_to)
        session.timeline.changed.connect(self.refresh)
        for signal in (session.side_by_side.changed, session.side_by_side.changes_changed, theme.changed):
            signal.connect(self._compare)
        session.displayed.changed.connect(self.refresh)
        session.runs.history_changed.connect(self.refresh)
        if self._quantity.name == RMSE.name:
            session.mistakes.changed.connect(self.refresh)
        session.runs.replaced.connect(self._new_run)
        for signal in (session.runs.compared_changed, session.settings.changed, session.training.state_changed):
            signal.connect(self._show_past)  # the differences from the current run may have changed
        self._show_hint()
        self._show_past()

    def offer_lesson(self, versions: tuple[str, ...]) -> None:
        """Offers a lesson next to the conclusion, in the first of those versions that fits; () ends the offer."""
        self._lesson_offer = versions
        if self.is_filled:
            self._fit_lesson()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.is_filled:
            self._fit_lesson()

    def _fit_lesson(self) -> None:
        """Leaves room for the first sentence: *Lessons* at the top is always there."""
        metrics = QFontMetrics(theme.font(bold=True))
        room = self.width() - metrics.horizontalAdvance(_UNTRAINED) - 2 * theme.GAP
        shown = next((words for words in self._lesson_offer if metrics.horizontalAdvance(words) < room), "")
        self.lesson.setText(shown)
        self.lesson.setVisible(bool(shown))

    def _named(self, name: str) -> str:
        """Returns an object name that is unique in the window: those of the loss begin with "loss"."""
        return name if self._quantity.name == ERROR.name else f"{self._quantity.name}{name[0].upper()}{name[1:]}"

    # ---- the right of the head

    def _keys(self, plot: CurvePlot) -> dict[str, Key]:
        keys = {}
        for name in EXACT:
            sample = Sample.DASHED if name == "validation" else Sample.SQUARE
            keys[name] = Key(name, name, self._named(f"{name}Key"), _KEY_TIPS[name], sample)
        earlier = Key("faint", "earlier run", self._named("earlierKey"), _EARLIER_TIP, Sample.BOTH, yielding=True)
        _offer(earlier, self._forget)
        keys[EARLIER] = earlier
        keys["validation"].hide()
        for name, key in keys.items():
            key.toggled.connect(partial(plot.set_shown, name))
        return keys

    def _actions(self, plot: CurvePlot) -> tuple[QAction, QAction, QAction]:
        """Returns the actions of the context menu: reset the zoom, logarithmic values, square roots of the epochs."""
        reset, log = QAction("Reset zoom", self), QAction("Logarithmic", self)
        root = QAction("Wide first epoch (√ axis)", self)
        reset.setObjectName(self._named("actionResetZoom"))
        reset.setEnabled(False)
        reset.triggered.connect(plot.reset_zoom)
        plot.zoomed.connect(reset.setEnabled)
        log.setObjectName(self._named("actionLogarithmic"))
        log.setCheckable(True)
        log.setChecked(self.is_log)
        log.toggled.connect(lambda is_log: self.set_scales(is_log, self.is_root))
        root.setObjectName(self._named("actionRootEpochs"))
        root.setCheckable(True)
        root.setChecked(self.is_root)
        root.toggled.connect(lambda is_root: self.set_scales(self.is_log, is_root))
        return reset, log, root

    def _add_scale(self) -> None:
        tip = (
            "Switches the scale of the value axis. A logarithmic scale also shows small values; a linear one "
            "shows true differences."
        )
        self.scale = named(ElidedButton(), self._named("scaleButton"), tip=tip)
        self.scale.setProperty("role", "key")
        self.scale.clicked.connect(lambda: self.set_scales(not self.is_log, self.is_root))
        self._name_scale()

    def _name_scale(self) -> None:
        quantities = self._quantity, replace(self._quantity, unit="")
        texts = [[each.scale_text(is_log) for each in quantities] for is_log in (False, True)]
        versions = [[*titles, scale] for titles, scale in zip(texts, SCALES, strict=True)]
        self.scale.show_text(versions, int(self.is_log))
        self.scale.setAccessibleName(f"Scale: {texts[self.is_log][0]}")

    def set_unit(self, unit: str) -> None:
        """Sets the unit of the values."""
        self._set_quantity(replace(self._quantity, unit=unit))
        if self.is_filled:
            self._name_scale()

    def set_examples(self, count: int) -> None:
        """Sets the number of examples of the error: of few, a logarithmic axis ends at 1 % instead of 0.1 %."""
        bottom = ERROR.bottom if count >= _MANY else _BOTTOM_OF_FEW
        if bottom != self._quantity.bottom:
            self._set_quantity(replace(self._quantity, bottom=bottom))

    def _set_quantity(self, quantity: Quantity) -> None:
        self._quantity = quantity
        if self.is_filled:
            self.plot.set_quantity(quantity)

    # ---- scale

    def set_scales(self, is_log: bool, is_root: bool) -> None:
        """Chooses logarithms of the values, and square roots of the epochs."""
        if (is_log, is_root) == (self.is_log, self.is_root):
            return
        self.is_log, self.is_root = is_log, is_root
        if self.is_filled:
            self.plot.set_axes(is_log, is_root)
            self._name_scale()
            self._log_action.setChecked(is_log)
            self._root_action.setChecked(is_root)
        self.scale_changed.emit()

    # ---- curves

    def _of(self, history: History) -> Curves:
        curves: Curves = getattr(history, self._quantity.name)
        return curves

    def _new_run(self) -> None:
        self.plot.reset_zoom()
        self._show_hint()
        self._show_past()
        self.refresh()

    def _show_hint(self) -> None:
        """Says in the empty plot of an opened network how to get curves."""
        run = self._session.runs.current
        if run.origin.opened is not None:
            at = f"opened at epoch {epochs_text(run.history.completed)}" if run.history.completed else "opened"
            self.plot.set_hint(f"{at}; its curve starts when you train it")
        else:
            self.plot.set_hint("")

    def _show_past(self) -> None:
        earlier = [self._earlier_of(run) for run in self._session.runs.compared]
        self._forget.setEnabled(bool(earlier))
        if earlier != self._earlier:
            self._earlier = earlier
            self.plot.show_earlier(earlier)
            self._name_earlier()

    def _name_earlier(self) -> None:
        """Names the earlier runs with visible curves in the legend."""
        names = [run.title for run in self._earlier if run.begins_before(self.plot.end)]
        if names == self._named_earlier:
            return
        self._named_earlier = names
        key = self.keys[EARLIER]
        is_short = len(names) == 1 and len(names[0]) <= _LONGEST_NAME
        name = "earlier runs" if len(names) > 1 else "earlier run"
        key.set_name(f"{names[0]}, earlier run" if is_short else name, name)
        key.setToolTip("\n".join([_EARLIER_TIP, *reversed(names)]))
        key.setVisible(bool(names))

    def _earlier_of(self, run: Run) -> EarlierRun:
        """Returns the curves of an earlier run, named by its differences from the current one."""
        curves = self._of(run.history)
        title = self._session.runs.difference(run)
        return EarlierRun(title, curves.joined("train"), curves.joined("test"), run.lacks_estimates)

    def refresh(self) -> None:
        if not self.in_view:
            return
        self._show_moment()
        self._show_conclusion()
        run = self._session.runs.current
        curves, history = self._of(run.history), run.history
        places = (curves.live_train.epochs[-1:], curves.last_epoch, run.progress.last_epoch, run.progress.batches)
        ends = [getattr(curves, part).values[-1:] for part in PARTS]  # an edit measures the last epoch again
        notes = [change.text for change in history.changes]
        examples = {name: each.count for name, each in self._session.mistakes.parts.items()}
        self.plot.show_sizes(examples)
        drawn = (run, *places, history.early[-1:], history.completed, ends, notes)
        if drawn == self._drawn:
            return  # most views bring no new figures
        self._drawn = drawn
        self.keys["validation"].setVisible(bool(curves.validation.values))
        self.plot.set_changes([(change.epoch, change.text) for change in history.changes])
        epochs = max(run.progress.last_epoch, history.completed)
        self.plot.show_explained(vars(history.r2) if self._has_explained else {})
        self.plot.show_curves(vars(curves), epochs, run.progress.batches or run.batches or None, run.lacks_estimates)
        self._name_earlier()

    def _show_moment(self) -> None:
        """Shows the displayed epoch by the playhead."""
        timeline = self._session.timeline
        if self.in_view:
            self.plot.playhead.show_moment(timeline.live_epoch, timeline.epoch, timeline.has_past)
            self.plot.playhead.show_second(self._session.side_by_side.second_epoch)
            curves, epoch = self._of(self._session.runs.current.history), timeline.epoch
            is_estimated = epoch is not None and curves.early_train.at(epoch) is not None
            known = epoch if epoch is None or is_estimated else math.floor(epoch)
            self.plot.summarise(curves.last_known if known is None else known)

    def _compare(self) -> None:
        """Shows the second network, or that nothing is compared any more."""
        if self.in_view:
            self._concluded = ()
            self._show_moment()
            self._show_conclusion()

    def _show_comparison(self) -> None:
        """Shows the errors of two networks that are compared, and what has changed."""
        compared, meaning = self._session.side_by_side, self._session.meaning
        sides, found = compared.sides, compared.changes
        if sides is None:
            return
        before, after = (dict(side.figures) for side in sides)
        quantity, unit = self._quantity.name, meaning.unit if self._quantity.name == RMSE.name else ""
        if found is not None and quantity != LOSS.name:
            for figures, error in zip((before, after), found.errors(meaning), strict=True):
                figures.setdefault(f"{found.part.name}_{quantity}", error)
        words = figure_changes(before, after, quantity, unit)
        coloured = [
            f'<span style="color: {theme.colour(part).name()}">{escape(each)}</span>' for part, each in words.items()
        ]
        self.figures.setText(keeping_spaces(" · ".join(coloured) or "Comparing …"))
        self.figures.show()
        self.conclusion.set_lines(_LINES_OF_CHANGES)
        if quantity == LOSS.name:
            self.conclusion.show_conclusion(loss_change(compared.opening, before, after))
        else:
            self.conclusion.show_conclusion(None if found is None else _change_sentences(found, meaning))

    def _show_conclusion(self) -> None:
        """Shows what the curves mean: up to the displayed epoch, or all of them if the network is live."""
        if self._session.side_by_side.is_on:
            self._concluded = ()
            self._show_comparison()
            return
        self.figures.hide()
        self.conclusion.set_lines(1)
        run, epoch, sets = self._session.runs.current, self._session.timeline.epoch, self._session.mistakes.parts
        curves, best = self._of(run.history), run.history.best
        if epoch is None and run.edited is not None:
            self._concluded = ()
            lead = f"The network was edited: the last point of each curve is its {self._quantity.called} since then."
            self.conclusion.show_conclusion(Conclusion(lead))
            return
        ends = [getattr(curves, part).values[-1:] for part in PARTS]
        examples = {name: each.count for name, each in sets.items()}
        early, predicted = curves.early_train.epochs[-1:], self._session.mistakes.found
        about = (run, epoch, best, curves.last_epoch, early, ends, examples, self._quantity, run.untouched, predicted)
        if about == self._concluded:
            return
        self._concluded = about
        finding = find_in_curves(run.history, self._quantity.name, examples, math.inf if epoch is None else epoch)
        found = None if finding is None else curve_sentences(self._quantity.called, finding, self._quantity.text)
        if found is not None and finding is not None:
            at = None if epoch is None else finding.train.epochs[-1]
            found = as_of(found, at, None if best is None else best.epoch)
        achieved = self._achievement(predicted, examples)
        if achieved and (finding is None or finding.course is not Course.NOT_FINITE):
            found = Conclusion(achieved, *([found.lead, found.rest] if found is not None else []))
        elif found is None and run.untouched:
            found = Conclusion(_UNTRAINED)
        self.conclusion.show_conclusion(found)

    def _achievement(self, predicted: SplitPredictions | None, sizes: Mapping[str, int]) -> str:
        """Returns what the displayed network achieves, as a count; "" if it is not known.

        ``sizes``: the numbers of examples of the sets.
        """
        session, data = self._session, self._session.data.dataset
        if data is None or self._quantity.name == LOSS.name:
            return ""
        if self._quantity.name == RMSE.name:
            return _number_achievement(data, predicted, session.displayed.network, session.meaning.unit)
        run, best = session.runs.current, session.runs.current.history.best
        epoch = best.epoch if session.timeline.epoch is None and best is not None else session.timeline.epoch
        part = next((name for name in ("test", "validation", "train") if sizes.get(name)), None)
        measured = None if part is None else _last_measured(self._of(run.history), part, epoch)
        if part is None or measured is None:
            return ""
        at, error, is_estimate = measured
        examples = min(sizes[part], ESTIMATE_EXAMPLES) if is_estimate else sizes[part]
        if at == 0 and run.untouched:
            return untrained_achievement(counted_noun(data), error, examples)
        return class_achievement(counted_noun(data), error, examples, part != "train")

    @property
    def _has_explained(self) -> bool:
        """Whether the read-out shows R² too."""
        return self._quantity.name == RMSE.name

    def table(self) -> Table:
        """Returns header and rows for a CSV file: epoch, train, test, validation; errors as shares, RMSE with R².

        Estimates of the first epoch have columns of their own.
        """
        history, called = self._session.runs.current.history, self._quantity.called
        columns = {f"{name} {called}": getattr(self._of(history), name) for name in EXACT}
        if self._has_explained:
            columns |= {f"{name} R2": getattr(history.r2, name) for name in EXACT}
        estimates = {f"{name} {called} estimate": getattr(self._of(history), f"early_{name}") for name in EXACT}
        columns |= {name: curve for name, curve in estimates.items() if curve.epochs}
        epochs = sorted({epoch for curve in columns.values() for epoch in curve.epochs})
        values = [dict(zip(curve.epochs, curve.values, strict=True)) for curve in columns.values()]
        return ["epoch", *columns], [[epoch, *(of.get(epoch, "") for of in values)] for epoch in epochs]


def _last_measured(curves: Curves, part: str, epoch: float | None) -> tuple[float, float, bool] | None:
    """Returns the last value of a part up to an epoch (None: of all), its epoch, and whether it is an estimate."""
    exact: Curve = getattr(curves, part)
    known = curves.joined(part)
    count = bisect_right(known.epochs, math.inf if epoch is None else epoch)
    if not count:
        return None
    at = known.epochs[count - 1]
    return at, known.values[count - 1], exact.at(at) is None


def _number_achievement(data: Dataset, predicted: SplitPredictions | None, network: Network, unit: str) -> str:
    """Returns how far off half of the new examples are; "" if their predictions are not those of the network."""
    if predicted is None or predicted.network is not network or predicted.part.name == "train" or data.outputs != 1:
        return ""
    answers = predicted.answers
    if not isinstance(answers, NumberPredictions) or not np.isfinite(answers.differences).all():
        return ""
    numbers, targets = (data.raw_targets(each[:, None]) for each in (answers.answers, answers.targets))
    half = float(np.median(np.abs(numbers - targets)))
    return number_achievement(counted_noun(data), half, unit, len(targets))


def _change_sentences(found: PredictionChanges, meaning: Meaning) -> Conclusion:
    """Returns what changed between the predictions of two networks."""
    changes, part, errors = found.changes, SET_LABELS[found.part.name], found.errors(meaning)
    if isinstance(changes, ClassChanges):
        names = [meaning.output(number) for number in range(len(changes.matrix))]
        return class_change(found.opening, part, changes, errors, names, meaning.picture is not None)
    return number_change(found.opening, part, changes, errors, meaning.unit)


def _offer(widget: QWidget, *actions: QAction) -> None:
    """Adds the actions to the context menu of a widget."""
    widget.addActions(actions)
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


CARDS.register("curvesDock")(CardInfo(CurvesPanel, {"train": Place(Column.WATCH, 1, 336, 414)}, needs=(CHANGES,)))
