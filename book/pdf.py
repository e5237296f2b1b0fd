"""Print the built pages into one PDF, in the order of the contents: `make pdf`.

Chromium prints each page as it looks in light; pypdf joins them, and outlines parts and pages.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "mlsan.pdf"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

# Whether all that a page's scripts have to draw is drawn.
STANDS = """() =>
    document.readyState === "complete"
    && [...document.querySelectorAll(".mlsan-figure")].every((f) => f.querySelector(".main-svg"))
    && [...document.querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']")]
        .every((s) => s.parentElement.querySelector(".jupyter-widgets, .lm-Widget")
            ?.childElementCount)
    && [...document.querySelectorAll(".math")].every((m) => m.querySelector("mjx-container"))
"""


def main() -> None:
    if not CHROMIUM:
        sys.exit("make pdf: needs Chromium; install it, "
                 "for instance with `apt-get install chromium`")
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    writer = PdfWriter()
    writer.add_metadata({"/Title": yaml.safe_load((ROOT / "_config.yml").read_text())["title"]})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM,
                                             args=["--headless", "--no-sandbox"])
        # As wide as the printed page, so that figures drawn for the screen fit the paper.
        page = browser.new_page(viewport={"width": 760, "height": 1000}, color_scheme="light")

        def add(name: str, part=None) -> None:
            page.goto((SITE / f"{name}.html").as_uri())
            page.wait_for_function(STANDS)
            printed = PdfReader(io.BytesIO(page.pdf(
                format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "15mm"))))
            first = len(writer.pages)
            for sheet in printed.pages:
                writer.add_page(sheet)
            title = page.title().split(" — ")[0]        # without the book's
            writer.add_outline_item(title=title, page_number=first, parent=part)

        add(contents["root"])
        for part in contents["parts"]:
            # A bookmark must lead to a page that exists, and the part's first isn't printed yet.
            last = len(writer.pages) - 1
            heading = writer.add_outline_item(title=part["caption"], page_number=last)
            for chapter in part["chapters"]:
                add(chapter["file"], heading)
        browser.close()
    for sheet in writer.pages:
        sheet.compress_content_streams()
    writer.write(TARGET)
    print(f"{TARGET}: {len(writer.pages)} pages, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
