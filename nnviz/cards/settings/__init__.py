"""The cards of the settings: data, network and training."""
