"""Results that take too long for a page, each with the command, commit and seeds that made it.

``python -m mlsan.studies [NAME ...]`` computes them anew.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent


def recorded(name: str) -> dict:
    """The recorded result of that name, such as ``strengths``."""
    return json.loads((HERE / f"{name}.json").read_text("utf-8"))
