"""The form of the learning rate schedule."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.training.schedules import warmed_up
from nnviz.cards.settings.rate_search import RateSearchView
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.session.session import Session
from nnviz.ui.parts import arranged
from nnviz.ui.setting_fields import SettingRows

_POINTS = 240


class ScheduleForm(QWidget):
    """The schedule with its curve, and below it the search for a learning rate."""

    def __init__(self, session: Session, rows: SettingRows) -> None:
        super().__init__()
        self._session = session
        self._form = SettingsForm(session, rows)
        tip = "Shows the learning rate over the epochs of the run. The dashed line is the current epoch."
        self._plot = SmallPlot("schedulePlot", "Learning rate over the epochs", tip)
        arranged(QVBoxLayout(self), self._form, self._plot, RateSearchView(session), spacing=6)
        session.settings.changed.connect(self._show)
        session.displayed.changed.connect(self._show_place)
        self._show()

    def _show(self) -> None:
        settings = self._session.settings.experiment.training
        schedule = settings.new_schedule()
        self._form.show_only(["warmup", *schedule.uses])
        epochs = np.linspace(0, settings.epochs, _POINTS)
        factors = [warmed_up(schedule, epoch, settings.epochs, settings.warmup, _POINTS) for epoch in epochs]
        rates = [settings.learning_rate * factor for factor in factors]
        ends = [(0.0, "0"), (float(settings.epochs), f"{settings.epochs}")]
        ticks = (ends, [(0.0, "0"), (settings.learning_rate, f"{settings.learning_rate:.3g}")])
        self._plot.show_line(list(epochs), rates, ticks, lambda x, y: f"epoch {x:.1f}: {y:.3g}")
        self._show_place()

    def _show_place(self) -> None:
        """Marks the displayed epoch, if the plot is visible."""
        if not self._plot.viewport().visibleRegion().isEmpty():
            training = self._session.training
            self._plot.mark((training.is_in_progress and training.progress.epochs_done) or None)
