"""Print the built pages into one PDF, in the order of the contents: `make pdf`.

Chromium prints each page as it looks in light, and the solutions, taken out of their pages, at the
end; pypdf joins all, numbers the sheets, outlines parts, pages and exercises, and mends the links.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path

import yaml
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Destination, FloatObject, NameObject, NullObject

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "mlsan.pdf"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PAPER = {"format": "A4", "margin": dict.fromkeys(("top", "bottom", "left", "right"), "15mm")}
SOLUTIONS = (SITE / "solutions.html").as_uri()        # no such page: links to it are mended
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


NUMBER = re.compile(r"(?:Exercise )?(\d+\.\d+)\b")     # an exercise, a solution
HEADINGS = """() => [...document.querySelectorAll("h3, h4")].map((h) => h.firstChild.textContent)"""

# Takes the solutions out of a page; a line says where each is. -> [[number and title, HTML], ...]
TAKE_SOLUTIONS = """(solutions) =>
    [...document.querySelectorAll("section[id^='exercise-'] > details")].map((details) => {
        const heading = details.parentElement.querySelector("h3, h4").firstChild.textContent;
        const title = heading.replace(/^Exercise (\\S+):/, "$1");
        const line = document.createElement("p");
        line.innerHTML = `<a href="${solutions}#solution-${title.split(" ")[0]}">`
            + `Solution ${title.split(" ")[0]}</a>, at the end of the book`;
        details.querySelector("summary").remove();
        details.replaceWith(line);
        return [title, details.innerHTML];
    })
"""
SHOW_SOLUTIONS = """(html) => {
    document.title = document.querySelector("#jb-print-docs-body h1").textContent = "Solutions";
    document.querySelector("article.bd-article").innerHTML = html;
}"""
FOOTER = """<div style="width: 100%; text-align: center; font: 9px sans-serif; color: #555">
    <span class="pageNumber"></span></div>"""


class Print:
    """The growing PDF, and where in it each page, exercise and solution begins."""

    def __init__(self, page: Page, title: str) -> None:
        self.page, self.writer = page, PdfWriter()
        self.writer.add_metadata({"/Title": title})
        self.places: dict[str, list] = {}     # "book/gating", "exercise-6.1", "solution-6.1"

    def place(self, sheet: int, top: float | None = None) -> list:
        """What a link or a bookmark leads to."""
        high = NullObject() if top is None else FloatObject(top)
        return [self.writer.pages[sheet].indirect_reference, NameObject("/XYZ"), NullObject(),
                high, NullObject()]

    def add(self, name: str, kind: str, part=None) -> None:
        """Print the page that the browser shows; ``kind`` of thing its numbered headings head."""
        printed = PdfReader(io.BytesIO(self.page.pdf(outline=True, tagged=True, **PAPER)))
        first = len(self.writer.pages)
        for sheet in printed.pages:
            self.writer.add_page(sheet)
        self.places[name] = self.place(first)
        title = self.page.title().split(" — ")[0]        # without the book's
        entry = self.writer.add_outline_item(title=title, page_number=first, parent=part)
        # Chromium's own outline garbles a heading that it has moved to the next sheet.
        titles = {number[1]: title for title in self.page.evaluate(HEADINGS)
                  if (number := NUMBER.match(title))}
        for heading in flat(printed.outline):
            if (number := NUMBER.match(heading.title)) and number[1] in titles:
                sheet = first + printed.get_destination_page_number(heading)
                self.places[f"{kind}-{number[1]}"] = self.place(sheet, heading.top)
                self.writer.add_outline_item(title=titles[number[1]], page_number=sheet,
                                             parent=entry)
        for sheet in self.writer.pages[first:]:
            for link in map(lambda a: a.get_object(), sheet.get("/Annots", ())):
                if within := printed.named_destinations.get(link.get("/Dest")):
                    to = first + printed.get_destination_page_number(within)
                    link[NameObject("/Dest")] = ArrayObject(self.place(to, within.top))

    def mend_links(self) -> None:
        """What leads to a page of the site leads to its place in here, once all are printed."""
        site = SITE.as_uri() + "/"
        for sheet in self.writer.pages:
            for link in map(lambda a: a.get_object(), sheet.get("/Annots", ())):
                address = link.get("/A", {}).get("/URI", "")
                if address.startswith(site):
                    name, _, within = address.removeprefix(site).partition("#")
                    number = re.match(r"(exercise|solution)-(\d+)[-.](\d+)", within)
                    place = number and self.places.get("{}-{}.{}".format(*number.groups()))
                    link[NameObject("/Dest")] = ArrayObject(
                        place or self.places[name.removesuffix(".html")])
                    del link["/A"]

    def number_sheets(self) -> None:
        sheets = len(self.writer.pages)
        self.page.set_content("<div style='break-after: page'>&nbsp;</div>" * sheets)
        numbers = PdfReader(io.BytesIO(self.page.pdf(
            display_header_footer=True, header_template="<p>", footer_template=FOOTER, **PAPER)))
        for sheet, number in zip(self.writer.pages, numbers.pages, strict=True):
            sheet.merge_page(number)


def flat(outline: list) -> list[Destination]:
    return [entry for item in outline
            for entry in (flat(item) if isinstance(item, list) else [item])]


def main() -> None:
    if not CHROMIUM:
        sys.exit("make pdf: needs Chromium; install it, "
                 "for instance with `apt-get install chromium`")
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM,
                                             args=["--headless", "--no-sandbox"])
        # As wide as the printed page, so that figures drawn for the screen fit the paper.
        page = browser.new_page(viewport={"width": 760, "height": 1000}, color_scheme="light")
        book = Print(page, yaml.safe_load((ROOT / "_config.yml").read_text())["title"])
        solutions, solved = "", None

        def show(name: str) -> None:
            page.goto((SITE / f"{name}.html").as_uri())
            page.wait_for_function(STANDS)

        show(contents["root"])
        book.add(contents["root"], "page")
        for part in contents["parts"]:
            # A bookmark must lead to a page that exists, and the part's first isn't printed yet.
            heading = book.writer.add_outline_item(title=part["caption"],
                                                    page_number=len(book.writer.pages) - 1)
            for chapter in part["chapters"]:
                show(chapter["file"])
                if taken := page.evaluate(TAKE_SOLUTIONS, SOLUTIONS):
                    solved = chapter["file"]
                    solutions += f"<h2>{page.title().split(' — ')[0]}</h2>"
                    solutions += "".join(f"<h3>{title}</h3>{html}" for title, html in taken)
                book.add(chapter["file"], "exercise", heading)
        show(solved)                    # for its style and that of its formulas
        page.evaluate(SHOW_SOLUTIONS, solutions)
        book.add("solutions", "solution")
        book.mend_links()
        book.number_sheets()
        browser.close()
    for sheet in book.writer.pages:
        sheet.compress_content_streams()
    book.writer.write(TARGET)
    print(f"{TARGET}: {len(book.writer.pages)} pages, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
