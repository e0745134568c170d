"""The cards of Look inside, which are imported when it is shown for the first time. A new card joins the list below."""

from nnviz.panels.inside import (
    map,
    mistake_pictures,
    mistakes,
    network_diagram,
    neuron,
    robust,
    step_through,
    why,
)

__all__ = [
    "map",
    "mistake_pictures",
    "mistakes",
    "network_diagram",
    "neuron",
    "robust",
    "step_through",
    "why",
]
