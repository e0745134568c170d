"""Tables: reads delimited text files and encodes their columns."""
