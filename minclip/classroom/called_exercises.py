"""Other exercises that an answer calls: where the notebook's are wrong, the answer is judged with minclip's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minclip.course.answer_dependencies import answer_of, namespace
from minclip.course.answer_source import source_of
from minclip.course.outline import exercise_of
from minclip.course.second_judging import other_exercises, passes


def wrong_ones(answer: Any, name: str) -> list[str]:
    """The exercises that the answer calls and that do not pass their check in its notebook."""
    try:
        kept = answer_of(answer, name, source_of(answer, name))
    except ValueError:
        return []
    space = namespace(answer)
    return [called for called in other_exercises(kept, space) if not passes(space.get(called), called)]


@contextmanager
def minclips_in_place(answer: Any, names: list[str]) -> Iterator[None]:
    """Inside, the answer's notebook has minclip's own under these names."""
    space = namespace(answer)
    before = {name: space[name] for name in names}
    space.update({name: exercise_of(name)[1].library for name in names})
    try:
        yield
    finally:
        space.update(before)
