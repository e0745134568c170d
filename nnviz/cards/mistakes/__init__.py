"""The mistakes cards: the confusion matrix, and the examples behind it."""
