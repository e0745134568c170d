"""The rows of the groups that consist of fields only: optimizer constants, regularisation and initialisation."""

from __future__ import annotations

from engine.basics.validation import parse_share, parse_whole
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.training.optimizers import OPTIMIZERS
from nnviz.cards.settings.form import Choice, Field, Form, Rows, parse_dropout
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.fields import step_by, step_decade, step_decade_or_zero, step_whole

CONSTANTS = (
    Field(
        "momentum",
        "Momentum",
        step_by(0.05, 0.95),
        "How much of the last step's direction the next one keeps, so that it rolls over dents and along valleys.",
    ),
    Field(
        "beta2",
        "Beta 2",
        step_by(0.001, 0.999),
        "How slowly the average of the squared gradients forgets; each weight's step is divided by its root.",
    ),
    Field(
        "epsilon",
        "Epsilon",
        step_decade,
        "Keeps the steps of weights with tiny gradients from growing without bound.",
    ),
)
REGULARISATION = (
    Field(
        "weight_decay",
        "Weight decay",
        step_decade_or_zero,
        "Pulls every weight towards zero, the large ones hardest (L2). 0 leaves them alone.",
    ),
    Field(
        "l1",
        "L1",
        step_decade_or_zero,
        "Pulls every weight towards zero by the same amount, until useless weights are zero.",
    ),
    Field(
        "dropout",
        "Dropout, share",
        step_by(0.05, 0.95),
        "The share of hidden neurons that is left out of each step, so that none relies on another. "
        "Or a share for each layer, inputs first: 0.1, 0.5, 0.5.",
        parse_dropout,
    ),
    Field(
        "max_norm",
        "Max-norm",
        step_by(0.5),
        "The greatest length that the vector of a neuron's incoming weights may have. 0 sets no limit.",
    ),
    Field(
        "clip_norm",
        "Clip gradient",
        step_by(0.5),
        "A longer gradient is shortened to this, so that no single batch throws the weights far. 0 sets no limit.",
    ),
    Field(
        "validation_share",
        "Validation set",
        step_by(0.05, 0.5),
        "The share of the training examples that is set aside: the network does not learn from them, and its error on "
        "them is measured after each epoch.",
        parse_share,
    ),
    Field(
        "patience",
        "Patience",
        step_whole(0),
        "Stops when the validation error has not fallen for so many epochs, and restores the best weights. "
        "0 trains all epochs.",
        parse_whole,
    ),
)
# A change of output or loss changes the other if they do not fit each other.
INITIALISATION = (
    Choice(
        "initializer",
        "First weights",
        "How the first weights are drawn: too large and the neurons saturate, too small and the signal dies away.",
        INITIALIZERS,
    ),
    Field(
        "weight_scale",
        "Weight scale",
        step_decade,
        "Multiplies all first weights. 1 leaves them as they are drawn.",
    ),
    Choice(
        "output",
        "Output",
        "What the last layer makes of its sums: softmax gives probabilities of classes. The loss follows.",
        ACTIVATIONS,
        lambda session, name: session.settings.choose(
            "change of output", session.settings.experiment.with_output(name)
        ),
    ),
    Choice(
        "loss",
        "Loss",
        "What training makes smaller. Cross-entropy punishes confident mistakes hardest. The output follows.",
        LOSSES,
        lambda session, name: session.settings.choose("change of loss", session.settings.experiment.with_loss(name)),
    ),
)


class OptimizerForm(Form):
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
