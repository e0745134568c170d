"""The plane: predictions over the plane, its points, and the activation of each neuron there."""
