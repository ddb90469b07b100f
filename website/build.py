"""The site: docs/, the lessons, the cards and the docstrings, as pages that open from a plain folder.

    python -m website.build            (make site: builds into website/_build/html/)
    python -m website.build --pages    (writes the pages that Sphinx reads, and stops)

Pages stand in the repository once. Here they are copied to website/_build/pages/, with links that lead to the same
things on the site, beside those that are made: lessons with figures, the reference, commands, troubleshooting.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from website import commands, contents, map_of_house, reference, search_data, troubles
from website.lessons import lesson_pages, unsolved_with_figures
from website.links import Links, source_page
from website.messages import names

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "website" / "_build"
LANGUAGES = {"bash", "python", "json", "text", "toml", "yaml", "pycon"}
BLOCK = re.compile(r"^```(\w*) ?([^`\n{]*)\n", re.MULTILINE)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Builds the site.")
    parser.add_argument("--pages", action="store_true", help="write the pages and stop")
    parser.add_argument("--out", type=Path, default=BUILD, help="the folder to build in")
    arguments = parser.parse_args(argv)
    pages, html = arguments.out / "pages", arguments.out / "html"
    in_tags = write_pages(pages)
    if arguments.pages:
        return 0
    for folder in (html, arguments.out / "doctrees"):  # nothing of an earlier build remains
        shutil.rmtree(folder, ignore_errors=True)
    words = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-c", str(ROOT / "website")]
    done = subprocess.run([*words, "-d", str(arguments.out / "doctrees"), str(pages), str(html)], cwd=ROOT, check=False)
    for path in sorted(in_tags):
        copy(path, html)
    if done.returncode == 0:
        print(f"open {html / 'index.html'}")
    return done.returncode


def write_pages(folder: Path) -> set[str]:
    """All pages that Sphinx reads, in a new folder; returns the pictures that HTML in them shows."""
    shutil.rmtree(folder, ignore_errors=True)
    given = contents.repository_pages()
    made = {
        **troubles.pages(),
        **reference.pages(),
        "reference/commands.md": commands.page(),
        "index.md": contents.start_page(),
    }
    sources = {path for name in names() if (path := reference.path_of(name)) in reference.with_source()}
    links = Links(ROOT, {*given, *made, *lesson_pages()}, sources)
    for page in given:
        text = (ROOT / page).read_text(encoding="utf-8")
        if page == map_of_house.PAGE:
            text = map_of_house.with_map(text)
        if page == "datasets/README.md":
            text = contents.with_cards(text)
        if page not in made:
            put(folder / page, prepared(links.rewritten(text, page)))
    for page, text in made.items():
        put(folder / page, prepared(links.rewritten(text, page)))
    for page in lesson_pages():
        notebook = unsolved_with_figures(page)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = links.rewritten("".join(cell["source"]), page)
        put(folder / page, json.dumps(notebook))
    for path in sorted(sources):
        put(folder / source_page(path), with_text(path))
    for path in sorted(path for path in links.needed if path.endswith(".md")):  # linked, and not in the contents
        text = links.rewritten((ROOT / path).read_text(encoding="utf-8"), path)
        put(folder / path, f"---\norphan: true\n---\n\n{prepared(text)}")
    for path in sorted(path for path in links.needed if not path.endswith(".md")):
        copy(path, folder)
    put(folder / "search-data.json", json.dumps(search_data.collected(folder)))
    return links.in_tags & links.needed


def with_text(path: str) -> str:
    """The page with the text of a file of the library; the search leaves it out."""
    return f"---\norphan: true\nnosearch: true\n---\n\n# {path}\n\n````python\n{(ROOT / path).read_text('utf-8')}````\n"


def prepared(text: str) -> str:
    """Blocks of code as Sphinx reads them: one that names its file gets it as a caption."""

    def block(match: re.Match) -> str:
        language, name = match[1], match[2].strip()
        lexer = language if language in LANGUAGES else "text"
        return f"```{{code-block}} {lexer}\n:caption: {name}\n\n" if name else f"```{lexer if language else ''}\n"

    return BLOCK.sub(block, text)


def copy(path: str, folder: Path) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / path, folder / path)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
