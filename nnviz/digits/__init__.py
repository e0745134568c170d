"""From pen strokes or a photograph to what the network is shown: no Qt widgets."""
