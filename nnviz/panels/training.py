"""How the network is trained: learning rate, batch size, epochs."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QGridLayout

from engine.errors import EngineError
from engine.validation import parse_number, parse_whole
from nnviz.configuration import Configuration
from nnviz.session import Session
from nnviz.state import State
from nnviz.widgets.card import Card, label
from nnviz.widgets.fields import NumberEdit, step_decade, step_whole

_FIELDS: list[tuple[str, str, str, Callable[[str, int], str], str]] = [
    (
        "learning_rate",
        "Learning rate",
        "learningRateEdit",
        step_decade,
        "How far the weights move at each step. Too small learns slowly, too large never settles. "
        "It can be turned while the network learns.",
    ),
    (
        "batch_size",
        "Batch size",
        "batchSizeEdit",
        step_whole(1, by=10),
        "How many examples are averaged for one step. Small batches step often and unsteadily.",
    ),
    (
        "epochs",
        "Epochs",
        "epochsEdit",
        step_whole(1),
        "How often the network sees all training examples before training ends.",
    ),
]


class TrainingPanel(Card):
    """One row a field; what is wrong with a value stands under it."""

    def __init__(self, session: Session) -> None:
        super().__init__("Training")
        self._session = session
        self._edits: dict[str, NumberEdit] = {}
        self._errors = {}
        self._run_fields: tuple[int, int] | None = None
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        for row, (name, title, object_name, step, tip) in enumerate(_FIELDS):
            edit = NumberEdit(object_name, step, tip, title)
            edit.setFixedWidth(124)
            edit.committed.connect(lambda typed, name=name, title=title: self._typed(name, title, typed))
            error = label(role="error")
            error.setObjectName(object_name.replace("Edit", "Error"))
            error.setWordWrap(True)
            error.hide()
            grid.addWidget(label(title, "fieldName"), 2 * row, 0)
            grid.addWidget(edit, 2 * row, 1)
            grid.addWidget(error, 2 * row + 1, 0, 1, 2)
            self._edits[name], self._errors[name] = edit, error
        self.body.addLayout(grid)
        self._notice = label("Batch size and epochs wait for the next run.", "notice")
        self._notice.setObjectName("trainingNotice")
        self._notice.setWordWrap(True)
        self._notice.hide()
        self.body.addWidget(self._notice)
        for signal in (session.configuration_changed, session.run_changed, session.state_changed):
            signal.connect(self._show)
        session.data_changed.connect(self._check_again)
        self._show()

    def _typed(self, name: str, title: str, typed: str) -> None:
        try:
            parse = parse_number if name == "learning_rate" else parse_whole
            value = parse(name, typed, _as_text(Configuration(), name))
            self._session.change(title.lower(), **{name: value})
        except EngineError as error:
            self._set_problem(name, error.told_of(title))
        else:
            self._set_problem(name, None)
        self._show()

    def _check_again(self) -> None:
        """A batch may be larger than the data that has just come."""
        data, configuration = self._session.dataset, self._session.configuration
        if data is None or "batch_size" in self._session.problems:
            return
        try:
            configuration.training_settings().check_against(len(data.train))
        except EngineError as error:
            self._set_problem("batch_size", error.told_of("Batch size"))

    def _set_problem(self, name: str, text: str | None) -> None:
        self._session.set_problem(name, text)
        self._errors[name].setText(text or "")
        self._errors[name].setVisible(text is not None)
        self._edits[name].set_wrong(text is not None)

    def _show(self) -> None:
        configuration = self._session.configuration
        for name, edit in self._edits.items():
            if name not in self._session.problems:
                edit.show_value(_as_text(configuration, name))
        fields = self._session.run_settings
        waits = fields is not None and fields != (configuration.batch_size, configuration.epochs)
        self._notice.setVisible(waits and self._session.state in (State.TRAINING, State.PAUSED))


def _as_text(configuration: Configuration, name: str) -> str:
    return f"{getattr(configuration, name):g}" if name == "learning_rate" else str(getattr(configuration, name))
