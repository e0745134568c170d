"""Exports a network as ONNX, which other programs and devices run: https://onnx.ai/onnx/operators.

Models are written, not read. The package ``onnx`` is optional and only needed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.errors import MissingPackageError, SettingError
from engine.basics.optional_packages import install_advice
from engine.basics.validation import Array, gigabytes
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.table.table_coding import CodedColumn
from engine.datasets.table.table_columns import TEXT
from engine.network.activations import ACTIVATIONS, OnnxNode
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage.checks import check_finite
from engine.storage.files import write_whole
from engine.storage.network_format import NetworkFormat, begins_with

# The oldest versions with all operators used here, for old runtimes. Softmax works on one axis since opset 13; GELU is
# an operator only since 20, so it is composed of others. Intermediate representation 7 came with opset 13.
_OPSET = 13
_IR_VERSION = 7
# Protocol buffers are limited to 2 GiB; names need a part of it.
_MOST_BYTES = 2**31 - 2**20
# Standard deviations between 0 and a mean. With more, float32 would round raw numbers by over 1e-5 of a deviation.
_MOST_DEVIATIONS = 100
_TYPES = {"float32": 1, "float64": 11}  # numbers of ``onnx.TensorProto.DataType``


def export_onnx(network: Network, path: str | Path) -> None:
    """Writes an ONNX model completely or not at all: ``input`` (batch, n_in) to ``output`` (batch, n_out).

    Numbers stay float32 or float64, as in the network. Raw inputs or targets with a mean of more than 100 standard
    deviations are float64 instead, and so is their scaling, since float32 would lose their differences. If the network
    has a description, ``input`` takes numbers as they are written in its data, which the model scales, and ``output``
    has numbers in the unit of the targets. Texts and yes/no are given as 0 and 1. The model's metadata say as JSON
    what each of the ``inputs`` and ``outputs`` is, as the doc strings of ``input`` and ``output`` do, and what stands
    for a ``missing`` value of each input of a table.

    Raises:
        DataError: a weight or bias is not finite.
        SettingError: the network is too large for the format.
        MissingPackageError: the package onnx is not installed.
        OSError: the file cannot be written.
    """
    _check(network)
    write_whole(path, _serialized(network, _plan_of(network)))


def _check(network: Network) -> None:
    """Raises what :func:`export_onnx` raises, except OSError."""
    check_finite(network)
    try:
        import onnx  # noqa: F401
    except ImportError:
        remedy = f"{install_advice('onnx')}, or export a Python script."
        raise MissingPackageError.from_problem("onnx", "this package is not installed", remedy) from None
    size = network.parameters.nbytes
    if size > _MOST_BYTES:
        problem = f"the parameters take {gigabytes(size)}, but an ONNX file holds at most {gigabytes(_MOST_BYTES)}"
        raise SettingError.from_problem("network", problem, "Export a smaller network, or save this one as .npz.")


@dataclass
class _Plan:
    """The nodes of a model, as arguments of ``onnx.helper.make_node``, and its constants by name."""

    dtype: np.dtype[Any]
    layer: str = ""  # the layer whose nodes are being added, "layer1"
    nodes: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, Array] = field(default_factory=dict)

    def add(self, operator: str, *inputs: str | float, **attributes: object) -> str:
        """Adds a node whose inputs are the names of earlier outputs, or constants. Returns its output's name."""
        names = tuple(each if isinstance(each, str) else self._constant(each) for each in inputs)
        output = f"{self.layer}.{operator.lower()}{len(self.nodes) + 1}"
        self.nodes.append({"op_type": operator, "inputs": names, **attributes})
        return self.name_last(output)

    def _constant(self, value: float) -> str:
        name = f"constant.{value:.6g}"
        self.numbers[name] = np.array(value, self.dtype)
        return name

    def scaling(self, name: str, scaling: Scaling, dtype: np.dtype[Any]) -> tuple[str, str]:
        """Adds the mean and the standard deviation as constants of that type. Returns their names."""
        self.numbers |= {f"{name}.mean": scaling.mean.astype(dtype), f"{name}.spread": scaling.spread.astype(dtype)}
        return f"{name}.mean", f"{name}.spread"

    def cast(self, value: str, dtype: np.dtype[Any], to: np.dtype[Any]) -> str:
        """Adds a node that changes the type of a value, if it is another one. Returns the name of the result."""
        return value if dtype == to else self.add("Cast", value, to=_TYPES[to.name])

    def name_last(self, output: str) -> str:
        """Names the last node and its output."""
        self.nodes[-1] |= {"outputs": [output], "name": output}
        return output


