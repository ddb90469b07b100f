"""A notebook as somebody handed it in: its bytes read whatever the editor did to them, or why they are none.

Read like this, a notebook is plain JSON: what the course does not know in it stays as it is.
"""

import codecs
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minclip.course.exercise import Lesson

LARGE = 10 * 1024**2  # bytes: from here on the outputs are cut, which grading throws away anyway
TOO_LARGE = 500 * 1024**2  # bytes: such a file is not read
MARKS = re.compile(rb"^\s*(<{7}|={7}|>{7})( |\r?$)", re.MULTILINE)
UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass
class Notebook:
    """A notebook of format 4 as JSON, and what had to be done to read it."""

    raw: dict[str, Any]
    repaired: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.raw["cells"]

    def text(self) -> bytes:
        return (json.dumps(self.raw, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read_file(path: Path) -> Notebook:
    """The notebook in a file. ValueError with the reason where it is none; one that is too large is not read."""
    if (size := path.stat().st_size) > TOO_LARGE:
        raise ValueError(f"it has {size // 1024**2:,} MB: ask for the notebook without its outputs")
    return read_notebook(path.read_bytes())


def read_notebook(content: bytes) -> Notebook:
    """The notebook. ValueError with the reason where it is none."""
    if not content.strip(b"\0 \t\r\n"):
        raise ValueError("it is empty: ask for the notebook again")
    text, repaired = decoded(content)
    try:
        raw = json.loads(text)
    except RecursionError:
        raise ValueError("it is no notebook: its brackets never end") from None
    except ValueError as error:
        raise ValueError(why_no_json(content, text, error)) from error
    if "\\ud" in text.lower():
        raw, more = without_half_letters(raw)
        repaired += more
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise ValueError("it is JSON, but no notebook: it has no cells")
    if raw.get("nbformat") != 4 or "worksheets" in raw:
        raw, more = converted(raw)
        repaired += more
    return Notebook(raw, repaired + completed(raw))


def decoded(content: bytes) -> tuple[str, list[str]]:
    for mark, encoding in UTF16.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace"), ["it was in UTF-16"]
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace"), ["it was in UTF-16"]
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", "replace"), ["it began with a mark of Windows' editors"]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), ["it was not in UTF-8"]


def without_half_letters(raw: Any) -> tuple[Any, list[str]]:
    """JSON can hold half of a letter of two parts, which no file can be written with."""
    text = json.dumps(raw, ensure_ascii=False)
    if not re.search("[\ud800-\udfff]", text):
        return raw, []
    return json.loads(re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)), ["it held halves of letters"]


def why_no_json(content: bytes, text: str, error: ValueError) -> str:
    """What the file is in place of a notebook, as far as its beginning says."""
    start = text.lstrip()[:2000].lower()
    if (mark := MARKS.search(content)) is not None:
        line = content[: mark.start()].count(b"\n") + 1
        return f"it holds git's conflict marks (line {line}): ask for the merged notebook"
    kinds = {"<!doctype html": "a web page", "<html": "a web page", "%pdf": "a PDF", "pk\x03\x04": "a zip"}
    for sign, kind in kinds.items():
        if start.startswith(sign):
            return f"it is {kind}, not a notebook: ask for the .ipynb file"
    if re.search(r"^(import |from \w+ import|# %%|# in\[|def |#!/)", start, re.MULTILINE):
        return "it is a Python file, not a notebook: ask for the .ipynb file"
    if not start.startswith("{"):
        return "it is no notebook: ask for the .ipynb file"
    return f"it is a notebook that was cut off or changed in a text editor ({error}): ask for it again"


def converted(raw: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A notebook of an older format in format 4."""
    import nbformat

    version = raw.get("nbformat")
    if isinstance(version, int) and version > 4:
        raise ValueError(f"it has the notebook format {version}, newer than 4: ask for it in format 4")
    try:
        return json.loads(nbformat.writes(nbformat.convert(nbformat.from_dict(raw), 4), 4)), ["it had an old format"]
    except Exception as error:  # nbformat's own conversion stops with whatever it stumbles over
        raise ValueError(f"it has an old notebook format that cannot be read ({type(error).__name__})") from error


def completed(raw: dict[str, Any]) -> list[str]:
    """Gives the notebook and its cells what the format asks for; returns what was wrong."""
    wrong: list[str] = []
    if not isinstance(raw.get("cells"), list):
        raise ValueError("it is JSON, but no notebook: it has no cells")
    if not isinstance(raw.get("metadata"), dict):
        raw["metadata"] = {}
        wrong.append("its metadata were missing")
    kept = [cell for cell in raw["cells"] if isinstance(cell, dict) and isinstance(cell.get("cell_type"), str)]
    if len(kept) < len(raw["cells"]):
        wrong.append(f"{len(raw['cells']) - len(kept)} of its cells were no cells")
        raw["cells"] = kept
    incomplete = sum(map(complete_cell, kept))
    if incomplete:
        wrong.append(f"{incomplete} of its cells were not complete")
    return wrong


def complete_cell(cell: dict[str, Any]) -> bool:
    """Whether something was missing or of the wrong kind in a cell, which it has now."""
    source, wrong = cell.get("source"), False
    if not isinstance(source, str) and not (isinstance(source, list) and all(isinstance(p, str) for p in source)):
        cell["source"] = [part for part in source if isinstance(part, str)] if isinstance(source, list) else ""
        wrong = True
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"], wrong = {}, True
    if cell["cell_type"] == "code":
        outputs = cell.get("outputs")
        if not isinstance(outputs, list) or not all(isinstance(o, dict) and "output_type" in o for o in outputs):
            cell["outputs"], wrong = [], True
        if not isinstance(cell.setdefault("execution_count", None), int | None):
            cell["execution_count"], wrong = None, True
    return wrong


def source_of(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return "".join(source) if isinstance(source, list) else source


def grade_id(cell: dict[str, Any]) -> str:
    """nbgrader's name of a cell; "" where it has none."""
    found = cell["metadata"].get("nbgrader")
    name = found.get("grade_id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def lesson_of(notebook: Notebook, lessons: list[Lesson]) -> Lesson | None:
    """The lesson that a notebook belongs to, by what it says and what it holds; None where it says nothing."""
    ours = notebook.raw["metadata"].get("minclip")
    number = ours.get("lesson") if isinstance(ours, dict) else None
    said = next((lesson for lesson in lessons if lesson.number == number), None)
    best = max(lessons, key=lambda lesson: signs(notebook, lesson), default=None)
    if best is None or signs(notebook, best) == 0 or (said is not None and signs(notebook, said)):
        return said
    return best if said is not None or not isinstance(number, int) else None


def signs(notebook: Notebook, lesson: Lesson) -> int:
    """How many of a lesson's exercises a notebook has, by their ids or in its code."""
    ids = {grade_id(cell) for cell in notebook.cells}
    text = "\n".join(source_of(cell) for cell in notebook.cells)
    names = [exercise.name for exercise in lesson.exercises]
    return sum(name in ids or re.search(rf"^(?:def|class) {name}\b", text, re.MULTILINE) is not None for name in names)
