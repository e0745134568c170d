"""The cards of data with one or two numbers as input: predictions over the plane, or over the curve."""
