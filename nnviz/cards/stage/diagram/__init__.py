"""The diagram card."""
