"""The robustness card: the error of the network as a curve over the strength of each perturbation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.explain.perturbations import PERTURBATIONS, applicable_perturbations, is_picture
from engine.explain.robustness import Robustness, RobustnessPoint
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.robustness.conclusion import robustness_conclusion
from nnviz.cards.robustness.model import PERTURBED, UNPERTURBED, MeasurementSetup, PerturbationStrength, RobustnessModel
from nnviz.cards.robustness.perturbed_example import PerturbedExampleView, perturbation_text, strength_text
from nnviz.cards.robustness.plot_grid import CurvePoints, ErrorAxis, PlotContent, PlotGrid
from nnviz.digits.drawing import SIDE
from nnviz.digits.examples import fits_canvas
from nnviz.digits.strokes import Ink
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.round_numbers import round_top
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.card import Table, label
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.read_out import Piece
from nnviz.ui.share_bar import ShareBar

_PATIENCE = 300  # Milliseconds in view after which the first measurement starts by itself.
_Measurement = tuple[MeasurementSetup, Robustness] | None
_WAITING = "Robustness is measured when training pauses. Or press Measure."


class RobustnessPage(Page):
    """Page with the curves, and next to them the current input at the strength that is pointed at.

    Its widgets are made when it is shown for the first time.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Robustness",
            "robustTab",
            (
                "Shows the error on perturbed examples (noise, shift, rotation, occlusion …) against the strength "
                "of the perturbation."
            ),
        )
        self._session, self._model = session, session.models[RobustnessModel]
        self._is_put_due = False  # Whether the perturbed example goes to the canvas as soon as it is computed.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._begin)

    def _make(self) -> None:
        self._fill_aside()
        self.conclusion = ConclusionLabel("robustConclusion")
        self.conclusion.setProperty("role", "headline")
        status_box, self.status = line("robustStatus")
        self.plots = named(PlotGrid(), "robustPlots", "Error against the strength of each perturbation")
        self.plots.setWhatsThis(
            "Shows the error against each perturbation. Point at a curve to see the example at that strength; "
            "Enter or a double click puts it on the canvas."
        )
        self.plots.describe = self._describe
        self.example = PerturbedExampleView(self._session)
        self._content = QWidget()
        curves = arranged(QVBoxLayout(), status_box, (self.plots, 1), spacing=4)
        row = arranged(QHBoxLayout(), (curves, 1), self.example, spacing=20)
        arranged(QVBoxLayout(self._content), self.conclusion, (row, 1), spacing=4)
        self._nothing = named(label(role="muted"), "robustNothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._content)
        self._stack.addWidget(self._nothing)
        self.body.addWidget(self._stack)
        self._connect()

    def _fill_aside(self) -> None:
        self.progress = ShareBar(120)
        tip = (
            "Measures the error of the displayed network on all test examples at each strength. The network is not "
            "changed."
        )
        self.measure_button = pill("Measure", "measureRobustButton", "Measure the robustness", tip)
        tip = "Stops the measurement. The results so far are kept."
        self.cancel_button = pill("Cancel", "cancelRobustButton", "Stop the measurement", tip)
        self.measure_button.clicked.connect(self._model.measure)
        self.cancel_button.clicked.connect(self._model.work.cancel)
        arranged(QHBoxLayout(self.aside), 1, self.progress, self.measure_button, self.cancel_button, spacing=8)

    def _connect(self) -> None:
        session, model = self._session, self._model
        model.changed.connect(self.refresh)
        model.pointed_changed.connect(self._show_mark)
        session.displayed.changed.connect(self._show_status)
        session.displayed.snapshot_changed.connect(self.refresh)
        session.training.state_changed.connect(self._schedule_first)
        session.queries[PERTURBED].changed.connect(self._show_example)
        self.plots.pointed.connect(self._point)
        self.plots.opened.connect(self._put_on_canvas)

    # ---- the first measurement

    def set_in_view(self, in_view: bool) -> None:
        """Schedules the first measurement when the page comes into view."""
        super().set_in_view(in_view)
        self._is_put_due = False
        self._later.stop()
        self._schedule_first()

    def _schedule_first(self) -> None:
        """Starts the first measurement after a delay: the user may leave the page, or start training, before that."""
        if self.in_view:
            self._later.start(_PATIENCE)
            self._show_status()

    def _begin(self) -> None:
        if self.in_view and self._session.state is not Status.TRAINING:
            self._model.begin()

    # ---- what is shown

    def refresh(self) -> None:
        """Shows the measurement and its progress."""
        if not self.in_view:
            return
        setup = self._model.setup
        self.measure_button.setEnabled(setup is not None)
        self.measure_button.setText("Measure" if self._drawn[0] is None else "Measure again")
        self._show_buttons(self._model.work.is_running)
        self._nothing.setText(self._empty_reason(setup))
        self._stack.setCurrentWidget(self._nothing if self._nothing.text() else self._content)
        if setup is not None:
            self._show_plots(setup)
            self._show_status()
            self.example.refresh()
        if self._model.work.about is None and not self._later.isActive():
            self._schedule_first()

    def _show_buttons(self, is_running: bool) -> None:
        """Replaces Measure by Cancel during a measurement; the focus moves along."""
        shown, hidden = self.cancel_button, self.measure_button
        if not is_running:
            shown, hidden = hidden, shown
        shown.show()
        if hidden.hasFocus():
            shown.setFocus()
        hidden.hide()
        self.progress.show_share(self._model.work.share, is_running)

    def _empty_reason(self, setup: MeasurementSetup | None) -> str:
        """Returns the line in place of the curves; empty if there are curves."""
        if self._session.data.dataset is None:
            return "Loading the data …"
        if setup is None:
            return "This network does not fit the data."
        return self._model.problem

    @property
    def _drawn(self) -> tuple[_Measurement, _Measurement]:
        """The measurements in colour and in grey. If a past epoch is displayed, only its own one is in colour."""
        model = self._model
        is_of_other = not self._session.displayed.is_live and model.is_outdated
        return (None, model.measured) if is_of_other else (model.measured, model.before)

    def _show_plots(self, setup: MeasurementSetup) -> None:
        measured, before = self._drawn
        about = setup if measured is None else measured[0]
        plots = [
            PlotContent(
                kind.label,
                kind.meaning(setup.shape),
                list(kind.strengths(setup.shape)),
                _unit(kind.unit(setup.shape)),
                _line(measured and measured[1], name),
                _line(before and before[1], name),
                _covered(kind.trained(about.augmentation)) if is_picture(setup.shape) else None,
                kind.step(setup.shape),
            )
            for name in applicable_perturbations(setup.shape)
            for kind in (PERTURBATIONS[name](),)
        ]
        self.plots.show_plots(plots, self._scale(setup), about.part.name)
        self._show_mark()

    def _scale(self, setup: MeasurementSetup) -> ErrorAxis:
        """Returns the axis: 0 to 100 % for errors, so that networks can be compared; for an RMSE up to its maximum."""
        if setup.part.split.labels is not None:
            return ErrorAxis(100.0, [(0.0, "0"), (50.0, "50"), (100.0, "100 %")])
        found = [each[1] for each in self._drawn if each is not None]
        sizes = [one.rmse or 0.0 for each in found for curve in each.curves.values() for one in curve]
        return scale_to(max(sizes, default=1.0) or 1.0)

    def _show_mark(self) -> None:
        setup, pointed = self._model.setup, self._model.pointed
        if not self.in_view or setup is None:
            return
        names = applicable_perturbations(setup.shape)
        if pointed is None or pointed.name not in names:
            self.plots.mark(None)
            return
        self.plots.mark((names.index(pointed.name), pointed.value))

    def _show_example(self) -> None:
        if self.in_view:
            self.example.refresh()
        if self._is_put_due:
            self._put_on_canvas()

    def _show_status(self) -> None:
        if self.in_view:
            say(self.status, self._status())
            self.conclusion.show_conclusion(self._conclusion())

    def _conclusion(self) -> Conclusion | None:
        """Returns the conclusion from a complete measurement of the displayed network."""
        model = self._model
        if model.work.result is None or model.is_outdated:
            return None
        return robustness_conclusion(model.work.result.curves, model.work.about.shape, self._session.meaning.unit)

    def _status(self) -> str:
        """Returns what was measured, at which epoch, and whether the network has changed since."""
        model, (measured, before) = self._model, self._drawn
        if measured is None:
            return self._unmeasured_text() if before is None else f"Not measured at this epoch{self._grey(before)}"
        setup = measured[0]
        meaning = self._session.meaning
        of = f" of {meaning.output(0)}" if meaning.is_single else ""
        what = "error" if setup.part.split.labels is not None else f"RMSE{of}"
        words = f"{what} on {text.count(setup.part.count)} {setup.part.name} examples at {self._moment(setup)}"
        if model.work.was_stopped:
            words += ", stopped"
        if model.is_outdated:
            now = self._session.displayed.epochs
            words += " · the network has changed since" if now == setup.epochs else f" · now {self._epoch(now)}"
        words += self._grey(before)
        return words[0].upper() + words[1:]

    def _epoch(self, epochs: float) -> str:
        return self._session.runs.current.epoch_text(epochs)

    def _moment(self, setup: MeasurementSetup) -> str:
        """Returns the state that was measured: "epoch 3", "epoch 3 with layer 1 · neuron 4 off"."""
        return self._epoch(setup.epochs) + (f" with {setup.what_if}" if setup.what_if else "")

    def _grey(self, before: _Measurement) -> str:
        return "" if before is None else f" · grey: {self._moment(before[0])}"

    def _unmeasured_text(self) -> str:
        if self._model.work.is_running:
            return "Measuring …"
        return _WAITING if self._session.state is Status.TRAINING else ""

    # ---- pointing

    def _strength(self, plot: int, place: int) -> PerturbationStrength | None:
        setup = self._model.setup
        if setup is None:
            return None
        name = applicable_perturbations(setup.shape)[plot]
        return PerturbationStrength(name, PERTURBATIONS[name]().strengths(setup.shape)[place])

    def _point(self, plot: int, x: float) -> None:
        self._is_put_due = False
        setup = self._model.setup
        self._model.point_at(
            None if setup is None else PerturbationStrength(applicable_perturbations(setup.shape)[plot], x)
        )

    def _describe(self, plot: int, place: int) -> list[list[Piece]]:
        """Returns the read-out: the strength, both errors there, and the range of the augmentation."""
        strength, setup, (measured, before) = self._strength(plot, place), self._model.setup, self._drawn
        if strength is None or setup is None:
            return []
        lines: list[list[Piece]] = [[(perturbation_text(strength, setup.shape), "ink")]]
        for each, ink in ((measured, None), (before, "muted")):
            one = None if each is None else _at(each[1], strength)
            if each is not None and one is not None:
                when: Piece = (f"at {self._moment(each[0])}", "muted")
                lines.append([(_figure(one), ink or each[0].part.name), when])
        about = setup if measured is None else measured[0]
        trained = _trained_text(strength.name, about)
        return [*lines, [(trained, "train")]] if trained else lines

    def _put_on_canvas(self) -> None:
        """Replaces the drawing by the perturbed example as soon as that is computed; can be undone.

        The strength is then set to 0: the new drawing would be perturbed a second time.
        """
        setup, shown = self._model.setup, self._session.queries[PERTURBED].result
        self._is_put_due = shown is None or shown.strength != (self._model.pointed or UNPERTURBED)
        if self._is_put_due or setup is None or not fits_canvas(setup.dataset):
            return
        title = perturbation_text(shown.strength, setup.shape) if shown.strength.value else "example"
        pixels = shown.inputs[1].reshape(SIDE, SIDE)
        ink = Ink(pixels, 1.0, title, is_example=True, fingerprint=setup.dataset.fingerprint)
        self._model.point_at(PerturbationStrength(shown.strength.name, 0.0))
        self._session.sketch.replace("perturbed example", (ink,))

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each strength of each measurement; None if nothing is measured."""
        rows: list[Sequence[object]] = []
        for each in self._drawn:
            if each is not None:
                rows += _rows(*each)
        head = ["disturbance", "strength", "unit", "error", "RMSE", "loss", "examples", "part", "epoch", "what if"]
        return (head, rows) if rows else None


def scale_to(largest: float) -> ErrorAxis:
    """Returns an axis from 0 to at least ``largest``, with a tick in the middle."""
    end = round_top(largest, 2)
    return ErrorAxis(end, [(tick, text.compact(tick)) for tick in (0.0, end / 2, end)])


def _rows(setup: MeasurementSetup, found: Robustness) -> list[Sequence[object]]:
    moment = setup.part.name, setup.epochs, setup.what_if
    return [
        [name, one.strength, PERTURBATIONS[name]().unit(setup.shape), *_figures(one), found.examples, *moment]
        for name, curve in found.curves.items()
        for one in curve
    ]


def _figures(one: RobustnessPoint) -> tuple[object, object, float]:
    return "" if one.error is None else one.error, "" if one.rmse is None else one.rmse, one.loss


def _unit(unit: str) -> str:
    return unit if unit in ("", "°") else f" {unit}"


def _line(found: Robustness | None, name: str) -> CurvePoints:
    curve = [] if found is None else found.curves.get(name, [])
    values = [one.rmse or 0.0 if one.error is None else 100 * one.error for one in curve]
    return CurvePoints(np.array([one.strength for one in curve], float), np.array(values, float))


def _covered(trained: tuple[float, float]) -> tuple[float, float] | None:
    return trained if trained[0] < trained[1] else None


def _at(found: Robustness, strength: PerturbationStrength) -> RobustnessPoint | None:
    return next((one for one in found.curves.get(strength.name, ()) if one.strength == strength.value), None)


def _figure(one: RobustnessPoint) -> str:
    return f"RMSE {text.figure(one.rmse or 0.0)}" if one.error is None else text.percent(one.error)


def _trained_text(name: str, setup: MeasurementSetup) -> str:
    """Returns the range of the augmentation: "trained with up to 2 px", "trained with −10° to +10°"; empty for none."""
    if not is_picture(setup.shape):
        return ""
    low, high = PERTURBATIONS[name]().trained(setup.augmentation)
    if low >= high:
        return ""
    ends = [strength_text(PerturbationStrength(name, float(f"{end:.3g}")), setup.shape) for end in (low, high)]
    return f"augmented by {ends[0]} to {ends[1]} in training" if low else f"augmented by up to {ends[1]} in training"


CARDS.register("robustPage")(CardInfo(RobustnessPage, needs=(PERTURBED,), page_of="inspector", page_number=5))
