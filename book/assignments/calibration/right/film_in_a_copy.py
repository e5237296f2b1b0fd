"""Moves only the known people's utterances, in place, in a copy of its own."""

from torch import nn


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)
        nn.init.constant_(self.head.weight, 0)
        nn.init.constant_(self.head.bias, 0)

    def forward(self, x, ids):
        out, known = x.clone(), ids.nonzero(as_tuple=True)
        a, c = self.head(self.vectors(ids[known])).chunk(2, dim=1)
        out[known] = (x[known] - c) * a.exp()
        return out
