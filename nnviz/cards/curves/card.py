"""The curves card: error, RMSE and loss against epochs, each on a page, of the current run and earlier ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QApplication, QSizePolicy, QVBoxLayout

from engine.datasets import Dataset
from engine.training.history import PARTS, Curves, History
from nnviz.cards.curves.band import Band
from nnviz.cards.curves.curve_plot import EARLIER, CurvePlot
from nnviz.cards.curves.headline import Headline
from nnviz.cards.curves.known_figures import shown_figures
from nnviz.cards.curves.prediction_over_time import PAST_PREDICTIONS
from nnviz.cards.curves.time_foot import TimeFoot
from nnviz.cards.curves.view_menu import ViewMenuButton
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting.text import epochs as epochs_text
from nnviz.jobs.timing import TimeBudget
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, MISTAKES
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.pages import Page, PagedCard
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, Quantity
from nnviz.ui.plots.curve_figures import EXACT, EarlierRun

_SECONDS_BETWEEN = 0.1  # at least, between two views of a training
_OFF_EDGE = 3  # pixels between the buttons of the playhead and the edge of the chart
_UNTRAINED_RMSE = 1.35  # about, in root mean squares of the targets
_MANY, _BOTTOM_OF_FEW = 1000, 0.01  # test examples, and the lowest value of the axis of fewer as a share of its end
_BETWEEN = 6  # pixels between the parts of the card
_LEAST_CHART = 60  # pixels of the view
_LEAST_STRIP = 36  # pixels of the strip above its foot
_LEAST_WITH_BAND = 230  # pixels of the card at a text size of 100 %; lower, the band leaves
_LEAST_WITH_ERRORS = 150  # the same for the line with the errors of two networks
_LEAST_BESIDE = 2  # heights of the playhead's buttons that a chart has at least where they lie over it
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
_SHOWN = {  # what the menu says of each curve, and its tip
    "train": ("Training curve", "Shows or hides the curve of the training set, which the network learns from."),
    "test": ("Test curve", "Shows or hides the curve of the test set, which the network never learns from."),
    "validation": (
        "Validation curve",
        "Shows or hides the curve of the validation set, which is held out from the training set.",
    ),
    EARLIER: ("Earlier runs", "Shows or hides the curves of earlier runs: test solid, train dashed."),
}


class CurvesPanel(PagedCard):
    """The time of the run: its headline, a view, the certainty of the prediction, and the axis of time.

    Thick lines join exact values after epochs, and estimates within the first one; thin lines follow estimates within
    later ones.

    Attributes:
        scales: whether the axis of each quantity is logarithmic, by its name.
        is_root: whether positions on the axis of epochs are their square roots, so that the first epoch is wide.
        error, rmse, loss: the pages. The first is for classes; the second, for regression, is made when the window is
            idle or such data come.
        headline: what the run achieved, and what can be done.
        forget: the action that removes the earlier runs from the chart.
        shows: the actions that show or hide train, test, validation and earlier runs.
        band: the certainty of the present prediction, under the charts.

    Signals:
        scale_changed: a value of :attr:`scales` has changed.
        time_moved: the chart in front shows another part of the time, or has another place or width.
    """

    scale_changed = pyqtSignal()
    time_moved = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Curves")
        self._session = session
        self.headline = Headline(session)
        self.body.insertWidget(0, self.headline.figures)
        self.view_button = ViewMenuButton(self)
        self.head.row.insertWidget(0, self.headline, 100)  # takes all the room there is
        self.head.row.addWidget(self.view_button, 0, Qt.AlignmentFlag.AlignTop)  # beside the first line
        self.under = arranged(QVBoxLayout())  # what lies under the charts, as wide as the card and in line with them
        self.body.addLayout(self.under)
        self.band = Band(session)
        self.under.addWidget(self.band)
        self.foot = TimeFoot(session)
        self.foot.beside.setParent(self.sheet)
        self.under.addWidget(self.foot)
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # no page sets the height
        self._stack.setMinimumHeight(_LEAST_CHART)
        self._is_strip = False
        self._due = TimeBudget(_SECONDS_BETWEEN, 0)
        self._in_front: Page | None = None  # the page that the whole form shows
        self.time_moved.connect(self._follow_chart)
        theme.changed.connect(self._fit_band)
        self.foot.moved.connect(self._place_beside)
        self.scales = {each.name: True for each in (ERROR, RMSE, LOSS)}
        self.is_root = True
        self._add_actions()
        self.curves: list[LearningCurvePage] = []
        self.error = self._add_curve(ERROR, 0)
        self.rmse: LearningCurvePage | None = None
        self.loss = self._add_curve(LOSS, 1)
        self._connect()

    def _add_actions(self) -> None:
        """Makes the actions of the view menu, which the charts offer in their context menus, too."""
        self.log = self._switch("Logarithmic values", "Logarithmic")
        self.root = self._switch("Square-root epochs", "RootEpochs")
        self.log.setToolTip("Gives each factor of ten the same height. Otherwise the axis of values is linear.")
        self.root.setToolTip("Makes the first epochs wide. Otherwise the axis of epochs is linear.")
        self.log.toggled.connect(self._log_chosen)
        self.root.toggled.connect(self.set_root)
        self.shows = {}
        for name, (words, tip) in _SHOWN.items():
            self.shows[name] = action = self._switch(words, f"Show{name.capitalize()}")
            action.setToolTip(tip)
            action.toggled.connect(self._show_curves)
        self.forget, self.reset_zoom = QAction("Forget earlier runs", self), QAction("Reset zoom", self)
        self.forget.setObjectName("actionForgetEarlierRuns")
        self.forget.triggered.connect(lambda: self._session.runs.stop_comparing())
        self.reset_zoom.setObjectName("actionResetZoom")
        self.reset_zoom.triggered.connect(lambda: self.plot.reset_zoom())
        self.groups = (self.log, self.root), tuple(self.shows.values()), (self.reset_zoom, self.forget)
        self.view_button.add_actions(*self.groups, self.menu_button.give_entries())

    def _switch(self, words: str, name: str) -> QAction:
        action = QAction(words, self)
        action.setObjectName(f"action{name}")
        action.setCheckable(True)
        action.setChecked(True)
        return action

    def _connect(self) -> None:
        session = self._session
        for signal in (
            session.timeline.changed,
            session.training.state_changed,
            session.settings.changed,
            session.settings.problems_changed,
            session.runs.history_changed,
            session.runs.replaced,
            session.mistakes.changed,
        ):
            signal.connect(self.refresh)
        session.displayed.changed.connect(self._follow)
        for signal in (session.side_by_side.changed, session.side_by_side.changes_changed, theme.changed):
            signal.connect(self._compare)
        for signal in (session.runs.compared_changed, session.settings.changed, session.training.state_changed):
            signal.connect(self._show_earlier)  # the differences from the current run may have changed
        session.data.views.add(self._data_changed)
        for signal in (session.displayed.what_if_changed, session.runs.replaced, session.training.state_changed):
            signal.connect(self._want_predictions)
        self._show_earlier()

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
            self.turn_to(self._main)
        elif self._in_front is not None and self._in_front.is_offered:
            self.turn_to(self._in_front)
        self.head.setHidden(is_strip)
        set_look(self.sheet, "alone", is_strip)
        QApplication.sendEvent(self.sheet, QEvent(QEvent.Type.StyleChange))  # a frame looks for its border then
        padding = theme.CARD_PADDING
        self.body.setContentsMargins(padding, 2 if is_strip else 6, padding, 2 if is_strip else padding)
        self.body.setSpacing(0 if is_strip else _BETWEEN)
        self._stack.setMinimumHeight(0 if is_strip else _LEAST_CHART)
        for page in self.curves:
            page.set_strip(is_strip)
        self.foot.set_low(is_strip)
        self._fit_band()
        self._want_predictions()

    def set_presented(self, is_presented: bool) -> None:
        super().set_presented(is_presented)
        self.view_button.setHidden(is_presented)
        self.headline.set_presented(is_presented)
        self.foot.set_presented(is_presented)

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
        """Shows the errors of two networks, and the band under a chart, if there is room for them."""
        self.headline.show_errors(not self._is_strip and self.height() >= theme.px(_LEAST_WITH_ERRORS))
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
        """Lays the buttons of the playhead over the chart, at the edge where they cover less of the curves.

        Over a very low chart there are none; the menu *Train* and the keys have what they do.
        """
        plot, foot = self.plot, self.foot
        height = foot.beside.sizeHint().height()
        is_low = plot.isVisible() and plot.plot_area().height() < _LEAST_BESIDE * height
        foot.beside.setVisible(foot.wants_beside and not is_low)
        if foot.beside.isHidden():
            return
        left, width = self.span
        start = self.under.geometry().left() + left
        place = foot.beside_playhead(start, start + width)
        place.moveBottom(foot.y() - _OFF_EDGE)
        if plot.isVisible():
            corner, area = plot.mapTo(self.sheet, QPoint(0, 0)), plot.plot_area()
            upper, lower = place.translated(-corner), place.translated(-corner)
            upper.moveTop(area.top() + _OFF_EDGE)
            lower.moveBottom(area.bottom() - _OFF_EDGE)
            place = min(lower, upper, key=plot.hidden_under).translated(corner)
        foot.beside.setGeometry(place)
        foot.beside.raise_()

    @property
    def span(self) -> tuple[int, int]:
        """The left end of the chart in front, in pixels of a widget of ``under``, and its width."""
        plot = self.plot
        area, start = plot.getViewBox().sceneBoundingRect(), plot.mapTo(self.sheet, QPoint(0, 0)).x()
        return round(start - self.under.geometry().left() + area.left()), max(round(area.width()), 1)

    def _add_curve(self, quantity: Quantity, number: int, offered: bool = True) -> LearningCurvePage:
        page = LearningCurvePage(self._session, quantity, self.groups)
        page.is_offered = offered
        page.set_scales(self.scales[quantity.name], self.is_root)
        page.time_moved.connect(self.time_moved)
        page.zoomed.connect(self._follow_zoom)
        self.curves.append(page)
        self.add_page(page, number)
        return page

    # ---- scales, and the curves that are shown

    def _log_chosen(self, is_log: bool) -> None:
        """Sets the scale of the page in front, where a user chose it in the menu."""
        page = self.page
        if isinstance(page, LearningCurvePage) and self.scales[page.quantity.name] != is_log:
            self.set_log(page.quantity.name, is_log)

    def set_root(self, is_root: bool | int) -> None:
        """Chooses square roots of the epochs, or the epochs themselves, for all pages."""
        if self.is_root != bool(is_root):
            self.is_root = bool(is_root)
            self.root.setChecked(self.is_root)
            self._set_scales()

    def is_log(self, name: str) -> bool:
        """Whether the axis of a quantity is logarithmic."""
        return self.scales[name]

    def set_log(self, name: str, is_log: bool | int) -> None:
        """Sets the scale of a quantity's page, which may be made later."""
        if self.scales[name] != bool(is_log):
            self.scales[name] = bool(is_log)
            self._set_scales()

    def _set_scales(self) -> None:
        for page in self.curves:
            page.set_scales(self.scales[page.quantity.name], self.is_root)
        self._follow_view()
        self.scale_changed.emit()

    def _show_curves(self) -> None:
        """Shows or hides curves as the menu says."""
        for page in self.curves:
            page.set_shown({name: action.isChecked() for name, action in self.shows.items()})

    def _show_earlier(self) -> None:
        """Offers to hide or forget the earlier runs, if there are any."""
        for action in (self.forget, self.shows[EARLIER]):
            action.setEnabled(bool(self._session.runs.compared))

    def _follow_view(self) -> None:
        """Offers what makes sense for the view in front."""
        page = self.page
        for action in (self.log, *self.shows.values()):
            action.setVisible(isinstance(page, LearningCurvePage))
        if isinstance(page, LearningCurvePage):
            self.log.setChecked(self.scales[page.quantity.name])
        has_validation = bool(self._session.runs.current.history.error.validation.values)
        has_validation |= bool(self._session.runs.current.history.loss.validation.values)
        self.shows["validation"].setVisible(isinstance(page, LearningCurvePage) and has_validation)
        self._follow_zoom()

    def _follow_zoom(self) -> None:
        page = self.page
        self.reset_zoom.setEnabled(isinstance(page, LearningCurvePage) and page.is_filled and page.plot.is_zoomed)

    # ---- the headline

    @property
    def _quantity(self) -> Quantity:
        """The quantity of the headline: that of the chart in front, or else the error or RMSE."""
        return (self.page if isinstance(self.page, LearningCurvePage) else self._main).quantity

    def _follow(self) -> None:
        """Follows the displayed network; while it learns, less often than the stage, which then has time to move."""
        if self._due.is_due or self._session.state is not Status.TRAINING:
            self._due.spend(0)
            for page in self.curves:
                page.refresh()
            self.refresh()

    def refresh(self) -> None:
        if self.in_view and not self._is_strip:
            self.headline.refresh(self._quantity)
            self._follow_view()
            if not isinstance(self.page, LearningCurvePage):
                self._main.draw()  # as the axis of time follows it

    def _compare(self) -> None:
        """Shows the second network, or that nothing is compared any more."""
        if self.in_view and not self._is_strip:
            self.headline.compare(self._quantity)

    @property
    def plot(self) -> CurvePlot:
        """The plot of the page in front, or else that of the error or RMSE."""
        return (self.page if isinstance(self.page, LearningCurvePage) else self._main).plot

    @property
    def _main(self) -> LearningCurvePage:
        """The page of the error, or of numbers that of the RMSE."""
        return self.error if self.error.is_offered or self.rmse is None else self.rmse

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
            self.rmse.set_expected(_expected_rmse(dataset))
        self.loss.set_expected(_expected_loss(dataset))

    def _tell_pages(self) -> None:
        super()._tell_pages()
        self._fit_band()
        self.time_moved.emit()
        self._session.set_estimating(any(page.in_view for page in self.curves))
        self._want_predictions()
        self.refresh()

    def _want_predictions(self) -> None:
        """Has predictions computed that the headline counts: of numbers, with what-ifs, and before training."""
        quantity, session = self._quantity.name, self._session
        is_new = session.runs.current.untouched and session.state is not Status.TRAINING
        is_counted = is_new or quantity == RMSE.name or bool(session.displayed.what_if)
        wanted = is_counted and quantity != LOSS.name and self.in_view and not self._is_strip
        if wanted != session.queries[MISTAKES].is_wanted_by(self):
            session.queries.want(self, (MISTAKES,), wanted)


