"""Numbers, units and names as text. No widgets."""
