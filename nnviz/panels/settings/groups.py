"""The groups that are fields and nothing else: constants of the optimizer, regularisation, initialisation."""

from __future__ import annotations

from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.validation import parse_share, parse_whole
from nnviz.panels.settings.form import Field, Form, parse_dropout
from nnviz.session.session import Session
from nnviz.widgets.card import label
from nnviz.widgets.fields import step_by, step_decade, step_decade_or_zero, step_whole

_CONSTANTS = (
    Field(
        "momentum",
        "Momentum",
        step_by(0.05, 0.95),
        "How much of the last direction a step keeps: it rolls through small dents and along valleys.",
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
_AGAINST_HEART = (
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
        "Pulls every weight towards zero by the same amount, until the ones of no use are zero.",
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
        "The longest that the vector of a neuron's incoming weights may become. 0 sets no limit.",
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
        "The share of the training examples that the network does not learn from, but is measured on after each epoch; "
        "0.1 is a tenth.",
        parse_share,
    ),
    Field(
        "patience",
        "Patience",
        step_whole(0),
        "Stops when the validation error has not fallen for so many epochs, and puts the best weights back. "
        "0 trains all epochs.",
        parse_whole,
    ),
)


class OptimizerForm(Form):
    """Only the constants that the chosen optimizer reads."""

    NAMES = tuple(field.name for field in _CONSTANTS)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        for field in _CONSTANTS:
            self.add_field(field)
        self._none = label(role="muted")
        self.add_wide(self._none)
        session.settings.changed.connect(self._choose_fields)
        self._choose_fields()

    def _choose_fields(self) -> None:
        optimizer = OPTIMIZERS[self._session.settings.experiment.training.optimizer]
        self.show_only(optimizer.uses)
        self._none.setText(f"{optimizer.label} has none.")
        self._none.setVisible(not optimizer.uses)


class RegularisationForm(Form):
    """Penalties, limits, dropout, early stopping."""

    NAMES = tuple(field.name for field in _AGAINST_HEART)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        for field in _AGAINST_HEART:
            self.add_field(field)
        self._show()


class InitialisationForm(Form):
    """Output and loss go in pairs: the one that was not touched follows where it must."""

    NAMES = ("weight_scale",)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.add_choice(
            "initializer",
            "First weights",
            "How the first weights are drawn: too large and the neurons saturate, too small and the signal dies away.",
            INITIALIZERS,
        )
        self.add_field(
            Field(
                "weight_scale",
                "Weight scale",
                step_decade,
                "What all first weights are multiplied with. 1 takes them as the rule draws them.",
            )
        )
        self.add_choice(
            "output",
            "Output",
            "What the last layer makes of its sums: softmax gives probabilities of the classes. The loss follows.",
            ACTIVATIONS,
            lambda name: session.settings.choose("change of output", session.settings.experiment.with_output(name)),
        )
        self.add_choice(
            "loss",
            "Loss",
            "What the network is trained to make small. Cross-entropy punishes a confident mistake hardest; "
            "the output follows.",
            LOSSES,
            lambda name: session.settings.choose("change of loss", session.settings.experiment.with_loss(name)),
        )
        self._show()
