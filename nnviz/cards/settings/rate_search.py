"""The search for a learning rate: its model and its view in the schedule group."""

from __future__ import annotations

import math
from functools import partial

from PyQt5.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.training.rate_finder import RateFinder
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.formatting.setting_text import setting_value
from nnviz.jobs.stepwise import Steps, StepwiseTask
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named


class RateSearch(StepwiseTask):
    """Searches for a learning rate in the background. ``partial`` is the points so far, ``result`` the suggestion."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.failed.connect(partial(session.messages.show_error, "The search could not start"))

    def search(self) -> None:
        """Starts the search on a copy of the network, or on a new one if the fields describe another.

        Does nothing without data.
        """
        session, dataset, run = self._session, self._session.data.dataset, self._session.runs.current
        if dataset is None:
            return
        experiment = session.settings.fitting
        is_new = session.training.starts_new_network or run.misfit(dataset) is not None
        make = session.settings.of_new_network.build if is_new else session.displayed.as_trained.copy
        tried_on = f"a new network {setting_value(experiment.shape)}" if is_new else "a copy of the network"

        def steps() -> Steps:
            finder = RateFinder(make(), dataset, experiment.training)
            for _ in finder.run():
                yield len(finder.points) / finder.batches, list(finder.points)
            return finder.suggestion and float(f"{finder.suggestion:.2g}")

        self.start(tried_on, steps)


class RateSearchView(QWidget):
    """Shows the search: buttons, progress, and the plot of loss against learning rate with the suggestion."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._search = session.models[RateSearch]
        self._find = named(QPushButton(), "findRateButton", "Find learning rate")
        self._find.clicked.connect(self._toggle)
        tip = "Sets the learning rate to the suggestion, where the loss fell fastest. Undo restores your value."
        self._take = named(QPushButton(), "takeRateButton", "Take the suggested learning rate", tip)
        self._take.clicked.connect(self._take_suggestion)
        self._progress = named(QProgressBar(), "rateProgress", "Progress of the search")
        self._progress.setTextVisible(False)
        self._caption = named(label(role="muted"), "rateSearchLabel")
        self._caption.setWordWrap(True)
        tip = "Shows the loss while the learning rate rises, batch by batch. A rate where it falls fastest is good."
        self._plot = SmallPlot("ratePlot", "Loss against the learning rate", tip)
        arranged(QVBoxLayout(self), self._find, self._progress, self._plot, self._caption, self._take, spacing=6)
        self._search.changed.connect(self._show)
        session.data.changed.connect(self._show)
        self._show()

    def _toggle(self) -> None:
        if self._search.is_running:
            self._search.cancel()
        else:
            self._search.search()

    def _take_suggestion(self) -> None:
        self._session.settings.set_problem("learning_rate", None)
        self._session.settings.change("learning rate", learning_rate=self._search.result)

    def _show(self) -> None:
        search, found, has_curve = self._search, self._search.result, len(self._search.partial or ()) > 1
        self._find.setText("Stop" if search.is_running else "Find learning rate")
        self._find.setToolTip(
            "Stops the search."
            if search.is_running
            else (
                "Tries rising learning rates on a copy of the network, and suggests the one that lowers the loss "
                "fastest."
            )
        )
        self._find.setEnabled(search.is_running or self._session.data.dataset is not None)
        self._take.setVisible(found is not None)
        self._take.setText(f"Use {found:g}" if found is not None else "")
        self._progress.setVisible(search.is_running)
        self._progress.setValue(round(100 * search.share))
        self._plot.setVisible(has_curve)
        caption = f"loss against rate, on {search.about}"
        if search.was_stopped:
            caption = "Stopped early: no suggestion."
        elif not search.is_running and found is None:
            caption = (
                "Loss against rate: it fell clearly at no rate. If the network is trained already, press Reset and "
                "search again."
            )
        self._caption.setText(caption)
        self._caption.setVisible(has_curve)
        if has_curve:
            self._draw()

    def _draw(self) -> None:
        points = self._search.partial
        x = [math.log10(point.rate) for point in points]
        low, first = min(point.loss for point in points), points[0].loss
        y = [min(point.loss, 2 * first - low) for point in points]  # losses that shoot up are cut off
        across = [(-5, ""), *((power, f"{10.0**power:g}") for power in (-4, -2, 0)), (1, "")]
        high = max(y)
        ticks = (across, [(low, f"{low:.2g}"), (high, f"{high:.2g}")])
        found = self._search.result
        at = None if found is None else math.log10(found)
        self._plot.show_line(x, y, ticks, lambda x, y: f"rate {10**x:.2g}: loss {y:.3g}", at)
