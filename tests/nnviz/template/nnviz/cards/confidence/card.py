"""The confidence page: the mean confidence on some training examples."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from nnviz.cards.registry import CARDS, CardInfo
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.ui.card import Table, label
from nnviz.ui.pages import Page
from nnviz.ui.parts import named

CONFIDENCE = "confidence"
_EXAMPLES = 1000
_SECONDS_BETWEEN = 0.2  # at least, between two computations; they may take a twentieth of a core's time


class ConfidenceModel(QObject):
    """Computes the mean confidence of the displayed network in the background.

    Attributes:
        query: its result is the mean confidence, 0…1; None if the current network does not fit the data.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.query = Latest(self._request, TimeBudget(_SECONDS_BETWEEN, 19), forget_on_new_run=True)
        session.queries.add({CONFIDENCE: self.query})

    def _request(self) -> Request | None:
        """Returns what the result depends on, and the function that computes it in another thread."""
        network, data = self._session.displayed.network, self._session.data.dataset
        if data is None or self._session.runs.current.misfit(data) is not None:
            return None
        inputs = data.train.head(_EXAMPLES).scaled_inputs()
        return RequestKey(network, data), lambda: float(network.predict(inputs).max(axis=1).mean())


class ConfidencePage(Page):
    """Shows the mean confidence."""

    def __init__(self, session: Session) -> None:
        super().__init__("Confidence", "confidenceTab", "Shows how confident the network is on training examples.")
        self._model = session.models[ConfidenceModel]
        self._line = named(label(), "confidenceLabel", "Mean confidence")
        self.body.addWidget(self._line)
        self._model.query.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Shows the newest result; also called when the page comes into view."""
        if self.in_view:
            result = self._model.query.result
            self._line.setText("–" if result is None else f"{100 * result:.1f} %")

    def table(self) -> Table | None:
        """Returns header and rows for a CSV file; None without a result."""
        result = self._model.query.result
        return None if result is None else (["mean confidence"], [[result]])


CARDS.register("confidencePage")(CardInfo(ConfidencePage, needs=(CONFIDENCE,), page_of="inspector", page_number=6))
