"""Parts of the map: painting of points, marks and names."""
