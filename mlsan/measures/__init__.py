"""How good, how sure, how far from the best possible: measures of plain arrays; no model."""
