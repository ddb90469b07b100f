"""What the search knows beside Sphinx's index: the words of errors, and a line about each page."""

import json
import re
from pathlib import Path

from website import troubles
from website.search_sections import sections

LENGTH = 160  # letters of the line about a page


def collected(folder: Path) -> dict:
    """errors: [template, page, anchor]; about: the first sentences of each page; sections: what ranking.js ranks."""
    errors = [[m.text, troubles.topic_of(m).page.removesuffix(".md"), troubles.anchor(m.text)] for m in troubles.met()]
    errors += [[text, troubles.PAGE.removesuffix(".md"), troubles.anchor(text)] for text in troubles.others()]
    about = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if path.suffix in (".md", ".ipynb") and not name.startswith("source/"):
            about[name] = first_words(path)
    return {"errors": errors, "about": about, "sections": sections(folder)}


def first_words(path: Path) -> str:
    """The first paragraph of a page, as plain text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"][:2])
    for block in re.split(r"\n\s*\n", text):
        if re.match(r"[A-Za-z*`\[0-9]", block):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block)
            words = " ".join(re.sub(r"[*`\\]", "", plain).split())
            return words if len(words) <= LENGTH else words[:LENGTH].rpartition(" ")[0] + " …"
    return ""