def _type_of(dtype: np.dtype[Any], scaling: Scaling | None) -> np.dtype[Any]:
    """Returns the type of the model's raw numbers: float64 if float32 would lose differences that the network uses."""
    if scaling is None or dtype == np.float64:
        return dtype
    with np.errstate(over="ignore"):
        is_held = (np.abs(scaling.mean) <= _MOST_DEVIATIONS * scaling.spread).all()
    limits = np.finfo(np.float32)
    is_held &= ((scaling.spread >= limits.tiny) & (scaling.spread <= limits.max)).all()
    return dtype if is_held else np.dtype(np.float64)


def _plan_of(network: Network) -> _Plan:
    plan = _Plan(network.parameters.dtype)
    about = network.saved_description or Description()
    value, last = "input", "output" if about.target_scaling is None else f"layer{len(network.weights)}.output"
    given, answered = (_type_of(plan.dtype, each) for each in (about.scaling, about.target_scaling))
    if about.scaling is not None:
        plan.layer, (mean, spread) = "input", plan.scaling("input", about.scaling, given)
        value = plan.cast(plan.add("Div", plan.add("Sub", value, mean), spread), given, plan.dtype)
    if about.brightness is not None:
        plan.layer, own = "input", (about.brightness.mean, about.brightness.deviation)
        plan.numbers |= {
            f"input.{name}": np.array(n, plan.dtype) for name, n in zip(("mean", "spread"), own, strict=True)
        }
        value = plan.add("Div", plan.add("Sub", value, "input.mean"), "input.spread")
    for number, (w, b, name) in enumerate(zip(network.weights, network.biases, network.activations, strict=True), 1):
        plan.layer = f"layer{number}"
        weight, bias = f"{plan.layer}.weight", f"{plan.layer}.bias"
        plan.numbers |= {weight: w, bias: b[:, 0]}
        plan.add("Gemm", value, weight, bias, transB=1)
        _add_activation(plan, name, plan.name_last(f"{plan.layer}.sum"))
        value = plan.name_last(last if number == len(network.weights) else f"{plan.layer}.output")
    if about.target_scaling is not None:
        plan.layer, (mean, spread) = "output", plan.scaling("output", about.target_scaling, answered)
        plan.add("Add", plan.add("Mul", plan.cast(value, plan.dtype, answered), spread), mean)
        plan.name_last("output")
    return plan


def _add_activation(plan: _Plan, name: str, z: str) -> None:
    function = ACTIVATIONS[name]
    _add_expression(plan, (plan.dtype == np.float64 and function.onnx_of_float64) or function.onnx, z)


def _add_expression(plan: _Plan, node: OnnxNode, z: str) -> str:
    """Adds a node, after those of the expressions that it takes. Returns its output's name."""
    operator, *inputs = node
    attributes = inputs.pop() if isinstance(inputs[-1], dict) else {}
    names = [
        _add_expression(plan, each, z) if isinstance(each, tuple) else z if each == "z" else each for each in inputs
    ]
    return plan.add(operator, *names, **attributes)


