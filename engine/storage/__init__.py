"""Networks on disk, one file per format. A new format: one new file here."""

from engine.storage.network_json import load_network, save_network

__all__ = ["load_network", "save_network"]
