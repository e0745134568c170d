"""The curves card: error, RMSE and loss against epochs, each on a page, of the current run and earlier ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.training.history import PARTS, Curves, History
from nnviz.cards.curves.band import Band
from nnviz.cards.curves.curve_plot import EARLIER, CurvePlot
from nnviz.cards.curves.headline import Headline
from nnviz.cards.curves.known_figures import shown_figures
from nnviz.cards.curves.prediction_over_time import PAST_PREDICTIONS
from nnviz.cards.curves.time_foot import TimeFoot
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting.text import epochs as epochs_text
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, MISTAKES
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.elided_button import ElidedButton
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, SCALES, Quantity
from nnviz.ui.plots.curve_figures import EXACT, EarlierRun
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.tabs import keep_in_sight

_MANY, _BOTTOM_OF_FEW = 1000, 0.01  # test examples, and the lowest value of the axis of fewer as a share of its end
_BETWEEN = 6  # pixels between the parts of the card
_LEAST_STRIP = 36  # pixels of the strip above its foot
_LEAST_WITH_BAND = 230  # pixels of the card at a text size of 100 %; lower, the band leaves
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
        band: the certainty of the present prediction, under the charts.

    Signals:
        scale_changed: a value of :attr:`scales` has changed.
        lesson_wanted: the user accepted the offer of a lesson.
        why_wanted: the user asked why the hint is shown.
        time_moved: the chart in front shows another part of the time, or has another place or width.
    """

    scale_changed = pyqtSignal()
    lesson_wanted = pyqtSignal()
    why_wanted = pyqtSignal()
    time_moved = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Curves")
        self._session = session
        self.forget = QAction("Forget earlier runs", self)
        self.forget.setObjectName("actionForgetEarlierRuns")
        self.forget.triggered.connect(lambda: session.runs.stop_comparing())
        self.under = arranged(QVBoxLayout())  # what lies under the charts, as wide as the card and in line with them
        self.body.addLayout(self.under)
        self.band = Band(session)
        self.under.addWidget(self.band)
        self.foot = TimeFoot(session)
        self.foot.beside.setParent(self.sheet)
        self.under.addWidget(self.foot)
        self._is_strip = False
        self._in_front: Page | None = None  # the page that the whole form shows
        self.time_moved.connect(self._follow_chart)
        theme.changed.connect(self._fit_band)
        self.foot.moved.connect(self._place_beside)
        self.scales = {each.name: True for each in (ERROR, RMSE, LOSS)}
        self.is_root = True
        self.curves: list[LearningCurvePage] = []
        self._lesson_offer: tuple[str, ...] = ()
        self._status: QWidget | None = None
        self.error = self._add_curve(ERROR, 0)
        self.rmse: LearningCurvePage | None = None
        self.loss = self._add_curve(LOSS, 1)
        session.data.views.add(self._data_changed)
        session.displayed.what_if_changed.connect(self._want_predictions)

    def prepare(self) -> Iterator[None]:
        """Makes the parts of the regression page that take long."""
        if self.rmse is None:
            self.rmse = self._add_curve(RMSE, 0, offered=False)
            self.rmse.prepare()
            yield

    def set_strip(self, is_strip: bool) -> None:
        """Shows the curves and the axis only, with the errors; else the page that was in front before."""
        if is_strip == self._is_strip:
            return
        self._is_strip = is_strip
        if is_strip:
            self._in_front = self.page
            curve = self.error if self.error.is_offered or self.rmse is None else self.rmse
            self.tabs.setCurrentIndex(self.pages.index(curve))
        elif self._in_front is not None and self._in_front.is_offered:
            self.tabs.setCurrentIndex(self.pages.index(self._in_front))
        self.head.setHidden(is_strip)
        set_look(self.sheet, "alone", is_strip)
        QApplication.sendEvent(self.sheet, QEvent(QEvent.Type.StyleChange))  # a frame looks for its border then
        padding = theme.CARD_PADDING
        self.body.setContentsMargins(padding, 2 if is_strip else 6, padding, 2 if is_strip else padding)
        self.body.setSpacing(0 if is_strip else _BETWEEN)
        policy = QSizePolicy.Policy.Ignored if is_strip else QSizePolicy.Policy.Preferred
        self._stack.setSizePolicy(policy, policy)  # pages behind do not make the strip higher
        for page in self.curves:
            page.set_strip(is_strip)
        self.foot.set_low(is_strip)
        self._fit_band()
        self._want_predictions()

    def minimumSizeHint(self) -> QSize:
        """Returns the least size; of the strip, with a low chart."""
        size = super().minimumSizeHint()
        if not self._is_strip:  # the band gives way
            return size if self.band.isHidden() else QSize(size.width(), size.height() - self.band.height())
        return QSize(size.width(), self.foot.sizeHint().height() + _LEAST_STRIP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_band()

    def _fit_band(self) -> None:
        """Shows the band under a chart, if there is room for both."""
        needed = max(theme.px(_LEAST_WITH_BAND), self.minimumSizeHint().height() + self.band.height())
        is_of_curves = isinstance(self.page, LearningCurvePage) and not self._is_strip
        is_shown = is_of_curves and self.height() >= needed
        self.band.setVisible(is_shown)
        self._session.queries.want(self, (PAST_PREDICTIONS,), is_shown and self.in_view)
        self.band.refresh()

    def _follow_chart(self) -> None:
        """Keeps the axis of time in line with the chart in front, or the one that was there before."""
        plot = self.plot
        for part in (self.band, self.foot):
            part.set_scale(plot.axes, plot.view[0])
            if plot.isVisible():
                part.set_span(*self.span)

    def _place_beside(self) -> None:
        """Lays the buttons of the playhead over the lower edge of the chart, while they are shown."""
        if self.foot.beside.isHidden():
            return
        plot, foot = self.plot, self.foot
        left, width = self.span
        margin, bottom = self.under.geometry().left(), foot.y()
        if plot.isVisible():
            bottom = plot.mapTo(self.sheet, plot.plot_area().bottomLeft()).y()
        foot.place_beside(margin + left, margin + left + width, bottom - 8)

    @property
    def span(self) -> tuple[int, int]:
        """The left end of the chart in front, in pixels of a widget of ``under``, and its width."""
        plot = self.plot
        area, start = plot.getViewBox().sceneBoundingRect(), plot.mapTo(self.sheet, QPoint(0, 0)).x()
        return round(start - self.under.geometry().left() + area.left()), max(round(area.width()), 1)

    def _add_curve(self, quantity: Quantity, number: int, offered: bool = True) -> LearningCurvePage:
        page = LearningCurvePage(self._session, quantity, self.forget)
        page.is_offered = offered
        page.set_scales(self.scales[quantity.name], self.is_root)
        page.scale_changed.connect(lambda: self._note_scales(quantity.name, page))
        page.lesson_wanted.connect(self.lesson_wanted)
        page.why_wanted.connect(self.why_wanted)
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

    def show_status(self, status: QWidget) -> None:
        """Shows words about the run behind the headline of the page in front."""
        self._status = status
        self._tell_pages()

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
        if self._status is not None and isinstance(self.page, LearningCurvePage) and self.page.is_filled:
            self.page.headline.take(self._status)
        self._fit_band()
        self.time_moved.emit()
        self._session.set_estimating(any(page.in_view for page in self.curves))
        self._want_predictions()

    def _want_predictions(self) -> None:
        """Has predictions computed that the headline counts: of numbers, and of a network with what-ifs."""
        page, session = self.page, self._session
        is_counted = page.name == "rmseTab" or (page.name == "errorTab" and bool(session.displayed.what_if))
        wanted = is_counted and page.in_view and not self._is_strip
        if wanted != session.queries[MISTAKES].is_wanted_by(self):
            session.queries.want(self, (MISTAKES,), wanted)


class LearningCurvePage(Page):
    """One quantity against epochs, with its legend. Empty until it is first seen, since a plot takes long to make.

    Attributes:
        is_log: whether the value axis is logarithmic.
        is_root: whether positions on the axis of epochs are their square roots.

    Signals:
        scale_changed: :attr:`is_log` or :attr:`is_root` has changed.
        lesson_wanted: the user accepted the offer of a lesson.
        why_wanted: the user asked why the hint is shown.
        time_moved: the chart shows another part of the time, or has another place or width.
    """

    scale_changed = pyqtSignal()
    lesson_wanted = pyqtSignal()
    why_wanted = pyqtSignal()
    time_moved = pyqtSignal()

    def __init__(self, session: Session, quantity: Quantity, forget: QAction) -> None:
        super().__init__(quantity.title or quantity.name.capitalize(), f"{quantity.name}Tab", _TIPS[quantity.name])
        self._session, self._quantity, self._forget = session, quantity, forget
        self.compares = True
        self.is_log = self.is_root = True
        self._plot: CurvePlot | None = None
        self._drawn: tuple[object, ...] = ()  # what the curves were drawn from
        self._earlier: list[EarlierRun] = []
        self._named_earlier: list[str] | None = None
        self._lesson_offer: tuple[str, ...] = ()
        self._is_strip = False

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
        self._name_figures()
        self.keys = self._keys(plot)
        self.headline = Headline(session, self._quantity, self._named)
        self.headline.lesson_wanted.connect(self.lesson_wanted)
        self.headline.why_wanted.connect(self.why_wanted)
        self.headline.offer_lesson(self._lesson_offer)
        self.body.setSpacing(0)
        self.body.insertWidget(0, self.headline)
        self.body.insertWidget(1, self.headline.figures)
        self._add_scale()
        reset, self._log_action, self._root_action = self._actions(plot)
        _offer(plot, reset, self._log_action, self._root_action, self._forget)
        arranged(QHBoxLayout(self.aside), 1, *self.keys.values(), self.scale, spacing=2)
        session.timeline.changed.connect(self.refresh)
        for signal in (session.side_by_side.changed, session.side_by_side.changes_changed, theme.changed):
            signal.connect(self._compare)
        for signal in (session.displayed.changed, session.training.state_changed, session.settings.changed):
            signal.connect(self.refresh)
        for signal in (session.runs.history_changed, session.settings.problems_changed):
            signal.connect(self.refresh)
        if self._quantity.name != LOSS.name:
            session.mistakes.changed.connect(self.refresh)
        session.runs.replaced.connect(self._new_run)
        for signal in (session.runs.compared_changed, session.settings.changed, session.training.state_changed):
            signal.connect(self._show_past)  # the differences from the current run may have changed
        self.set_strip(self._is_strip)
        self._show_hint()
        self._show_past()

    def set_strip(self, is_strip: bool) -> None:
        """Leaves the chart alone, or shows what belongs to it again."""
        self._is_strip = is_strip
        if self.is_filled:
            self.plot.set_strip(is_strip)
            self.headline.setHidden(is_strip)

    def offer_lesson(self, versions: tuple[str, ...]) -> None:
        """Offers a lesson next to the conclusion, in the first of those versions that fits; () ends the offer."""
        self._lesson_offer = versions
        if self.is_filled:
            self.headline.offer_lesson(versions)

    def _named(self, name: str) -> str:
        """Returns an object name that is unique in the window: those of the loss begin with "loss"."""
        return name if self._quantity.name == ERROR.name else f"{self._quantity.name}{name[0].upper()}{name[1:]}"

    def offer(self, offered: bool) -> None:
        super().offer(offered)
        if self.is_filled:
            self._name_figures()

    def _name_figures(self) -> None:
        """Names the figures: of error and RMSE, the ones that suit the data are ``testFigure`` and ``trainFigure``."""
        is_plain = self.is_offered and self._quantity.name != LOSS.name
        self.plot.figures.set_prefix("" if is_plain else self._quantity.name)

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
            self.headline.set_quantity(quantity)

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
        self.headline.refresh()
        run = self._session.runs.current
        curves, history = self._of(run.history), run.history
        places = (curves.live_train.epochs[-1:], curves.last_epoch, run.progress.last_epoch, run.progress.batches)
        ends = [getattr(curves, part).values[-1:] for part in PARTS]  # an edit measures the last epoch again
        notes = [change.text for change in history.changes]
        examples = {name: each.count for name, each in self._session.mistakes.parts.items()}
        self.plot.show_sizes(examples)
        drawn = (run, *places, history.early[-1:], history.completed, ends, notes)
        if drawn == self._drawn:
            self._show_figures()
            return  # most views bring no new figures
        self._drawn = drawn
        self.keys["validation"].setVisible(bool(curves.validation.values))
        self.plot.set_changes([(change.epoch, change.text) for change in history.changes])
        epochs = max(run.progress.last_epoch, history.completed)
        self.plot.show_explained(vars(history.r2) if self._has_explained else {})
        self.plot.show_curves(vars(curves), epochs, run.progress.batches or run.batches or None, run.lacks_estimates)
        self._name_earlier()
        self._show_figures()

    def _show_figures(self) -> None:
        """Shows the figures of the displayed network at the ends of the curves."""
        self.plot.show_figures(shown_figures(self._session, self._quantity), self._session.displayed.epochs)

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
            self._show_moment()
            self.headline.compare()

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


def _offer(widget: QWidget, *actions: QAction) -> None:
    """Adds the actions to the context menu of a widget."""
    widget.addActions(actions)
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


PLACES = {"train": Place(Column.TIME, 1), "inside": Place(Column.TIME, 1, is_strip=True)}
CARDS.register("curvesDock")(CardInfo(CurvesPanel, PLACES, needs=(CHANGES,)))
