"""Stretch first and take the centre away afterwards, as the chapter adds beta."""

from torch import nn

LOSES = {"film": 6}
SAYS = "In which order do"


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, ids):
        a, c = (self.head(self.vectors(ids)) * (ids > 0)[..., None]).chunk(2, -1)
        return a.exp() * x - c
