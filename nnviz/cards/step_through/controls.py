"""Controls of the page "Step through": choice of the step, movement in it, and small inputs."""

from __future__ import annotations

from PyQt5.QtCore import QLocale, Qt
from PyQt5.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.navigation import Stride
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, pill

_STRIDES = {Stride.WHOLE.value: "by phase", Stride.LAYER.value: "by layer", Stride.NEURON.value: "by neuron"}
_STEPS_PER_TEN = 20  # steps of the slider for a factor of ten


class StepChooser(QWidget):
    """Controls in the head: a step on the current example or on the next batch, and the epoch of the recorded step."""

    def __init__(self, step_through: StepThrough) -> None:
        super().__init__()
        self._step_through = step_through
        tip = "Shows the step that trains on the drawing, or on the chosen example if nothing is drawn."
        self.of_example = pill("This example", "stepOfExampleButton", "Step on this example", tip, True)
        tip = "Shows the next step of the run: its next batch, with its dropout and augmentation."
        self.of_batch = pill("Next batch", "stepOfBatchButton", "Step on the next batch", tip, True)
        tip = "Sets the target class for training on the drawing."
        self.target = ChoiceButton("stepTargetButton", "Learn the drawing as", tip)
        tip = "Shows the next step of the run as it is now. It stays until you press again, also during training."
        self.newest = pill("Newest", "newestStepButton", "Newest step", tip)
        self.moment = named(ElidedLabel(role="muted"), "stepMoment")
        box = FixedSizeBox(self.moment)  # shrinks first if there is little room
        arranged(QHBoxLayout(self), (box, 1), self.newest, self.target, self.of_example, self.of_batch, spacing=6)
        self.of_example.clicked.connect(lambda: step_through.choose(True))
        self.of_batch.clicked.connect(lambda: step_through.choose(False))
        self.newest.clicked.connect(step_through.look_now)
        self.target.chosen.connect(lambda key: step_through.learn_as(int(key)))

    def refresh(self, class_names: list[str]) -> None:
        """Shows the chosen kind of step, and the epoch of the recorded step."""
        asked = self._step_through
        self.of_example.setChecked(asked.of_example)
        self.of_batch.setChecked(not asked.of_example)
        target = asked.target
        self.target.setVisible(target is not None)
        if target is not None:
            self.target.show_choice({str(n): f"as {name}" for n, name in enumerate(class_names)}, str(target))
        self.newest.setVisible(asked.recorded is not None and not asked.is_newest and not asked.is_at_rest)
        self.moment.show_versions(self.moment_text(), *self._moment_parts()[:1], "")

    def moment_text(self) -> str:
        """Returns the epoch and batch of the recorded step: "epoch 3 · batch 120"; "" if it is the displayed one."""
        return " · ".join(self._moment_parts())

    def _moment_parts(self) -> list[str]:
        recorded = self._step_through.recorded
        if recorded is None:
            return []
        step = recorded.step
        if step.is_given and not step.epoch:
            if not recorded.epoch:
                return ["untrained"]
            is_displayed = self._step_through.is_newest
            return [] if is_displayed else [f"after epoch {text.epochs(recorded.epoch, step.batches)}"]
        return [f"epoch {text.epochs(recorded.epoch, step.batches)}", f"batch {step.batch}"]


class StepButtons(QWidget):
    """The buttons Previous and Next, and the choice of their stride."""

    def __init__(self) -> None:
        super().__init__()
        tip = "Goes to the previous stage of the step (Left on the path)."
        self.previous = pill("◂ Previous", "stepPreviousButton", "Previous", tip)
        tip = "Goes to the next stage of the step (Right on the path)."
        self.next = pill("Next ▸", "stepNextButton", "Next", tip)
        tip = "Sets how far Previous and Next go: a phase, a layer, or a neuron."
        self.stride_button = ChoiceButton("stepPaceButton", "Step size of Previous and Next", tip)
        self.stride = Stride.LAYER
        self.stride_button.chosen.connect(lambda key: self.set_stride(Stride(key)))
        self.set_stride(Stride.LAYER)
        arranged(QHBoxLayout(self), self.previous, self.next, self.stride_button, spacing=6)

    def set_stride(self, stride: Stride) -> None:
        """Sets the stride of Previous and Next."""
        self.stride = stride
        self.stride_button.show_choice(_STRIDES, stride.value)


class NumberBox(QWidget):
    """A label and a spin box for a number that counts from 1: a neuron of the layer, or an example of the batch."""

    def __init__(self, words: str, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        self.box = named(QSpinBox(), name, accessible, tip)
        self.box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.box.setLocale(QLocale.c())  # the digits of all other numbers
        theme.sized(self.box.setFixedWidth, 52)
        self.box.setKeyboardTracking(False)
        arranged(QHBoxLayout(self), label(words, "muted"), self.box, spacing=4)

    def show_number(self, number: int, most: int) -> None:
        """Shows a number that counts from 0, out of ``most``."""
        blocked = self.box.blockSignals(True)
        self.box.setRange(1, most)
        self.box.setValue(number + 1)
        self.box.blockSignals(blocked)


class TemperatureSlider(QWidget):
    """A slider for the temperature of softmax, from 0.1 to 10. It changes the display, never the step."""

    def __init__(self) -> None:
        super().__init__()
        tip = (
            "Previews softmax at another temperature, which divides the logits: high values make the outputs "
            "more alike, low ones leave only the largest."
        )
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "temperatureSlider", "Softmax temperature", tip)
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
