"""In place, on copies of its own."""


def fuse(h, gates):
    h, gates = h.clone(), gates.clone()
    lost = h.isnan().all(-1)
    h[lost] = 0.0
    gates[lost] = 0.0
    empty = lost.all(0)
    return (gates.unsqueeze(-1) * h).sum(0) / (gates.sum(0) + empty).unsqueeze(-1)
