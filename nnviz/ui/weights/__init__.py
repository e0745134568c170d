"""Widgets that show weights as images, and one neuron in detail."""
