"""The neuron card."""
