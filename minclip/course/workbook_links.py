"""The links to files of the repository, made to lead somewhere in a workbook, wherever that lies.

In lessons/ they are relative: ../../minclip/loss.py. JupyterLab opens nothing above the workbook, so the workbook gets
copies of these files in its folder sources/, and its notebooks link to them. The pages among them link further. Their
pictures are copied, too. A link to a file that is not copied becomes text that names it, as every link does to a file
that an installation without a clone does not have: it has those of minclip/ alone.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from minclip.course.notebook_files import course_lessons, course_path, keep_copy, read
from minclip.course.workbook import COPIES, SOURCES, is_repository
from minclip.data.paths import atomic_write

ROOT = Path(__file__).parents[2]  # the repository, or the folder into which minclip is installed
WORDS = r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]"  # an exclamation mark: a picture
LINK = re.compile(WORDS + r"\(\.\./\.\./([^()#\s]+)(#[^()\s]*)?\)")
LINK_OF_PAGE = re.compile(WORDS + r"\((?!\w+:)([^()#\s]+)(#[^()\s]*)?\)")  # without those that begin with https:

FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)  # code, in which a[0](1) is no link


def source_of(target: str) -> Path | None:
    """The file that ../../target names; None where this installation does not have it."""
    path = ROOT / target
    ours = target.startswith("minclip/") or is_repository(ROOT)  # beside an installed minclip/ lie other projects
    return path if ours and path.is_file() else None


def linked(text: str) -> str:
    """A lesson's Markdown as a workbook shows it."""

    def at_home(link: re.Match[str]) -> str:
        mark, words, target, heading = link[1], link[2], link[3], link[4] or ""
        return f"{mark}[{words}](../{SOURCES}/{target}{heading})" if source_of(target) else named(words, target)

    return LINK.sub(at_home, text)


def named(words: str, target: str) -> str:
    """What stands in place of a link to a file that a workbook does not have."""
    return f"{words} ({target} in minclip's repository)"


def with_links(notebook: NotebookNode, untouched: Mapping[str, str] | None = None) -> NotebookNode:
    """Mends the links of a notebook's Markdown, in place. untouched: cell id -> text; other cells are the learner's."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (untouched is None or untouched.get(cell.id) == cell.source):
            cell.source = linked(cell.source)
    return notebook


def from_lessons() -> list[str]:
    """The files that the lessons link to, and that this installation has."""
    texts = [cell.source for lesson in course_lessons() for cell in read(course_path(lesson)).cells]
    return sorted({link[3] for text in texts for link in LINK.finditer(text) if source_of(link[3])})


def targets() -> list[str]:
    """The files that a workbook gets: those that the lessons link to, and the pictures of the pages among them."""
    found = from_lessons()
    pages = {target: (ROOT / target).read_text(encoding="utf-8") for target in found if is_page(target)}
    shown = {
        beside(page, link[3])
        for page, text in pages.items()
        for prose in FENCED.split(text)[::2]
        for link in LINK_OF_PAGE.finditer(prose)
        if link[1]
    }
    return sorted({*found, *filter(source_of, shown)})


def is_page(target: str) -> bool:
    return target.endswith(".md")


def beside(page: str, link: str) -> str:
    """What a page's link names, as a path from the repository's root.

    >>> beside("docs/claims.md", "../benchmarks/README.md")
    'benchmarks/README.md'
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def page_for(has: Callable[[str], bool], page: str, text: str) -> str:
    """A page of the repository as a workbook shows it. has: whether the workbook has a file."""

    def kept(link: re.Match[str]) -> str:
        target = beside(page, link[3])
        return link[0] if has(target) else named(link[2], target)

    parts = FENCED.split(text)
    parts[::2] = [LINK_OF_PAGE.sub(kept, prose) for prose in parts[::2]]
    return "".join(parts)


def bring_sources(workbook: Path) -> list[str]:
    """Copies them into the workbook; returns a line for each that was another one before, of which a copy is kept."""
    said, copied = [], targets()
    for target in copied:
        copy, content = workbook / SOURCES / target, (ROOT / target).read_bytes()
        if is_page(target):
            content = page_for(copied.__contains__, target, content.decode("utf-8")).encode("utf-8")
        if copy.is_file() and copy.read_bytes() == content:
            continue
        if copy.exists():
            before = keep_copy(copy, workbook)
            said.append(f"{SOURCES}/{target}: brought up to date. The file before: {COPIES}/{before.name}")
        with atomic_write(copy) as file:
            file.write(content)
    return said
