"""Colab, imitated: `make colab`.

An environment with Colab's own versions and no mlsan; then every notebook as Colab runs it, alone
in an empty folder, its first cell fetching the last commit of this checkout in the public
repository's place. The install must leave every version that Colab brought as it was, and every
notebook must run: the chapters, and the assignments as a class gets them and solved. Notebooks
that are named run alone: `python tests/colab.py book/gating.ipynb`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "_build" / "colab"
PYTHON = PLACE / "bin" / "python"
# Colab's versions of August 2026, what a notebook here touches; torch, theirs 2.11, as near as can
# be had without its 3 GB of CUDA libraries.
COLAB = ["torch==2.13.0", "numpy==2.1.3", "pandas==2.2.3", "plotly==5.24.1", "ipywidgets==7.7.1",
         "scikit-learn==1.6.1", "scipy==1.15.3", "ipykernel==6.17.1", "ipython==7.34.0"]


def pip(*arguments) -> str:
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def versions() -> dict[str, str]:
    return {p["name"].lower(): p["version"] for p in json.loads(pip("list", "--format=json"))}


def assignments() -> list[Path]:
    """As handed out, one notebook each; and solved, with the files that the other one brings."""
    dist = ROOT / "dist"
    return sorted([*dist.glob("student/colab/*.ipynb"), *dist.glob("instructor/*/*-solved.ipynb")])


def main() -> None:
    venv.create(PLACE, with_pip=True, clear=True)
    pip("install", "--quiet", *COLAB)
    subprocess.run([PYTHON, "-m", "ipykernel", "install", "--sys-prefix", "--name", "colab"],
                   check=True, stdout=subprocess.DEVNULL)
    before = versions()
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    os.environ |= {"JUPYTER_PATH": str(PLACE / "share" / "jupyter"),
                   "GIT_CONFIG_COUNT": "1",
                   "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
                   "GIT_CONFIG_VALUE_0": address}
    named = [Path(name) for name in sys.argv[1:]]
    for path in named or [*sorted((ROOT / "book").glob("*.ipynb")), *assignments()]:
        started = time.perf_counter()
        pip("uninstall", "--quiet", "--yes", "mlsan")        # each chapter meets a fresh runtime
        with tempfile.TemporaryDirectory() as folder:
            for file in (ROOT / "dist" / "student" / path.stem.removesuffix("-solved")).glob("*"):
                if path.stem.endswith("-solved"):      # a student's has brought its own files
                    shutil.copy(file, folder)
            NotebookClient(nbformat.read(path, as_version=4), timeout=900, kernel_name="colab",
                           resources={"metadata": {"path": folder}}).execute()
        print(f"{path.name}: ran, {time.perf_counter() - started:.0f} s", flush=True)
    after = versions()
    changed = [f"{name} {version} -> {after.get(name)}" for name, version in before.items()
               if after.get(name) != version]
    added = sorted(set(after) - set(before))
    print(f"{len(before)} packages were there, {len(added)} were added: {', '.join(added)}")
    print(", ".join(f"{name} {after[name]}"
                    for name in ("torch", "numpy", "pandas", "plotly", "ipywidgets")))
    if changed:
        sys.exit(f"changed: {', '.join(changed)}")


if __name__ == "__main__":
    main()
