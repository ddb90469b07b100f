"""The sections of the site's pages with their words, for the ranking of the search (static/ranking.js)."""

import json
import re
from pathlib import Path

HEADING = re.compile(r"^(#{1,4}) (.+)$", re.MULTILINE)
LEFT_OUT = ("source/", "index")


def sections(folder: Path) -> list[list[str]]:
    """[page, heading, words] of every section of the pages in a folder, each word once; a page's title comes first."""
    found = []
    for path in sorted(folder.rglob("*")):
        page = path.relative_to(folder).with_suffix("").as_posix()
        if path.suffix in (".md", ".ipynb") and not page.startswith(LEFT_OUT):
            found += [[page, heading, " ".join(words_of(text))] for heading, text in parts(text_of(path))]
    return found


def text_of(path: Path) -> str:
    """A page as Markdown; of a notebook the cells of text, as code says little to a question."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def parts(text: str) -> list[tuple[str, str]]:
    """(heading, text below it) of each section. A line that begins with # within code is no heading."""
    hidden = re.sub(r"^(`{3,}).*?^\1`*$", lambda code: code[0].replace("#", "\0"), text, flags=re.MULTILINE | re.DOTALL)
    _, *rest = HEADING.split(hidden)
    return [(plain(rest[at + 1]), rest[at + 2].replace("\0", "#")) for at in range(0, len(rest), 3)]


def plain(heading: str) -> str:
    """Without marks and links, as Sphinx names it."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("\\", "").replace("*", "").strip()


def words_of(text: str) -> list[str]:
    """Its words once, without the addresses of links and the marks of Sphinx."""
    text = re.sub(r"\]\([^)]*\)|^\([\w-]+\)=$|\{[\w:]+\}", "]", text, flags=re.MULTILINE)
    return list(dict.fromkeys(re.findall(r"\w+", text.lower())))
