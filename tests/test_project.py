"""Files that say the same thing in two places, and the rules that every notebook keeps."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path, PurePath

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ADDRESS = PROJECT["urls"]["Repository"]
REPOSITORY = ADDRESS.removeprefix("https://github.com/")
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [Requirement(line) for line in
                [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CHECKED = "nbval-check-output"
# A chapter that encodes sentences needs the extra `text`, one that measures voices `audio`.
INSTALL = re.compile(rf'''try:
    import mlsan
except ImportError:
    %pip install -q "mlsan(\[(text|audio)\])? @ git\+{re.escape(ADDRESS)}"''')


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    path = request.param
    return path.relative_to(ROOT).as_posix(), nbformat.read(path, as_version=4)


# Requirements


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.name)
def test_requirement_has_a_lower_bound_only_and_a_pin_that_satisfies_it(requirement):
    assert {bound.operator for bound in requirement.specifier} == {">="}
    pin = pins().get(canonicalize_name(requirement.name))
    assert pin, f"constraints.txt does not pin {requirement.name}: run `make lock`"
    assert pin in requirement.specifier


def test_pins_are_public_versions():
    local = [f"{name}=={version}" for name, version in pins().items() if version.local]
    assert local == [], "a local version is found on one machine only"


def test_conda_installs_what_make_installs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (from_pip,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    make = (ROOT / "Makefile").read_text()
    extras = re.search(r'\(BIN\)/pip install .* -c constraints\.txt -e "(\.\[.*\])"', make).group(1)
    assert from_pip == ["-c constraints.txt", f"-e {extras}"]
    assert set(re.findall(r"\w+", extras)) <= set(EXTRAS)
    python = next(d for d in environment["dependencies"] if str(d).startswith("python"))
    assert Requirement(python).specifier == PROJECT["requires-python"]


def test_wheel_carries_every_file_of_the_package():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    patterns = tool["setuptools"]["package-data"]["mlsan"]
    left_out = [path for path in committed_texts() if path.startswith("mlsan/")
                and not path.endswith(".py")
                and not any(PurePath(path).match(f"mlsan/{pattern}") for pattern in patterns)]
    assert left_out == []


def test_style():
    check = subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "."], cwd=ROOT,
                           capture_output=True, text=True)
    assert check.returncode == 0, check.stdout


# The public address


@cache
def committed_texts() -> dict[str, str]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    texts = {}
    for name in filter(None, names):
        try:
            texts[name] = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return texts


MENTIONS = [re.compile(r"github(?:usercontent)?(?:\.com)?/([\w.-]+)/([\w.-]*mlsan[\w.-]*)"),
            re.compile(r"([\w-]+)\.github\.io/([\w.-]*mlsan[\w.-]*)")]


def test_one_address_everywhere():
    mentions = [(name, f"{owner}/{project.rstrip('.').removesuffix('.git')}")
                for name, text in committed_texts().items()
                for pattern in MENTIONS for owner, project in pattern.findall(text)]
    assert [(name, found) for name, found in mentions if found != REPOSITORY] == []
    assert CONFIG["repository"]["url"] == ADDRESS
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["repository-code"] == ADDRESS


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert citation["title"] == CONFIG["title"]


# Notebooks


def test_chapter_tells_what_it_asks_of_the_reader_and_how_it_ends(notebook):
    _, content = notebook
    opening = content.cells[0].source
    told = ("*You will*", "*You need*", "*It takes*", "minutes", "GPU")
    assert all(word in opening for word in told)
    sections = sections_of(content)
    assert list(sections)[-3:] == ["What we learned", "What could fool us", "References"]
    for title in list(sections)[:-3]:
        kinds = {cell.cell_type for cell in sections[title] if "check." in cell.source}
        assert kinds == {"markdown", "code"}, f"{title}: no exercise, or none with a solution"


def test_chapter_is_neither_thin_nor_endless(notebook):
    _, content = notebook
    text = " ".join(cell.source for cell in content.cells if cell.cell_type == "markdown")
    text = re.sub(r"```.*?```|\$\$.*?\$\$", "", text, flags=re.S)
    text = re.sub(r"#+ Exercise .*\n\n\*About .*", "", text)       # a label, no prose
    assert 1500 <= len(text.split()) <= 3500


def sections_of(content) -> dict[str, list]:
    """Title -> the cells from its heading to the next one; a heading starts its cell."""
    sections, title = {}, ""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (heading := re.match(r"## (.+)", cell.source)):
            title = heading.group(1)
        sections.setdefault(title, []).append(cell)
    sections.pop("", None)
    return sections


def test_badge_opens_this_notebook(notebook):
    path, content = notebook
    branch = CONFIG["repository"]["branch"]
    badge = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{branch}/{path}"
    assert content.cells[0].cell_type == "markdown"
    assert f"]({badge})" in content.cells[0].source


def test_first_code_cell_installs_the_package_where_it_is_missing(notebook):
    _, content = notebook
    first = next(cell for cell in content.cells if cell.cell_type == "code")
    assert INSTALL.match(first.source)


def test_stored_outputs_are_the_checked_ones(notebook):
    _, content = notebook
    assert "widgets" not in content.metadata, "GitHub and Colab reject it: run `make outputs`"
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    checked = [cell for cell in code if CHECKED in cell.metadata.get("tags", [])]
    assert len(checked) >= 3
    for cell in checked:
        assert cell.outputs, f"nothing to compare: run `make outputs`\n{cell.source}"
        assert all(output.output_type != "error" for output in cell.outputs), cell.source
    for cell in code:
        assert cell in checked or not cell.outputs, f"run `make outputs`\n{cell.source}"


def test_every_notebook_is_in_the_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    chapters = {p.relative_to(ROOT).with_suffix("").as_posix()
                for p in NOTEBOOKS if p.parent == ROOT / "book"}
    assert chapters <= listed