class LearningCurvePage(Page):
    """One quantity against epochs. Empty until it is first seen, since a plot takes long to make.

    Attributes:
        quantity: what is drawn, with its unit.

    Signals:
        time_moved: the chart shows another part of the time, or has another place or width.
        zoomed: the user zoomed the chart, or the zoom was reset.
    """

    time_moved = pyqtSignal()
    zoomed = pyqtSignal()

    def __init__(self, session: Session, quantity: Quantity, offers: Sequence[Sequence[QAction]]) -> None:
        """``offers``: the actions of the context menu."""
        super().__init__(quantity.title or quantity.name.capitalize(), f"{quantity.name}View", _TIPS[quantity.name])
        self._session, self.quantity, self._offers = session, quantity, offers
        self._scales = True, True
        self._shown = dict.fromkeys((*EXACT, EARLIER), True)
        self._plot: CurvePlot | None = None
        self._drawn: tuple[object, ...] = ()  # what the curves were drawn from
        self._earlier: list[EarlierRun] = []
        self._is_strip = False

    @property
    def caption(self) -> str:
        """What is exported: "error curves"."""
        return f"{self.quantity.called} curves"

    @property
    def plot(self) -> CurvePlot:
        """The plot, made at its first use."""
        self.fill()
        assert self._plot is not None
        return self._plot

    def prepare(self) -> None:
        """Makes the plot, which takes longest, but does not connect it."""
        if self._plot is None:
            self._plot = CurvePlot(self.quantity, self._named("resetZoomButton"))
            self._plot.view_changed.connect(self.time_moved)
            self._plot.getViewBox().sigResized.connect(self.time_moved)
            self._plot.zoomed.connect(self.zoomed)
            self.body.addWidget(self._plot)

    def _make(self) -> None:
        self.prepare()
        session, called, plot = self._session, self.quantity.called, self.plot
        plot.set_quantity(self.quantity)
        named(plot, f"{self.quantity.name}Plot", f"Train and test {called} against epochs", _HOW_TO_ZOOM)
        plot.set_axes(*self._scales)
        for name, is_shown in self._shown.items():
            plot.set_shown(name, is_shown)
        self._name_figures()
        plot.addActions([action for group in self._offers for action in group])
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        session.timeline.changed.connect(self.refresh)
        for signal in (session.side_by_side.changed, session.side_by_side.changes_changed, theme.changed):
            signal.connect(self._show_moment)
        for signal in (session.training.state_changed, session.settings.changed):
            signal.connect(self.refresh)
        session.runs.history_changed.connect(self.refresh)
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

    def _named(self, name: str) -> str:
        """Returns an object name that is unique in the window: those of the loss begin with "loss"."""
        return name if self.quantity.name == ERROR.name else f"{self.quantity.name}{name[0].upper()}{name[1:]}"

    def offer(self, offered: bool) -> None:
        super().offer(offered)
        if self.is_filled:
            self._name_figures()

    def _name_figures(self) -> None:
        """Names the figures: of error and RMSE, the ones that suit the data are ``testFigure`` and ``trainFigure``."""
        is_plain = self.is_offered and self.quantity.name != LOSS.name
        self.plot.figures.set_prefix("" if is_plain else self.quantity.name)

    def set_unit(self, unit: str) -> None:
        """Sets the unit of the values."""
        self._set_quantity(replace(self.quantity, unit=unit))

    def set_examples(self, count: int) -> None:
        """Sets the number of examples of the error: of few, a logarithmic axis ends at 1 % instead of 0.1 %."""
        bottom = ERROR.bottom if count >= _MANY else _BOTTOM_OF_FEW
        if bottom != self.quantity.bottom:
            self._set_quantity(replace(self.quantity, bottom=bottom))

    def set_expected(self, value: float) -> None:
        """Sets about which value an untrained network has, so that the axis is known before it is measured."""
        self._set_quantity(replace(self.quantity, expected=value))

    def _set_quantity(self, quantity: Quantity) -> None:
        self.quantity = quantity
        if self.is_filled:
            self.plot.set_quantity(quantity)

    # ---- scale and curves in the menu

    def set_scales(self, is_log: bool, is_root: bool) -> None:
        """Chooses logarithms of the values, and square roots of the epochs."""
        self._scales = is_log, is_root
        if self.is_filled:
            self.plot.set_axes(is_log, is_root)

    def set_shown(self, shown: Mapping[str, bool]) -> None:
        """Shows or hides train, test, validation and earlier runs."""
        changed = [name for name, is_shown in shown.items() if is_shown != self._shown[name]]
        self._shown = dict(shown)
        for name in changed if self.is_filled else ():
            self.plot.set_shown(name, shown[name])

    # ---- curves

    def _of(self, history: History) -> Curves:
        curves: Curves = getattr(history, self.quantity.name)
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
        if earlier != self._earlier:
            self._earlier = earlier
            self.plot.show_earlier(earlier)

    def _earlier_of(self, run: Run) -> EarlierRun:
        """Returns the curves of an earlier run, named by its differences from the current one."""
        curves = self._of(run.history)
        title = self._session.runs.difference(run)
        return EarlierRun(title, curves.joined("train"), curves.joined("test"), run.lacks_estimates)

    def refresh(self) -> None:
        if self.in_view:
            self.draw()

    def draw(self) -> None:
        """Draws what has changed, also while another page is in front."""
        self._show_moment()
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
        self.plot.set_changes([(change.epoch, change.text) for change in history.changes])
        epochs = max(run.progress.last_epoch, history.completed)
        self.plot.show_explained(vars(history.r2) if self._has_explained else {})
        self.plot.show_curves(vars(curves), epochs, run.progress.batches or run.batches or None, run.lacks_estimates)
        self._show_figures()

    def _show_figures(self) -> None:
        """Shows the figures of the displayed network at the ends of the curves."""
        self.plot.show_figures(shown_figures(self._session, self.quantity), self._session.displayed.epochs)

    def _show_moment(self) -> None:
        """Shows the displayed epoch by the playhead."""
        timeline = self._session.timeline
        self.plot.playhead.show_moment(timeline.live_epoch, timeline.epoch, timeline.has_past)
        self.plot.playhead.show_second(self._session.side_by_side.second_epoch)
        curves, epoch = self._of(self._session.runs.current.history), timeline.epoch
        is_estimated = epoch is not None and curves.early_train.at(epoch) is not None
        known = epoch if epoch is None or is_estimated else math.floor(epoch)
        self.plot.summarise(curves.last_known if known is None else known)

    @property
    def _has_explained(self) -> bool:
        """Whether the read-out shows R² too."""
        return self.quantity.name == RMSE.name

    def table(self) -> Table:
        """Returns header and rows for a CSV file: epoch, train, test, validation; errors as shares, RMSE with R².

        Estimates of the first epoch have columns of their own.
        """
        history, called = self._session.runs.current.history, self.quantity.called
        columns = {f"{name} {called}": getattr(self._of(history), name) for name in EXACT}
        if self._has_explained:
            columns |= {f"{name} R2": getattr(history.r2, name) for name in EXACT}
        estimates = {f"{name} {called} estimate": getattr(self._of(history), f"early_{name}") for name in EXACT}
        columns |= {name: curve for name, curve in estimates.items() if curve.epochs}
        epochs = sorted({epoch for curve in columns.values() for epoch in curve.epochs})
        values = [dict(zip(curve.epochs, curve.values, strict=True)) for curve in columns.values()]
        return ["epoch", *columns], [[epoch, *(of.get(epoch, "") for of in values)] for epoch in epochs]


def _expected_rmse(data: Dataset) -> float:
    """Returns about the RMSE of an untrained network, whose outputs have nothing to do with the targets."""
    if data.is_classification:
        return 0.0
    away = data.raw_targets(data.train.targets) - data.raw_targets(np.zeros((1, data.outputs), np.float32))
    return _UNTRAINED_RMSE * math.sqrt(float(np.square(away).mean()))


def _expected_loss(data: Dataset) -> float:
    """Returns about the loss of an untrained network, with the default loss function for such data."""
    if data.is_classification:
        return 2 * math.log(max(data.outputs, 2))  # twice that of equal probabilities
    return data.outputs * float(np.square(data.train.targets).mean())


PLACES = {"train": Place(Column.TIME, 1), "inside": Place(Column.TIME, 1, is_strip=True)}
CARDS.register("curvesDock")(CardInfo(CurvesPanel, PLACES, needs=(CHANGES,)))
