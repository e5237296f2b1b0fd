"""How a widget's JavaScript comes together: anywidget takes one module, some parts are shared."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def esm(*names: str) -> str:
    """One ES module of ``common.js`` and the named files, in that order.

    Lines of comment are left out: a page carries the module once more for every widget on it.
    """
    module = "\n".join((HERE / name).read_text("utf-8") for name in ("common.js", *names))
    return re.sub(r"^ *//.*\n", "", module, flags=re.M)
