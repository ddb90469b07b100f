"""What a graded cell shows: the record of its points, and what it printed."""

from typing import Any

from minclip.classroom.hidden_lines import ANSI
from minclip.classroom.record import MIME


def is_graded(cell: dict[str, Any]) -> bool:
    about = cell["metadata"].get("nbgrader")
    return isinstance(about, dict) and bool(about.get("grade"))


def display_data(cell: dict[str, Any], name: str) -> dict[str, Any]:
    """minclip's data in the outputs of a cell: the last that is about this exercise, for the check displays it last."""
    return (all_display_data(cell, name) or [{}])[-1]


def all_display_data(cell: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tables = [output.get("data") for output in cell.get("outputs") or []]
    ours = [data.get(MIME) for data in tables if isinstance(data, dict)]
    return [data for data in ours if isinstance(data, dict) and data.get("exercise") == name]


def printed(cell: dict[str, Any]) -> str:
    """What a cell without minclip's data says: its error in one line, else the verdict that it printed."""
    for output in cell.get("outputs") or []:
        if output.get("output_type") == "error":
            return plain(f"{output.get('ename', 'Error')}: {output.get('evalue', '')}").partition("\n")[0][:300]
    streams = [plain(joined(o.get("text"))) for o in cell.get("outputs") or [] if o.get("output_type") == "stream"]
    lines = [line for stream in streams for line in stream.splitlines()]
    return next((line for line in lines if line.startswith(("✓", "✗", "○"))), "")


def joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def plain(words: str) -> str:
    """Without the signs that colour a terminal."""
    return ANSI.sub("", words)


def text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    return [plain(one) for one in value if isinstance(one, str)] if isinstance(value, list) else []
