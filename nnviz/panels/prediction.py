"""What the network makes of the drawing."""

from __future__ import annotations

from nnviz.session import Session
from nnviz.widgets.bars import ProbabilityBars
from nnviz.widgets.card import DockCard


class PredictionPanel(DockCard):
    """A bar for each class; it moves while drawing and while training."""

    def __init__(self, session: Session) -> None:
        super().__init__("Prediction", "predictionDock")
        self._session = session
        self.bars = ProbabilityBars()
        self.bars.setObjectName("predictionBars")
        self.bars.setAccessibleName("Prediction")
        self.bars.setToolTip("How sure the network is of each class, for the drawing as it is now.")
        self.head.detail.setText("%")
        self.body.addWidget(self.bars)
        session.data_changed.connect(self._name_classes)
        session.run_changed.connect(self._name_classes)
        session.prediction_changed.connect(self._show)
        self._name_classes()

    def _name_classes(self) -> None:
        data, outputs = self._session.dataset, self._session.run.network.shape[-1]
        fits = data is not None and len(data.class_names) == outputs
        self.bars.set_names(data.class_names if data and fits else [str(number) for number in range(outputs)][:20])
        self._show()

    def _show(self) -> None:
        if self._session.dataset is not None and self._session.misfit:
            self.head.detail.setText("network does not fit the data")
        else:
            self.head.detail.setText("%")
        if self.in_view:
            self.bars.set_values(self._session.prediction)

    def refresh(self) -> None:
        """The answer as it is now."""
        self._show()
