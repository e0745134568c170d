"""Plots: curves, histograms and shares over the epochs."""
