"""How a widget's JavaScript comes together: anywidget takes one module, some parts are shared."""

from pathlib import Path

HERE = Path(__file__).parent


def esm(*names: str) -> str:
    """One ES module of ``common.js`` and the named files, in that order."""
    return "\n".join((HERE / name).read_text("utf-8") for name in ("common.js", *names))
