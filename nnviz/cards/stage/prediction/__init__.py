"""The answer of the network, at the right end of the stage."""
