"""Which cell of one notebook is which cell of another: by name, then by text, then by likeness in the same place."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from nbformat import NotebookNode

from minclip.course.notebook_files import grade_id

Pairs = dict[int, int]  # place in one list of cells -> place in another
LIKE = 0.6  # share of equal text from which a cell counts as an edited form of another


def aligned(old: Sequence[NotebookNode], new: Sequence[NotebookNode], same: Pairs) -> Pairs:
    """Completes the pairs that are known: equal texts in order, then edited texts between them."""
    pairs = dict(same)
    partner, taken = {j: i for i, j in same.items()}, set(same.values())
    a = [place if place in same else (cell.cell_type, cell.source) for place, cell in enumerate(old)]
    b = [partner.get(place, (cell.cell_type, cell.source)) for place, cell in enumerate(new)]
    for kind, start, end, new_start, new_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        ours = [place for place in range(start, end) if place not in pairs]
        theirs = [place for place in range(new_start, new_end) if place not in taken]
        if kind == "equal":
            found = [(i, j) for i, j in zip(range(start, end), range(new_start, new_end), strict=True) if i in ours]
        else:
            found = edited(old, new, ours, theirs)
        pairs |= dict(found)
        taken |= {j for _, j in found}
    return pairs


def edited(
    old: Sequence[NotebookNode], new: Sequence[NotebookNode], ours: list[int], theirs: list[int]
) -> list[tuple[int, int]]:
    """In order, the cells of which one seems to be an edited form of the other: alike, or else in the same place."""
    found: list[tuple[int, int]] = []
    for i in ours:
        later = [j for j in theirs if (not found or j > found[-1][1]) and comparable(old[i], new[j])]
        alike = [j for j in later if like(old[i].source, new[j].source)]
        found += [(i, j) for j in (alike or [j for j in later if old[i].id == new[j].id])[:1]]
    return found


def comparable(old: NotebookNode, new: NotebookNode) -> bool:
    """An exercise is not another one that reads like it."""
    return old.cell_type == new.cell_type and not grade_id(old) and not grade_id(new)


def like(a: str, b: str) -> bool:
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= LIKE


def by_id(old: Sequence[NotebookNode], new: Sequence[NotebookNode]) -> Pairs:
    """The cells of a notebook and of the same notebook after somebody worked in it: the same id, or the same exercise.

    Some editors draw new ids when they save. A pasted cell has a new id and its exercise's name: it is a second one.
    """
    pairs = pairs_of([cell.id for cell in old], [cell.id for cell in new])
    more = pairs_of([grade_id(cell) for cell in old], [grade_id(cell) for cell in new])
    return {i: j for i, j in more.items() if i not in pairs and j not in pairs.values()} | pairs


def by_name(old: Sequence[NotebookNode], new: Sequence[NotebookNode], renamed: Mapping[str, str]) -> Pairs:
    """The cells of a notebook and of a newer version of it: the same exercise, under its name or the former one."""
    names = {grade_id(cell) for cell in new}
    a = [grade_id(cell) if grade_id(cell) in names else renamed.get(grade_id(cell), "") for cell in old]
    return pairs_of(a, [grade_id(cell) for cell in new])


def pairs_of(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """Each place of `old` with the place of the same name in `new`, the first of several; no name, no pair."""
    first = {name: place for place, name in reversed(list(enumerate(old)))}
    places = {name: place for place, name in reversed(list(enumerate(new)))}
    return {first[name]: places[name] for name in first if name and name in places}
