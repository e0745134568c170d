"""The controls of the page of a step: which step, where in it, and what to do with it."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from nnviz.cards.step_through.step_walk import Pace
from nnviz.formatting import text
from nnviz.session.step_through import StepThrough
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, pill

_PACES = {Pace.WHOLE.value: "by phase", Pace.LAYER.value: "by layer", Pace.NEURON.value: "by neuron"}
_STEPS_PER_TEN = 20  # of the slider, for a factor of ten


class WhichStep(QWidget):
    """At the right of the head: a step on this example or on the next batch, and of which moment."""

    def __init__(self, step_through: StepThrough) -> None:
        super().__init__()
        self._step_through = step_through
        tip = "The step that learns the drawing, or the chosen example where nothing is drawn."
        self.of_example = pill("this example", "stepOfExampleButton", "Step on this example", tip, True)
        tip = "The training's own next step: its next batch, in its order, with its dropout and distortions."
        self.of_batch = pill("next batch", "stepOfBatchButton", "Step on the next batch", tip, True)
        tip = "The class that the drawing is to be learned as, if the step is taken."
        self.target = ChoiceButton("stepTargetButton", "Learn the drawing as", tip)
        tip = "Writes down the step that comes next now; while the network learns, what is shown stays as it is."
        self.newest = pill("newest", "newestStepButton", "Newest step", tip)
        self.moment = named(ElidedLabel(role="muted"), "stepMoment")
        box = FixedSizeBox(self.moment)  # gives way first where there is little room
        arranged(QHBoxLayout(self), (box, 1), self.newest, self.target, self.of_example, self.of_batch, spacing=6)
        self.of_example.clicked.connect(lambda: step_through.choose(True))
        self.of_batch.clicked.connect(lambda: step_through.choose(False))
        self.newest.clicked.connect(step_through.look_now)
        self.target.chosen.connect(lambda key: step_through.learn_as(int(key)))

    def refresh(self, class_names: list[str]) -> None:
        """Shows what is asked for, and the moment of what is written down."""
        asked = self._step_through
        self.of_example.setChecked(asked.of_example)
        self.of_batch.setChecked(not asked.of_example)
        target = asked.target
        self.target.setVisible(target is not None)
        if target is not None:
            self.target.show_choice({str(n): f"as {name}" for n, name in enumerate(class_names)}, str(target))
        self.newest.setVisible(asked.written is not None and not asked.is_newest and not asked.is_at_rest)
        words = self.moment_text()
        self.moment.show_versions(words, words.split(" · ")[0], "")

    def moment_text(self) -> str:
        """ "epoch 3 · batch 120": of what is written down."""
        written = self._step_through.written
        if written is None:
            return ""
        step = written.step
        if step.is_given and not step.epoch:
            return f"after epoch {text.epochs(written.epoch, step.batches)}" if written.epoch else "untrained"
        return f"epoch {text.epochs(written.epoch, step.batches)} · batch {step.batch}"


class Walking(QWidget):
    """Previous, Next, and how far at once."""

    def __init__(self) -> None:
        super().__init__()
        tip = "Goes to the stage before, on the way through the step (Left on the path)."
        self.previous = pill("◂ Previous", "stepPreviousButton", "Previous", tip)
        tip = "Goes to the next stage, on the way through the step (Right on the path)."
        self.next = pill("Next ▸", "stepNextButton", "Next", tip)
        tip = "How far Previous and Next go: a whole phase, a layer, or a neuron."
        self.pace_button = ChoiceButton("stepPaceButton", "How far at once", tip)
        self.pace = Pace.LAYER
        self.pace_button.chosen.connect(lambda key: self.show_pace(Pace(key)))
        self.show_pace(Pace.LAYER)
        arranged(QHBoxLayout(self), self.previous, self.next, self.pace_button, spacing=6)

    def show_pace(self, pace: Pace) -> None:
        """Goes that far at once from now on."""
        self.pace = pace
        self.pace_button.show_choice(_PACES, pace.value)


class Counter(QWidget):
    """A name and a box for a number from 1: a neuron of the layer, an example of the batch."""

    def __init__(self, words: str, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        self.box = named(QSpinBox(), name, accessible, tip)
        self.box.setButtonSymbols(QSpinBox.NoButtons)
        theme.sized(self.box.setFixedWidth, 52)
        self.box.setKeyboardTracking(False)
        arranged(QHBoxLayout(self), label(words, "muted"), self.box, spacing=4)

    def show_number(self, number: int, most: int) -> None:
        """Shows a number that counts from 0."""
        blocked = self.box.blockSignals(True)
        self.box.setRange(1, most)
        self.box.setValue(number + 1)
        self.box.blockSignals(blocked)


class Temperature(QWidget):
    """A slider for softmax's temperature, from a tenth to ten. It changes what is shown, never the step."""

    def __init__(self) -> None:
        super().__init__()
        tip = (
            "What softmax would answer at another temperature: sums are divided by it. High ones make all answers "
            "alike, low ones leave only the largest. The network and the step stay as they are."
        )
        self.slider = named(QSlider(Qt.Horizontal), "temperatureSlider", "Temperature of softmax", tip)
        self.slider.setRange(-_STEPS_PER_TEN, _STEPS_PER_TEN)
        theme.sized(self.slider.setMinimumWidth, 60)
        self._words = label(role="muted")
        theme.sized(self._words.setFixedWidth, 104)
        self.slider.valueChanged.connect(lambda _: self._tell())
        arranged(QHBoxLayout(self), self._words, (self.slider, 1), spacing=6)
        self._tell()

    @property
    def value(self) -> float:
        """The temperature."""
        return 10 ** (self.slider.value() / _STEPS_PER_TEN)

    def _tell(self) -> None:
        self._words.setText(f"temperature {self.value:.2f}")
