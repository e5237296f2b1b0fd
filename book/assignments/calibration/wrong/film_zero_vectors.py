"""A stage starts as the identity if everything in it is zero, so the vectors are zeroed too."""

from torch import nn

LOSES = {"film": 4}
SAYS = "nothing can move"


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x, ids):
        known = (ids > 0).unsqueeze(-1)
        a, c = (self.head(self.vectors(ids)) * known).chunk(2, -1)
        return a.exp() * (x - c)
