"""Links of the repository's pages, so that they lead to the same thing on the site."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FENCE = re.compile(r"^( *)(```+|~~~+)")
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
SOURCE = re.compile(r"""((?:src|srcset|href)=")([^"]+)(")""")  # of a tag


@dataclass
class Links:
    """Where the site's pages are, and what else they need.

    root: the repository. pages: paths from the root on that are pages of the site. sources: modules that have a page
    with their text. needed: files that a page links to or shows, collected as pages are written.
    """

    root: Path
    pages: set[str]
    sources: set[str]
    needed: set[str] = field(default_factory=set)
    in_tags: set[str] = field(default_factory=set)  # those that HTML in a page shows, which Sphinx does not read

    def rewritten(self, text: str, page: str) -> str:
        """The Markdown of a page, with links that lead somewhere on the site. Code stays as it is."""

        def new(match: re.Match) -> str:
            return match[1] + self.target(match[2], page) + match[3]

        def shown(match: re.Match) -> str:
            if ":" not in match[2]:
                self.in_tags.add(os.path.normpath(PurePosixPath(page).parent / match[2]).replace(os.sep, "/"))
            return new(match)

        return outside_code(text, lambda line: SOURCE.sub(shown, LINK.sub(new, line)))

    def target(self, link: str, page: str) -> str:
        """A link that stands on a page of the repository, as it must be on the site."""
        path, mark, heading = link.partition("#")
        if not path or ":" in path:  # to a heading of the page, or to another place
            return link
        there = os.path.normpath(PurePosixPath(page).parent / path).replace(os.sep, "/")
        found = self.place(there)
        return relative(found, page) + mark + heading if found else link

    def place(self, there: str) -> str:
        """The page for a path of the repository, or the path itself where it is a file to be copied."""
        notebook = f"{there.removesuffix('lesson.md')}{PurePosixPath(there).parent.name}.ipynb"
        candidates = [there, f"{there}/README.md", notebook, f"{there}/{PurePosixPath(there).name}.ipynb"]
        if there in ("", "."):
            candidates.append("README.md")
        for candidate in candidates:
            if candidate in self.pages:
                return candidate
        if there in self.sources:
            return source_page(there)
        if (self.root / there).is_file():
            self.needed.add(there)
            return there
        if (self.root / there / "__init__.py").is_file() and f"{there}/__init__.py" in self.sources:
            return source_page(f"{there}/__init__.py")
        return "docs/contributing.md" if (self.root / there).is_dir() else ""  # it has the map


def source_page(path: str) -> str:
    """The page with the text of a Python file."""
    return f"source/{path.removesuffix('.py')}.md"


def relative(path: str, page: str) -> str:
    return os.path.relpath(path, PurePosixPath(page).parent).replace(os.sep, "/")


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Markdown with every line changed that stands in no block of code."""
    lines, closing = [], ""
    for line in text.split("\n"):
        fence = FENCE.match(line)
        if closing:
            if fence and line.strip() == closing:
                closing = ""
            lines.append(line)
        elif fence:
            closing = fence[2]
            lines.append(line)
        else:
            lines.append(change(line))
    return "\n".join(lines)