def _serialized(network: Network, plan: _Plan) -> bytes:
    """Returns the checked model as bytes."""
    import onnx
    from onnx import helper, numpy_helper

    about = network.saved_description or Description()
    scalings = about.scaling, about.target_scaling
    given, answered = (_TYPES[_type_of(plan.dtype, each).name] for each in scalings)
    graph = helper.make_graph(
        [helper.make_node(**node) for node in plan.nodes],
        "network",
        [helper.make_tensor_value_info("input", given, ["batch", network.shape[0]], _about_input(about))],
        [helper.make_tensor_value_info("output", answered, ["batch", network.shape[-1]], _named(about.output_names))],
        [numpy_helper.from_array(array, name) for name, array in plan.numbers.items()],
    )
    model = helper.make_model(
        graph,
        producer_name="nnviz",
        doc_string=_description(network),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    if network.saved_description is not None:
        helper.set_model_props(model, _metadata(network.saved_description))
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def _description(network: Network) -> str:
    """Describes the network and its past, one fact per line."""
    lines = [
        f"A fully connected network of {'-'.join(map(str, network.shape))} neurons.",
        f"Activations: {', '.join(network.activations)}",
        f"Loss: {network.loss}",
    ]
    past = replace(Provenance.read(network), history=None).as_dict()  # curves would be pages of numbers
    if past:
        lines.append(f"Provenance: {json.dumps(past, default=str)}")
    return "\n".join(lines)


def _about_input(about: Description) -> str:
    """Returns a text on the numbers of ``input``, for viewers of models; empty if unknown."""
    if not about.columns and len(about.example_shape) == 2:
        height, width = about.example_shape
        return f"An image of {height} x {width} pixels in each row, line by line; brightness from 0 to 1."
    return _named([_input_in_words(entry) for entry in _inputs(about)])


def _input_in_words(entry: dict[str, str]) -> str:
    if "column" in entry:
        return f"{entry['name']}: 1 if {entry['column']} is {entry['1']}, else 0"
    return f"{entry['name']}: 0 for {entry['0']}, 1 for {entry['1']}" if "1" in entry else entry["name"]


def _named(names: Sequence[str]) -> str:
    lines = (f"{number}. {_printable(name)}" for number, name in enumerate(names, 1))
    return "\n".join([f"{len(names)} numbers in each row, in this order:", *lines]) if names else ""


def _printable(name: str) -> str:
    """Returns a name in one line, without what a format of text cannot hold."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(name.split()))


def _metadata(about: Description) -> dict[str, str]:
    """Returns the meaning of inputs and outputs as JSON, in which names from the data are only data."""
    said = {
        "task": "classification" if about.is_classification else "regression",
        "title": about.title,
        "example_shape": list(about.example_shape),
        "inputs": _inputs(about),
        "missing": _fills(about),
        "outputs": list(about.output_names),
    }
    return {name: json.dumps(entry) for name, entry in said.items() if entry}


def _inputs(about: Description) -> list[dict[str, str]]:
    """Returns the name of each input; for a table also the column of texts, and the meaning of 0 and 1."""
    if about.coding is None:
        return [{"name": name} for name in about.columns]
    return [entry for column in about.coding.columns for entry in _inputs_of(column)]


def _fills(about: Description) -> list[float]:
    """Returns the replacement of a missing value for each input of a table; empty if values are required."""
    columns = () if about.coding is None else about.coding.columns
    return [number for column in columns if column.filled is not None for number in _filled(column, column.filled)]


def _filled(column: CodedColumn, filled: float) -> list[float]:
    return [float(place == filled) for place in range(len(column.categories))] if column.kind == TEXT else [filled]


def _inputs_of(column: CodedColumn) -> list[dict[str, str]]:
    if column.kind == TEXT:
        named = zip(column.inputs, column.categories, strict=True)
        return [{"name": name, "column": column.name, "1": category} for name, category in named]
    return [{"name": column.name, **dict(zip("01", column.categories, strict=False))}]


def _note(network: Network) -> str:
    if network.description is None or not network.description.columns:
        return ""
    return f"its input takes rows of {network.shape[0]:,} numbers; its metadata “inputs” names each of them"


FORMAT = NetworkFormat(
    ending=".onnx",
    title="ONNX",
    help_name="ONNX",
    save=export_onnx,
    # The version of the intermediate representation, field 1 of a ModelProto, which all programs write first.
    recognises=lambda path: begins_with(path, b"\x08"),
    check=_check,
    note=_note,
    action="Onnx",
    shortcut="Ctrl+Shift+O",
)
