"""The cards of Look inside, which are imported when it is shown for the first time. A new card joins the list below."""

from nnviz.cards.map import map  # isort: skip
from nnviz.cards.mistakes import mistake_pictures, mistakes  # isort: skip
from nnviz.cards.diagram import network_diagram  # isort: skip
from nnviz.cards.neuron import neuron  # isort: skip
from nnviz.cards.robustness import robust  # isort: skip
from nnviz.cards.step_through import step_through  # isort: skip
from nnviz.cards.explanation import why  # isort: skip

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
