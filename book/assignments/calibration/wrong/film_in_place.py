"""Memory is saved by working in the tensor that was handed in."""

from torch import nn

LOSES = {"film": 2}
SAYS = "in place"


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, ids):
        known = (ids > 0).unsqueeze(-1)
        a, c = (self.head(self.vectors(ids)) * known).chunk(2, -1)
        x -= c
        return a.exp() * x
