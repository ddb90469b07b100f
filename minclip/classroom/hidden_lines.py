"""The lines of hidden tests in a graded notebook, and texts without them.

Hidden is what stands between BEGIN and END HIDDEN TESTS in the cells that nbgrader locks, except lines that the class
sees elsewhere in those cells. A student's code can print the cell that calls it, so every output is searched, too, and
there for the lines of the files in hidden_tests/ as well.
"""

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")
NOT_SHOWN = "[not shown: a line of a hidden test]"
SHORT = 12  # signs: a shorter line, such as "x = 3", is searched for as a whole line alone
SHORTEST = 4  # signs: "else" and ")" tell nothing
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ARROW = re.compile(r"^\s*(?:-+>)?\s*\d*[:\s]*(?:\.\.\.|>>>)?\s*")  # in front of a line of a traceback or a history


@dataclass
class HiddenLines:
    """The hidden lines of a notebook, without their spaces. of_files: those of hidden_tests/."""

    lines: set[str] = field(default_factory=set)
    of_files: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, sources: list[str], own: list[str] | None = None) -> "HiddenLines":
        """sources: the texts of the locked cells. own: those of the others, whose lines are no secret."""
        hidden = {squeezed(line) for source in sources for line in region(source)}
        shown = {squeezed(line) for source in sources for line in without_region(source).splitlines()}
        written = {squeezed(line) for source in own or [] for line in source.splitlines()}
        return cls({line for line in hidden - shown if len(line) >= SHORTEST}, set(lines_of_files()) - shown - written)

    @cached_property
    def long(self) -> list[str]:
        """Those that are searched for within a line."""
        return [*(line for line in self.lines if len(line) >= SHORT), *self.of_files]

    def stands_in(self, line: str) -> bool:
        """Whether a line is a hidden one, or holds one that is long enough to be told by."""
        bare = squeezed(ANSI.sub("", line))
        if not bare:
            return False
        whole, unquoted = squeezed(ARROW.sub("", ANSI.sub("", line))), bare.replace("\\'", "'").replace('\\"', '"')
        if whole in self.lines or bare in self.lines:
            return True
        return any(one in bare or one in unquoted for one in self.long)

    def cut(self, text: str) -> str:
        """A text without the lines that show hidden ones. A text without any comes back as it is."""
        if not any(self.stands_in(line) for line in text.splitlines()):
            return text
        kept: list[str] = []
        for line in text.splitlines():
            new = NOT_SHOWN if self.stands_in(line) else line
            if not (new == NOT_SHOWN and kept and kept[-1] == NOT_SHOWN):
                kept.append(new)
        return "\n".join(kept)

    def cut_code(self, text: str) -> str:
        """Code of a student's own without lines that are hidden ones to the letter."""
        long = {line for line in self.lines if len(line) >= SHORT}
        if not any(squeezed(line) in long for line in text.splitlines()):
            return text
        return "\n".join(f"# {NOT_SHOWN}" if squeezed(line) in long else line for line in text.splitlines())

    def cut_data(self, data: Any) -> Any:
        """What a display shows, whatever its kind: texts in lists and tables, too."""
        if isinstance(data, str):
            return self.cut(data)
        if isinstance(data, list):
            return self.cut("".join(data)) if all(isinstance(one, str) for one in data) else [*map(self.cut_data, data)]
        return {key: self.cut_data(value) for key, value in data.items()} if isinstance(data, dict) else data


@cache
def lines_of_files() -> frozenset[str]:
    """Of the hidden tests that `points_of` runs."""
    texts = [path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "hidden_tests").glob("lesson_*.py")]
    found = {squeezed(line) for text in texts for line in text.splitlines()}
    return frozenset(line for line in found if len(line) >= SHORT)


def squeezed(line: str) -> str:
    """Without spaces: an editor and a traceback indent differently."""
    return re.sub(r"\s+", "", line)


def region(source: str, marks: tuple[str, str] = (BEGIN, END)) -> list[str]:
    """The lines between the marks; to the end where the second mark is missing."""
    found, inside = [], False
    for line in source.splitlines():
        if marks[0] in line:
            inside = True
        elif marks[1] in line:
            inside = False
        elif inside:
            found.append(line)
    return found


def without_region(source: str, marks: tuple[str, str] = (BEGIN, END)) -> str:
    """The text without what is between the marks, and without the marks."""
    if marks[0] not in source and marks[1] not in source:
        return source
    kept, inside = [], False
    for line in source.splitlines():
        if marks[0] in line:
            inside = True
        elif marks[1] in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)
