"""The stage: from the input through the layers to the answer."""
