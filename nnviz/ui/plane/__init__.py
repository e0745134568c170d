"""The plane: the answers all over it, the points in it, and what each neuron answers there."""
