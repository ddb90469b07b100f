"""The record of points in a check's cell, read in the teacher's process after the notebook has run.

nbgrader gives full points to a cell that shows neither an error nor a number. Code of the notebook can bring that
about: it may replace `points_of`, or switch off what cells show. So a cell without the record that `points_of` displays
gets an error, and no points.
"""

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from minclip.course.exercise_cells import BEGIN_HIDDEN

MIME = "application/vnd.minclip.points+json"
NO_RECORD = "no points: what gives them did not run as it should"


def records(cell: NotebookNode) -> list[dict[str, Any]]:
    """What `points_of` displayed in the cell."""
    shown = [output.get("data", {}).get(MIME) for output in cell.get("outputs", [])]
    return [data for data in shown if isinstance(data, dict)]


def settle(cell: NotebookNode) -> None:
    """Makes the outputs of a check's cell say what its record says; other cells stay.

    One record of the right exercise and the same number: what code printed to stderr beside it costs nothing, and is
    taken out. Else an error takes the place of the number.
    """
    if cell.cell_type != "code" or BEGIN_HIDDEN not in cell.source:
        return
    if any(output.output_type == "error" for output in cell.outputs):
        return
    if agree(cell):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        return
    cell.outputs = [output for output in cell.outputs if output.output_type == "stream"]
    cell.outputs.append(new_output("error", ename="NoPoints", evalue=NO_RECORD, traceback=[NO_RECORD]))


def agree(cell: NotebookNode) -> bool:
    """Whether there is one record, of the cell's exercise, and one number, which is the record's."""
    found = records(cell)
    numbers = [results(output) for output in cell.outputs if output.output_type == "execute_result"]
    about = cell.metadata.get("nbgrader", {})
    if len(found) != 1 or len(numbers) != 1 or numbers[0] is None:
        return False
    name, most = about.get("grade_id", "").removeprefix("check-"), float(about.get("points", 0))
    same = found[0].get("exercise") == name and found[0].get("points") == numbers[0]
    return same and 0 <= numbers[0] <= most


def results(output: NotebookNode) -> float | None:
    """The number that a cell gives, or None."""
    try:
        return float(output.data.get("text/plain", ""))
    except ValueError:
        return None
