"""Collect the scripts that the pages load, so that no page asks another host for one.

From npm: what `vendor.json` names, each archive checked against its hash. From the installed
Python packages: plotly.js and anywidget's front end, so that they match the Python side.
Run by `make`; the result, `book/vendor/files`, is not committed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from fnmatch import fnmatch
from pathlib import Path

import plotly

HERE = Path(__file__).parent
TARGET = HERE / "files" / "vendored"


def from_npm(package: str, version: str, integrity: str, files: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != integrity:
            sys.exit(f"{package} {version}: the archive is not the one named in vendor.json")
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if any(fnmatch(member.name, pattern) for pattern in files):
                    content = tar.extractfile(member).read()
                    (TARGET / Path(member.name).name).write_bytes(content)


def mend_file_addresses(script: Path) -> None:
    """On `file://` a page's origin is "null": the widget manager would look for its fonts there."""
    text, count = re.subn(r"\$\{(\w)\.origin\}", r"${\1.protocol}//${\1.host}", script.read_text())
    if not count:
        sys.exit(f"{script.name}: the place to mend is gone; does this version still need it?")
    script.write_text(text)


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for entry in json.loads((HERE / "vendor.json").read_text()):
        from_npm(**entry)
    mend_file_addresses(TARGET / "embed-amd.js")
    plotly_data = Path(plotly.__file__).parent / "package_data"
    shutil.copy(plotly_data / "plotly.min.js", TARGET)
    front_end = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"
    shutil.copy(front_end, TARGET / "anywidget.js")


if __name__ == "__main__":
    main()
