"""Exports a network as a Python script that needs only numpy, for machines without this program.

Scripts are written, not read. The weights are at the end, so that the code comes first: the little-endian numbers of
the parameter vector, compressed by zlib and encoded in base64.
"""

from __future__ import annotations

import base64
import textwrap
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from string import Template

import numpy as np

from engine.datasets.description import Description
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network, neuron_by_neuron
from engine.provenance import Provenance
from engine.storage.checks import check_finite
from engine.storage.files import write_whole
from engine.storage.network_format import NetworkFormat, begins_with
from engine.storage.script_images import IMPORTS, images_of
from engine.storage.script_parts import Parts, parts_of
from engine.storage.script_usage import WIDTH, usage_of

_LONGEST_NAME = 100

_START = "A neural network in one file"
_SCRIPT = Template('''\
"""$about"""

import base64
${imports}import sys
import zlib

import numpy as np
${pillow}

$functions


LAYERS = [  # inputs, neurons, activation
$layers
]


${meaning}def predict(rows):
    """Predictions for examples: (k, $n_in) numbers, a row for each, become (k, $n_out)."""
    rows = np.asarray(rows, dtype=np.$given)
    if rows.ndim != 2 or rows.shape[1] != $n_in:
        raise ValueError(f"rows must be of shape (k, $n_in), not {rows.shape}")
    with np.errstate(all="ignore"):
${scaled}        for weights, biases, activation in NETWORK:
            rows = activation(rows @ weights.T + biases)
    if not np.isfinite(rows).all():
        raise ValueError("the output is not finite: the weighted sums overflow")
    return $answers


def unpack(text):
    """Weights (neurons, inputs), biases (neurons,) and activation of each layer."""
    numbers = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="$stored")
    network = []
    for inputs, neurons, activation in LAYERS:
        ends = [inputs * neurons, inputs * neurons + neurons]
        weights, biases, numbers = np.split(numbers, ends)
        network.append((weights.reshape(neurons, inputs), biases, activation))
    return network


${images}USAGE = $usage


$command


def fail(message):
    """Ends the script with a message and exit code 2."""
    print(message, file=sys.stderr)
    sys.exit(2)


# All weights and biases, layer by layer.
NETWORK = unpack("""
$parameters""")

if __name__ == "__main__":
    try:
        main(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the predictions, such as head, has enough
        try:
            sys.stdout.close()  # with what is left, of which Python would complain
        except BrokenPipeError:
            pass
''')

_OF_NUMBERS = '''\
def read(path):
    """The rows in a file: an array saved by numpy, or numbers separated by commas."""
    if path.lower().endswith(".npy"):
        return np.load(path, allow_pickle=False)
    try:
        with open(path, encoding="utf-8-sig") as file:
            if not any(line.partition("#")[0].strip() for line in file):
                raise ValueError("it is empty")
        rows = np.loadtxt(path, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except UnicodeDecodeError:
        taken = "$taken"
        raise ValueError(f"it is not a text file; this network takes {taken}") from None
    except ValueError:
        check_cells(path)
        raise
    if rows.shape[1] != $n_in or not np.isfinite(rows).all():
        check_cells(path)
    return rows


def check_cells(path):
    """Raises ValueError that names the first row and column that cannot be read."""
    with open(path, encoding="utf-8-sig") as file:
        for row, line in enumerate(file, 1):
            cells = line.partition("#")[0].strip().split(",")
            for column, cell in enumerate(cells, 1):
                if cells != [""] and not is_number(cell):
                    what = f"must be a number, not {cell.strip()[:60]!r}"
                    raise ValueError(f"row {row}, column {column} {what}")
            if cells != [""] and len(cells) != $n_in:
                raise ValueError(f"row {row} must have $n_in cells, not {len(cells)}")


def is_number(cell):
    """Whether a cell is a finite number."""
    try:
        return "_" not in cell and abs(float(cell)) < float("inf")
    except ValueError:
        return False


def main(arguments):
    """Prints the predictions for the rows in the file named, a line for each row."""
    program, *files = arguments
    sys.stdout.reconfigure(errors="backslashreplace")
    if {"-h", "--help"} & {*files}:
        print(f"Usage: python {program} {USAGE}")
        return
    if $is_misused:
        fail(f"Usage: python {program} {USAGE}")
    try:
$branch        answers = predict(read(files[0]))
    except (OSError, EOFError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        fail(f"{files[0]} cannot be used: {why}")
    np.savetxt(sys.stdout, answers, fmt="%.${digits}g", delimiter=",")'''

