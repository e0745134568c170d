"""The inspector: pages that look closer at the network, below the stage."""
