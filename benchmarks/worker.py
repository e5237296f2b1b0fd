"""One measurement in this process: ``python worker.py NAME '{"its": "arguments"}'`` prints JSON.

Each stands in a file of its own, imported when it is asked for: an earlier commit's package has
not what all of them import, and what is imported takes memory.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module

import torch
from made import Shape

HOMES = {"loop": "loops", "on_gpu": "loops", "per_turn": "dialogue_rnn", "floor": "floor",
         "first_map": "others", "ablation": "others"}


def recipe(name: str) -> dict:
    from mlsan.recipes import recipe_named
    return asdict(recipe_named(name, "benchmarks"))


def measure(name: str, arguments: dict) -> dict | None:
    """What a measurement found; ``shape`` is a ``Shape``'s fields, here as in JSON."""
    if name == "recipe":
        return recipe(**arguments)
    if "shape" in arguments:
        arguments = arguments | {"shape": Shape(**arguments["shape"])}
    torch.set_num_threads(1)
    return getattr(import_module(HOMES[name]), name)(**arguments)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], json.loads(sys.argv[2]))))
