"""A lesson's page: the learner's notebook, with exercises to be written, and the figures of the solved one."""

import copy
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FROM_A_GUESS = re.compile(r"^\(You made no prediction\.\)\n", re.MULTILINE)


def lesson_pages() -> list[str]:
    """The notebooks, in the order of the course."""
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "lessons").glob("*/*.ipynb"))]


def unsolved_with_figures(page: str) -> dict:
    """The notebook of a page, as JSON has it.

    An exercise stands there as the learner gets it, and its check has no output. All other cells have the outputs of
    the notebook in solutions/, figures with their alternative text.
    """
    learners = read(ROOT / page)
    solved = {cell["id"]: cell for cell in read(ROOT / page.replace("lessons/", "solutions/", 1))["cells"]}
    for cell in learners["cells"]:
        if cell["cell_type"] != "code":
            continue
        role = cell["metadata"].get("nbgrader", {})
        asked = "".join(cell["source"]).rstrip().endswith(", ...)")  # predict("...", ...)
        cell["outputs"] = [] if role or asked else outputs_of(solved[cell["id"]])
        hidden = cell["metadata"].get("jupyter", {}).get("source_hidden")
        cell["metadata"] = {"tags": ["hide-input"]} if hidden else {}
        cell["execution_count"] = None
    return learners


def outputs_of(cell: dict) -> list[dict]:
    outputs = copy.deepcopy(cell["outputs"])
    for output in outputs:
        if "text" in output:
            output["text"] = FROM_A_GUESS.sub("", "".join(output["text"]))
    return [output for output in outputs if output.get("text", "shown")]


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
