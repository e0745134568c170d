"""Converts drawings and photographs to the network's input. No Qt widgets."""