_OF_IMAGES = """\
        if len(files) > 1 or is_image(files[0]):
            print_images(files)
            return
"""


def export_script(network: Network, path: str | Path) -> None:
    """Writes the script completely or not at all.

    Numbers stay float32 or float64, as in the network. The script of a network that learned images reads image files
    where Pillow is installed, and cuts drawn digits out of photographs as the window does.

    Raises:
        DataError: a weight or bias is not finite.
        OSError: the file cannot be written.
    """
    check_finite(network)
    write_whole(path, _script(network).encode())


def _script(network: Network) -> str:
    kind = network.parameters.dtype
    numbers = neuron_by_neuron(network.parameters, network.shape)
    stored = kind.newbyteorder("<")
    used = dict.fromkeys(network.activations)
    parts = parts_of(network.saved_description)
    images = "" if parts.command else images_of(network)
    sizes = {"n_in": network.shape[0], "n_out": network.shape[-1]}
    enough = 9 if kind == np.float32 else 17  # digits that distinguish any two numbers
    command = Template(parts.command or _OF_NUMBERS).substitute(
        sizes,
        digits=(network.saved_description or Description()).answer_digits(enough),
        is_misused="not files" if images else "len(files) != 1",
        branch=_OF_IMAGES if images else "",
        taken="images, and " * bool(images) + "rows of numbers in a CSV or .npy file",
    )
    return _SCRIPT.substitute(
        sizes,
        about=_about(network, parts, has_images=bool(images)),
        imports="".join(f"import {module}\n" for module in parts.modules),
        pillow=f"\n{IMPORTS}" if images else "",
        functions="\n\n\n".join(_function(name) for name in used),
        layers=_layers(network),
        meaning=parts.meaning,
        given=parts.given or kind.name,
        scaled=f"        rows = ({parts.scaled}).astype(np.{kind.name})\n" if parts.scaled else "",
        answers=parts.answers,
        images=images,
        usage=usage_of(network, has_images=bool(images)),
        command=command,
        stored=f"<f{kind.itemsize}",
        parameters=base64.encodebytes(zlib.compress(numbers.astype(stored).tobytes())).decode(),
    )


def _function(name: str) -> str:
    about, *lines = ACTIVATIONS[name].script
    return "\n    ".join([f"def {name.replace('-', '_')}(z):", f'"""{about}"""', *lines])


def _layers(network: Network) -> str:
    rows = zip(network.shape[:-1], network.shape[1:], network.activations, strict=True)
    return "\n".join(f"    ({n_in}, {n_out}, {name.replace('-', '_')})," for n_in, n_out, name in rows)


def _about(network: Network, parts: Parts, has_images: bool) -> str:
    """Returns the script's docstring without its quotes."""
    facts = [
        f"Neurons of each layer, input first: {', '.join(map(str, network.shape))}.",
        f"Activations: {', '.join(network.activations)}. Loss: {_harmless(network.loss)}.",
        *_past(network),
    ]
    paragraph = "\n".join(textwrap.fill(fact, WIDTH, break_long_words=False) for fact in facts)
    return (
        f"{_START}, which needs Python and numpy and nothing else.\n"
        f"{'Image files need Pillow.' * has_images}{chr(10) * has_images}\n"
        f"{paragraph}\n\n"
        f"On the command line:  python this_file.py {'image.png' if has_images else 'rows.csv'}\n"
        f"In a program:         from this_file import {parts.main}\n\n"
        f"{parts.rows}\n\n"
        "Written by nnviz.\n"
    )


def _past(network: Network) -> list[str]:
    """Returns a text about the network's past: data, epochs, test error."""
    past, said = Provenance.read(network), []
    if _harmless(past.data):
        said.append(f"Trained on: {_harmless(past.data)}.")
    if past.epochs:
        said.append(f"Epochs: {past.epochs}.")
    if past.test_error is not None:
        said.append(f"Error on the test examples: {100 * past.test_error:.2f} %.")
    return [" ".join(said)] if said else []


def _harmless(text: str) -> str:
    """Returns a name that cannot end the docstring and contains no folders of this machine."""
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute():
        text = PureWindowsPath(text).name  # handles both kinds of slashes
    printable = "".join(each if each.isprintable() and each not in '\\"' else " " for each in text)
    return " ".join(printable.split())[:_LONGEST_NAME]


FORMAT = NetworkFormat(
    ending=".py",
    title="Python script",
    help_name="a script that needs only NumPy",
    save=export_script,
    recognises=lambda path: begins_with(path, f'"""{_START}'.encode()),
    action="Script",
    shortcut="Ctrl+Shift+P",
)
