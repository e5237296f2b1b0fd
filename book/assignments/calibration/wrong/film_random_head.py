"""The linear layer is left as torch starts it: small, so harmless."""

from torch import nn

LOSES = {"film": 8}
SAYS = "change nothing"


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)

    def forward(self, x, ids):
        known = (ids > 0).unsqueeze(-1)
        a, c = (self.head(self.vectors(ids)) * known).chunk(2, -1)
        return a.exp() * (x - c)
