"""Run the notebooks, two at a time, into the cache from which Jupyter Book renders: `make book`.

Alone, Jupyter Book would run them one after another. A notebook runs again when it failed, and
when its code, the package, the lock or the data changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution

BOOK = Path(__file__).parent
ROOT = BOOK.parent
CACHE = ROOT / "_build" / ".jupyter_cache"      # where Jupyter Book has it


def behind_notebooks() -> Iterator[str]:
    """All that the notebooks' outputs depend on, besides the notebooks."""
    sources = [p for p in (ROOT / "mlsan").rglob("*") if p.is_file() and p.suffix != ".pyc"]
    for path in sorted([*sources, ROOT / "constraints.txt"]):
        yield f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    mirror = os.environ.get("MLSAN_MIRROR", "")
    yield f"mirror {mirror}"
    if mirror and Path(mirror).is_dir():
        files = (p for p in Path(mirror).rglob("*") if p.is_file())
        yield from sorted(f"{p.relative_to(mirror)} {p.stat().st_size}" for p in files)


def drop_stale_executions() -> None:
    """The cache sees edits of a notebook, but not of what the notebook imports."""
    key = hashlib.sha256("\n".join(behind_notebooks()).encode()).hexdigest()
    kept = CACHE.with_name("execution-key")
    if not kept.exists() or kept.read_text() != key:
        print("The package, the lock or the data changed: every notebook runs again.", flush=True)
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.parent.mkdir(exist_ok=True)
        kept.write_text(key)


def executed(path: Path) -> nbformat.NotebookNode | None:
    """The notebook with the outputs of its last execution, if that was of the same code."""
    try:
        notebook = nbformat.read(path, as_version=4)
        return get_cache(CACHE).merge_match_into_notebook(notebook)[1]
    except KeyError:
        return None


def run(path: Path) -> tuple[Path, nbformat.NotebookNode, float, str | None]:
    """The notebook, run; how many seconds it took; and how it failed, if it did."""
    timeout = yaml.safe_load((ROOT / "_config.yml").read_text())["execute"]["timeout"]
    result = single_nb_execution(nbformat.read(path, as_version=4), cwd=str(path.parent),
                                 timeout=timeout, allow_errors=False)
    return path, result.nb, result.time, result.exc_string


def main() -> None:
    drop_stale_executions()
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(run, path) for path in sorted(BOOK.glob("*.ipynb"))
                if not executed(path)]
        try:
            for done in as_completed(runs):
                path, notebook, seconds, failure = done.result()
                if failure:
                    failed.append(path.name)
                    print(failure)
                else:       # into the cache as MyST-NB would have put it
                    get_cache(CACHE).cache_notebook_bundle(
                        CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds}),
                        check_validity=False, overwrite=True)
                print(f"{path.name}: {'failed' if failure else 'ran'}, {seconds:.0f} s", flush=True)
        except KeyboardInterrupt:
            os._exit(130)       # at once, not when all have run: kernels end with their parent
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
