"""ML-SAN: one file for each idea of the paper, and one that puts them together."""
