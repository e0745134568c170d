"""Image files as a network's input: the size they are scaled to, and whether digits are extracted from them."""

from __future__ import annotations

from engine.datasets import DATASETS
from engine.datasets.mnist import DIGITS, SIDE
from engine.network.network import Network
from engine.provenance import Provenance


def shape_of_pictures(network: Network) -> tuple[int, int] | None:
    """Returns height and width of the network's input images, known or assumed; None if it does not read images."""
    shape = network.description.example_shape if network.description is not None else ()
    if len(shape) == 2:
        return shape[0], shape[1]
    return (SIDE, SIDE) if not shape and network.shape[0] == SIDE * SIDE else None


def reads_pictures(network: Network) -> bool:
    """Whether it takes image files: their size is known, and what its outputs mean."""
    about = network.description
    has_outputs = (about is not None and bool(about.output_names)) or network.shape[-1] == DIGITS
    return shape_of_pictures(network) is not None and has_outputs


def reads_drawings(network: Network) -> bool:
    """Whether it takes ink as MNIST has it, scaled and centred, and not images as a folder's are made."""
    if shape_of_pictures(network) != (SIDE, SIDE) or network.brightness is not None:
        return False
    experiment = Provenance.read(network).experiment
    return experiment is None or experiment.data in DATASETS
