"""Widgets that show weights as pictures, and one neuron in detail."""
