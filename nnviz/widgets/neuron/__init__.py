"""Pieces of the view of one neuron."""
