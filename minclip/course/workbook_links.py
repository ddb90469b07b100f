"""The lessons' links to files of the repository, made to lead somewhere in a workbook, wherever that lies.

In lessons/ they are relative: ../../minclip/loss.py. JupyterLab opens nothing above the workbook, so the workbook gets
copies of these files in its folder sources/, and its notebooks link to them. An installation without a clone has the
files of minclip/ alone; a link to another one becomes text that names it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from minclip.course.notebook_files import course_lessons, course_path, keep_copy, read
from minclip.course.workbook import COPIES, SOURCES, is_repository
from minclip.data.paths import atomic_write

ROOT = Path(__file__).parents[2]  # the repository, or the folder into which minclip is installed
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\.\./\.\./([^()#\s]+)(#[^()\s]*)?\)")


def source_of(target: str) -> Path | None:
    """The file that ../../target names; None where this installation does not have it."""
    path = ROOT / target
    ours = target.startswith("minclip/") or is_repository(ROOT)  # beside an installed minclip/ lie other projects
    return path if ours and path.is_file() else None


def linked(text: str) -> str:
    """A lesson's Markdown as a workbook shows it."""

    def at_home(link: re.Match[str]) -> str:
        words, target, heading = link[1], link[2], link[3] or ""
        if source_of(target):
            return f"[{words}](../{SOURCES}/{target}{heading})"
        return f"{words} ({target} in minclip's repository)"

    return LINK.sub(at_home, text)


def with_links(notebook: NotebookNode, untouched: Mapping[str, str] | None = None) -> NotebookNode:
    """Mends the links of a notebook's Markdown, in place. untouched: cell id -> text; other cells are the learner's."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (untouched is None or untouched.get(cell.id) == cell.source):
            cell.source = linked(cell.source)
    return notebook


def targets() -> list[str]:
    """The files that the lessons link to, and that this installation has."""
    texts = [cell.source for lesson in course_lessons() for cell in read(course_path(lesson)).cells]
    return sorted({link[2] for text in texts for link in LINK.finditer(text) if source_of(link[2])})


def bring_sources(workbook: Path) -> list[str]:
    """Copies them into the workbook; returns a line for each that was another one before, of which a copy is kept."""
    said = []
    for target in targets():
        source, copy = ROOT / target, workbook / SOURCES / target
        content = source.read_bytes()
        if copy.is_file() and copy.read_bytes() == content:
            continue
        if copy.exists():
            before = keep_copy(copy, workbook)
            said.append(f"{SOURCES}/{target}: brought up to date. The file before: {COPIES}/{before.name}")
        with atomic_write(copy) as file:
            file.write(content)
    return said
