"""The network as a diagram: where each neuron stands, what is painted, and what is under the mouse."""
