"""Texts about the current input: titles, nouns, its origin, and its true class or number."""

from __future__ import annotations

from engine.datasets import Dataset
from engine.datasets.dataset import NUMBER, PICTURE, POINT, ROW
from nnviz.digits.examples import fits_canvas
from nnviz.formatting import text
from nnviz.session.displayed import neuron_name
from nnviz.session.predicted_numbers import targets_of
from nnviz.session.selection import Neuron
from nnviz.session.session import Session

_NOUNS = {PICTURE: "image", POINT: "point", NUMBER: "point", ROW: "row"}
_DIGITS = frozenset("0123456789")
_COUNTS = {1: "one number", 2: "two numbers"}


def is_of_digits(data: Dataset | None) -> bool:
    """Whether the images are of digits, or no data is loaded yet."""
    return data is None or (fits_canvas(data) and _DIGITS.issuperset(data.class_names))


def counted_noun(data: Dataset) -> str:
    """Returns the noun for examples that are counted: as :func:`example_noun`, or "letter" or "character"."""
    names = data.class_names
    if is_of_digits(data) or not fits_canvas(data) or not names or any(len(name) != 1 for name in names):
        return example_noun(data)
    return "letter" if all(map(str.isalpha, names)) else "character"


def example_noun(data: Dataset | None) -> str:
    """Returns the noun for an example: "digit", "image", "row", "point"."""
    return "digit" if data is None or is_of_digits(data) else _NOUNS[data.kind]


def draw_request(data: Dataset | None) -> str:
    """Returns what to do without an input: "draw a digit", "draw an image"."""
    noun = example_noun(data)
    return f"draw {'an' if noun == 'image' else 'a'} {noun}"


def input_title(data: Dataset | None, label: int | None = None) -> str:
    """Returns the title of the input: "Your digit", "Your letter", "Your image", "Your row", "Your point".

    With a label it is that of an example of the data: "Example: 7".
    """
    if data is not None and label is not None:
        return f"Example: {text.name(data.class_name(label))}"
    return f"Your {'digit' if data is None else 'value' if data.kind == NUMBER else counted_noun(data)}"


def origin_texts(session: Session) -> tuple[str, ...]:
    """Returns where the example is from, with its true class or number; for other inputs form and scaling.

    The text is given in several versions, the longest first.
    """
    data, origin = session.data.dataset, session.question.origin
    if data is None:
        return ("",)
    if origin is not None:
        noun, answer = example_noun(data), truth_text(session)
        answer = f": {answer}" if answer else ""
        short = f"{origin.part} {noun} {text.count(origin.number)}{answer}"
        return f"{session.meaning.where(origin.part, origin.number, noun)}{answer}", short
    if data.kind == PICTURE:
        return (f"input of the network: {data.example_shape[0]}×{data.example_shape[1]}",)
    count = _COUNTS.get(data.width, f"{text.count(data.width)} numbers")
    how = "as they are (no scaling)" if data.width > 1 else "as it is (no scaling)"
    short = f"{count}, {how if data.scaling is None else 'standardised'}"
    return f"input of the network: {short}", short


def truth_text(session: Session) -> str:
    """Returns the example's true class, or its number in its unit; empty if unknown, or for several numbers."""
    data, truth = session.data.dataset, session.question.truth
    if data is None or truth is None:
        return ""
    if data.is_classification:
        return f"true class {text.name(data.class_name(int(truth.argmax())))}"
    if data.outputs > 1:
        return ""
    return f"true value {targets_of(data)[0].format(float(data.raw_targets(truth)[0]))}"


def neuron_full_name(session: Session, neuron: Neuron) -> str:
    """Returns the name of a neuron: "layer 2 · neuron 3", "output · orange"."""
    names, shape = session.class_names, session.displayed.network.shape
    is_output = neuron.layer == len(shape) - 1 and neuron.number < len(names)
    return f"output · {names[neuron.number]}" if is_output else neuron_name(neuron)
