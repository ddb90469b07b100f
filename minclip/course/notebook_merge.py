"""A learner's notebook and a newer version of the course, brought together cell by cell.

Three notebooks go in: the one that was handed out, the learner's, and the course's new one.

* A cell that the learner did not change follows the course.
* A cell that the learner changed stays. Where the course changed it, too, the course's text stands in its place, and
  the learner's follows it, marked. An exercise keeps the answer in its place, and a note above shows what is new.
* A cell that the learner added stays behind the cell that it stood behind. A cell that the learner deleted stays away,
  unless the course changed it. A cell that the learner moved goes back to its place.
* A cell that the course dropped goes, unless the learner changed it: then it is the learner's own, below a note.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from minclip.course.cell_alignment import Pairs, aligned, by_id, by_name
from minclip.course.notebook_files import COURSE_KEYS, FIRST_KEYS, bare, exercise_name

NUMBER = re.compile(r"exercise \d+\.\d+")  # in a stub; it changes when an exercise is inserted before
ASIDE = "Yours, kept from before the update: the course has changed this cell, too."
DROPPED = "*The course has dropped the next cell. What you wrote there is yours to keep.*"
CHANGED = """\
*The course has changed this exercise. The next cell keeps your answer. The exercise now begins like this:*

<details><summary>The new cell</summary>

```python
{stub}
```

</details>"""


@dataclass
class Merged:
    """The cells, and what happened to them."""

    cells: list[NotebookNode] = field(default_factory=list)
    brought: int = 0  # cells that are new, or follow the course's new text
    gone: int = 0  # cells that the course dropped
    aside: int = 0  # cells of the learner that stand beside the course's new text


def plain(source: str) -> str:
    """A cell's text without what does not count: an exercise's number, spaces at the end."""
    return NUMBER.sub("exercise", "\n".join(line.rstrip() for line in source.splitlines()).strip())


def merge(
    handed_out: list[NotebookNode],
    mine: list[NotebookNode],
    course: list[NotebookNode],
    renamed: Mapping[str, str],
) -> Merged:
    """The learner's cells with the course's changes. renamed: former name of an exercise -> its name."""
    if [bare(cell) for cell in handed_out] == [bare(cell) for cell in course]:
        return Merged(mine)
    names = dict(renamed) | {f"check-{old}": f"check-{new}" for old, new in renamed.items()}
    to_course = aligned(handed_out, course, by_name(handed_out, course, names))
    from_handed_out = {j: handed_out[i] for i, j in to_course.items()}
    merged = Merged()
    kept, behind = sorted_out(handed_out, mine, aligned(mine, handed_out, by_id(mine, handed_out)), to_course, merged)
    used = {cell.id for cell in course}
    merged.cells += with_new_ids(behind[-1], used)
    for place, cell in enumerate(course):
        before = from_handed_out.get(place)
        if before is not None and place in kept:
            beside = both(before, kept[place], cell, merged)
            merged.cells += [one if one.id == cell.id else with_new_ids([one], used)[0] for one in beside]
        elif before is None or plain(before.source) != plain(cell.source):  # new, or deleted here and changed there
            merged.cells.append(cell)
            merged.brought += 1
        merged.cells += with_new_ids(behind[place], used)
    return merged


def sorted_out(
    handed_out: list[NotebookNode],
    mine: list[NotebookNode],
    to_handed_out: Pairs,
    to_course: Pairs,
    merged: Merged,
) -> tuple[dict[int, NotebookNode], dict[int, list[NotebookNode]]]:
    """The learner's cells: what the course has, by its place there, and the rest, by the place that it follows."""
    kept: dict[int, NotebookNode] = {}
    behind: dict[int, list[NotebookNode]] = defaultdict(list)
    last = -1
    for place, cell in enumerate(mine):
        before = to_handed_out.get(place)
        if before is None:
            behind[last].append(cell)
        elif before in to_course:
            last = to_course[before]
            kept[last] = cell
        elif plain(cell.source) in ("", plain(handed_out[before].source)):
            merged.gone += 1
        else:
            behind[last] += [note(DROPPED, cell.id), own(cell)]
            merged.aside += 1
    return kept, behind


def both(before: NotebookNode, mine: NotebookNode, course: NotebookNode, merged: Merged) -> list[NotebookNode]:
    """One cell of the course that the learner has, and what stands beside it."""
    old, new = exercise_name(before), exercise_name(course)
    text = rename(mine.source, old, new)
    course_changed = plain(rename(before.source, old, new)) != plain(course.source)
    emptied = not mine.source.strip() and (course_changed or bool(new))
    if emptied or plain(mine.source) == plain(before.source) or plain(text) == plain(course.source):
        merged.brought += plain(mine.source) != plain(course.source)
        return [with_outputs(course, mine)]
    stays = NotebookNode(with_metadata(mine, course) | {"source": text})
    if not course_changed:
        return [stays]
    merged.brought += 1
    merged.aside += 1
    return [note(CHANGED.format(stub=course.source), new), stays] if new else [course, aside(mine)]


def rename(text: str, old: str, new: str) -> str:
    """The text with an exercise's former name replaced."""
    return re.sub(rf"\b{re.escape(old)}\b", new, text) if old and new and old != new else text


def with_outputs(course: NotebookNode, mine: NotebookNode) -> NotebookNode:
    """The course's cell; it keeps what the learner saw below it, if it computes the same."""
    cell = NotebookNode(course)
    if mine.cell_type == course.cell_type == "code" and mine.source == course.source:
        cell |= {"outputs": mine.outputs, "execution_count": mine.execution_count}
    cell["metadata"] = NotebookNode(mine.metadata) | courses_keys(course)
    return NotebookNode(cell)


def with_metadata(mine: NotebookNode, course: NotebookNode) -> NotebookNode:
    """The learner's cell as the course's newer one is named."""
    others = {key: value for key, value in mine.metadata.items() if key not in COURSE_KEYS}
    return NotebookNode(mine | {"id": course.id, "metadata": NotebookNode(others | courses_keys(course))})


def courses_keys(course: NotebookNode) -> dict[str, Any]:
    """The metadata that the course decides, also in a cell that the learner has."""
    return {key: value for key, value in course.metadata.items() if key not in FIRST_KEYS}


def own(cell: NotebookNode) -> NotebookNode:
    """A cell of the course's that is the learner's now: it gives no points."""
    others = {key: value for key, value in cell.metadata.items() if key not in COURSE_KEYS}
    return NotebookNode(cell | {"metadata": NotebookNode(others)})


def aside(cell: NotebookNode) -> NotebookNode:
    """The learner's text of a cell that the course has changed, too: to read, not run."""
    if cell.cell_type == "markdown":
        return new_markdown_cell(f"*{ASIDE}*\n\n{cell.source}", id=f"aside-{cell.id}"[:64])
    return new_raw_cell(f"# {ASIDE}\n# To run it, press Esc and then Y.\n{cell.source}", id=f"aside-{cell.id}"[:64])


def note(text: str, name: str) -> NotebookNode:
    return new_markdown_cell(text, id=f"note-{name}"[:64])


def with_new_ids(cells: list[NotebookNode], used: set[str]) -> list[NotebookNode]:
    """The cells, an id that is used already replaced; adds to `used`."""
    for cell in cells:
        name, number = cell.id, 1
        while cell.id in used:
            number += 1
            cell["id"] = f"own-{name[:50]}-{number}"
        used.add(cell.id)
    return cells
