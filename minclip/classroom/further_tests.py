"""A teacher's own tests in a check's cell, beside minclip's points: which one failed, and who may read its message.

nbgrader gives 0 points to a cell with an error. Where `points_of` had displayed its record before, or the error comes
from a hidden line that is not `points_of`, the error is a test that the teacher wrote.
"""

import re
from dataclasses import dataclass
from typing import Any

from minclip.classroom.hidden_lines import ANSI, BEGIN, END
from minclip.classroom.record import MIME, POINTS

ARROW = re.compile(r"^\s*-+>\s*(\d+)\b")  # of a traceback: the number of the line in the cell
FOR_STUDENTS = "a further test of your teacher failed"


@dataclass(frozen=True)
class FurtherTest:
    """One that failed. message: its error in one line. shown: whether students see the test in their notebook."""

    message: str
    shown: bool


def failed_further(cell: dict[str, Any]) -> FurtherTest | None:
    """The teacher's own test that failed in the cell of a check that has minclip's points, too."""
    source = joined(cell.get("source"))
    if POINTS not in source:
        return None
    recorded = False
    for output in cell.get("outputs") or []:
        data = output.get("data")
        recorded |= isinstance(data, dict) and MIME in data
        if output.get("output_type") != "error":
            continue
        lines, number = source.splitlines(), line_of(output)
        line = lines[number - 1] if number and number <= len(lines) else ""
        hidden = is_hidden(lines, number) if line else True
        if recorded or (line and hidden and POINTS not in line):
            words = ANSI.sub("", f"{output.get('ename', 'Error')}: {output.get('evalue', '')}")
            if not str(output.get("evalue", "")).strip() and line:
                words = f"{output.get('ename', 'Error')} in: {line.strip()}"
            return FurtherTest(" ".join(words.split())[:300], not hidden)
    return None


def mark_put_back(metadata: Any) -> None:
    """Marks a graded cell that was not in the notebook that was handed in."""
    metadata["minclip"] = {**metadata.get("minclip", {}), "put_back": True}


def was_put_back(cell: Any) -> bool:
    """Whether it is a written question that was put back: a check that was put back judges the answer all the same."""
    ours, about = cell["metadata"].get("minclip"), cell["metadata"].get("nbgrader") or {}
    return isinstance(ours, dict) and ours.get("put_back") is True and bool(about.get("solution"))


def line_of(output: dict[str, Any]) -> int:
    """Which line of the cell an error comes from, counted from 1; 0 where its traceback does not say."""
    lines = [line for part in output.get("traceback") or [] for line in ANSI.sub("", str(part)).splitlines()]
    return next((int(found[1]) for line in lines if (found := ARROW.match(line))), 0)


def is_hidden(lines: list[str], number: int) -> bool:
    inside = False
    for line in lines[:number]:
        inside = (inside or BEGIN in line) and END not in line
    return inside


def joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")
