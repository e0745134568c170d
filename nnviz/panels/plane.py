"""The plane: the network's answer all over it behind the points of the data, or that of the neuron pointed at."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout, QToolButton

from engine import explain
from engine.datasets import Dataset
from engine.plane_answers import plane_points, square_of
from engine.validation import Array
from nnviz.look import text, theme
from nnviz.panels.cards import CARDS, CardInfo
from nnviz.panels.neuron_planes import plane_name
from nnviz.panels.neuron_subject import short
from nnviz.session.asked_plane import NEURON_PLANES, PLANE, PlaneAnswers
from nnviz.session.session import Session
from nnviz.widgets.card import Table
from nnviz.widgets.pages import Page
from nnviz.widgets.parts import arranged, named
from nnviz.widgets.plane.colours import class_pixels, neuron_pixels
from nnviz.widgets.plane.key import PlaneKey
from nnviz.widgets.plane.points import MOST, Points
from nnviz.widgets.plane.view import PlaneView
from nnviz.widgets.plane.words import coordinates
from nnviz.widgets.plots.legend import Key, Sample
from nnviz.widgets.read_out import Piece

_TIP = "What the network answers for every point of the plane, behind the points that it learns from."
_HELP = (
    "Each place has the colour of the class that the network answers there, darker the less sure it is. A click asks "
    "about that point, the arrow keys move it, with Shift a little."
)
_TESTS_TIP = "Shows or hides the points of the test part, which the network does not learn from. They have a dark core."
_STEPS_TIP = (
    "Shades show how sure the network is: where two classes are as likely, the background. Steps show only which class "
    "it answers, with hard borders."
)


class PlanePage(Page):
    """The plane, with the names of the classes in the head."""

    def __init__(self, session: Session) -> None:
        super().__init__("Plane", "planeTab", _TIP)
        self.leads = True
        self._session = session
        self.view = named(PlaneView(), "planeView", "The network's answers over the plane")
        self.view.setWhatsThis(_HELP)
        self.body.addWidget(self.view)
        self.key = named(PlaneKey(), "planeKey", "Classes")
        self.tests = Key("muted", "test", "planeTestsKey", _TESTS_TIP, Sample.RING)
        self.steps = named(QToolButton(), "planeStepsButton", tip=_STEPS_TIP)
        self.steps.setProperty("role", "key")
        self.steps.setCheckable(True)
        arranged(QHBoxLayout(self.aside), 1, self.key, self.tests, self.steps, spacing=2)
        self._connect()
        self._name_steps()
        self._show_data()

    def _connect(self) -> None:
        session, view = self._session, self.view
        view.hovered.connect(self._describe)
        view.moved.connect(lambda x, y: session.question.move_example((x, y)))
        view.asked.connect(lambda x, y: session.question.set_example((x, y), "point"))
        session.question.changed.connect(self._show_asked)
        session.question.answered.connect(self._tell_asked)
        self.tests.toggled.connect(self._show_points)
        self.steps.toggled.connect(self._name_steps)
        session.data.changed.connect(self._show_data)
        session.runs.replaced.connect(self.refresh)
        session.probes[PLANE].changed.connect(self.refresh)
        theme.changed.connect(self.refresh)

    # ---- what is shown

    @property
    def _data(self) -> Dataset | None:
        data = self._session.data.dataset
        return data if data is not None and data.is_plane else None

    @property
    def _answers(self) -> PlaneAnswers | None:
        """What was computed last."""
        answers: PlaneAnswers | None = self._session.probes[PLANE].result
        return answers

    def _name_steps(self) -> None:
        self.steps.setText("steps" if self.steps.isChecked() else "shades")
        self.steps.setAccessibleName(f"Answers as {self.steps.text()}")
        self.refresh()

    def _show_data(self) -> None:
        """Shows the points of other data. The page has a tab only where these lie in the plane."""
        data = self._data
        if data is not None:
            self.key.show_names(tuple(text.name(data.class_name(number)) for number in range(data.outputs)))
            self.tests.setVisible(data.test is not None)
            self._show_points()
        self._show_asked()
        self.offer(data is not None)
        self.refresh()

    def _show_points(self) -> None:
        if self._data is not None:
            self.view.show_points(points_of(self._data, self.tests.isChecked()), square_of(self._data))

    def refresh(self) -> None:
        """Draws the latest answers."""
        if not self.in_view:
            return
        answers = self._answers
        if answers is None:
            self.view.show_answers(None, caption=self._reason())
        elif answers.neuron is None:
            outputs = answers.layers[len(answers.network.weights)]
            in_steps = self.steps.isChecked()
            self._draw(class_pixels(outputs, in_steps), answers.side, not in_steps, "")
        else:
            layer = answers.neuron.layer
            pixels = neuron_pixels(answers.layers[layer][0], self._limit(answers, layer))
            self._draw(pixels, answers.side, True, plane_name(self._session, answers.neuron))

    def _draw(self, pixels: Array, side: int, is_smooth: bool, caption: str) -> None:
        self.view.show_answers(pixels.reshape(side, side), is_smooth, caption)

    def _limit(self, answers: PlaneAnswers, layer: int) -> float:
        """Where a neuron's colours end: as in its small picture, if that is known."""
        all_neurons: PlaneAnswers | None = self._session.probes[NEURON_PLANES].result
        is_known = all_neurons is not None and all_neurons.network.shape == answers.network.shape
        return all_neurons.limit(layer) if is_known and all_neurons is not None else answers.limit(layer)

    def _reason(self) -> str:
        """Why there are no answers; empty where they are about to come."""
        misfit = self._session.runs.current.misfit(self._data)
        return "" if misfit is None else "this network does not fit the data"

    # ---- what is asked and pointed at

    @property
    def _asked(self) -> tuple[float, float] | None:
        """The point that the session asks about."""
        example = self._session.question.example
        return None if self._data is None or example is None else (float(example[0]), float(example[1]))

    def _show_asked(self) -> None:
        self.view.show_asked(self._asked)

    def _tell_asked(self) -> None:
        """Tells a screen reader the point that is asked about, and the answer."""
        point, answers = self._asked, self._answers
        if not self.in_view or point is None or answers is None:
            return
        words = [piece[0] for line in self._said(answers, point) for piece in line]
        self.view.setAccessibleDescription(" ".join([coordinates(*point, self.view.square.half), *words]))

    def _describe(self, point: tuple[float, float] | None) -> None:
        """What is answered at the point under the mouse."""
        answers = self._answers
        if point is None or answers is None:
            self.view.show_text("")
            return
        where = coordinates(*point, self.view.square.half)
        self.view.show_text([[(where, "muted")], *self._said(answers, point)])

    def _said(self, answers: PlaneAnswers, point: tuple[float, float]) -> list[list[Piece]]:
        """The network's answer to a point with its share, or the neuron's activation."""
        network, neuron = answers.network, answers.neuron
        row = np.array([point], network.parameters.dtype)
        with np.errstate(all="ignore"):
            activations = explain.forward(network, row).activations
        if neuron is not None:
            value = float(activations[neuron.layer][0, neuron.number])
            return [[(plane_name(self._session, neuron), "text"), (short(value), "text")]]
        outputs, names = activations[-1][0], self._session.class_names
        if not np.isfinite(outputs).all():
            return [[("no finite answer", "muted")]]
        best = int(outputs.argmax())
        share = f"{100 * min(max(float(outputs[best]), 0), 1):.1f} %"
        return [[(names[best], theme.plane_classes(len(outputs))[best]), (share, "text")]]

    # ---- for a file

    def table(self) -> Table | None:
        """A row for each cell of the plane with the outputs, or the neuron's activation, for a CSV file."""
        answers = self._answers
        if answers is None:
            return None
        values = next(iter(answers.layers.values()))
        names = self._session.class_names
        head = names if answers.neuron is None else [plane_name(self._session, answers.neuron)]
        points = plane_points(*answers.square.corners, answers.side)
        rows = ([*map(float, point), *map(float, found)] for point, found in zip(points, values.T, strict=True))
        return ["x", "y", *head], rows


def points_of(data: Dataset, with_tests: bool) -> Points:
    """The points of all parts of the data, the test part's only if wanted; of very many some that are spread evenly."""
    parts = [(split, name == "test") for name, split in data.splits.items() if with_tests or name != "test"]
    total = sum(len(split) for split, _ in parts)
    step = max(1, -(-total // MOST))
    some = [(split.at(slice(None, None, step)), is_test) for split, is_test in parts]
    return Points(
        np.concatenate([split.inputs.astype(np.float64) * split.scale for split, _ in some]),
        np.concatenate([split.labels for split, _ in some if split.labels is not None]),
        np.concatenate([np.full(len(split), is_test) for split, is_test in some]),
        data.outputs,
        total,
    )


CARDS.register("planePage")(CardInfo(PlanePage, needs=(PLANE,), page_of="curvesDock"))
