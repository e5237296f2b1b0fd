"""padding_idx=0 is enough to leave nobody alone; but the bias of head moves them."""

from torch import nn

LOSES = {"film": 4}
SAYS = "Id 0 is nobody known"


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim, padding_idx=0)
        self.head = nn.Linear(dim, 2 * features)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, ids):
        a, c = self.head(self.vectors(ids)).chunk(2, -1)
        return a.exp() * (x - c)
