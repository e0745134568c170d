"""The rows of the groups that consist of fields only: optimizer constants, regularisation and initialisation."""

from __future__ import annotations

from engine.training.optimizers import OPTIMIZERS
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.setting_fields import Rows


class OptimizerForm(SettingsForm):
    """The constants, of which only those are shown that the chosen optimizer uses."""

    def __init__(self, session: Session, rows: Rows) -> None:
        super().__init__(session, rows)
        self._none = label(role="muted")
        self.add_wide(self._none)
        session.settings.changed.connect(self._choose_fields)
        self._choose_fields()

    def _choose_fields(self) -> None:
        optimizer = OPTIMIZERS[self._session.settings.experiment.training.optimizer]
        self.show_only(optimizer.uses)
        self._none.setText(f"{optimizer.label} has none.")
        self._none.setVisible(not optimizer.uses)
