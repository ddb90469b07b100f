"""Is what a check's cell shows what its check gave? Read in the teacher's process after the notebook has run.

nbgrader gives full points to a cell that shows neither an error nor a number, and takes the first number that it
finds. Code of the notebook can bring both about: it may replace `points_of`, switch off what cells show, or show
numbers of its own. So a cell in which `points_of` gives the points must show one number and the record that `points_of`
displays, and both must say the same. Else it gets an error, and no points.

`points_of` gives points of the exercise. A cell may be worth others, which its teacher set: both are scaled to them.
"""

from typing import Any

from nbformat import NotebookNode

from minclip.course.exercise import Exercise

MIME = "application/vnd.minclip.points+json"
POINTS = "points_of("  # in a check whose result is its points; others are a teacher's own
NO_RECORD = "no points: what gives them did not run as it should"


def error(name: str, words: str) -> NotebookNode:
    """An output that says in words why a cell has no other, or gives no points."""
    return NotebookNode(output_type="error", ename=name, evalue=words, traceback=[f"{name}: {words}"])


def records(cell: NotebookNode) -> list[dict[str, Any]]:
    """What `points_of` displayed in the cell."""
    shown = [output.get("data", {}).get(MIME) for output in cell.get("outputs", [])]
    return [data for data in shown if isinstance(data, dict)]


def settle(cell: NotebookNode) -> None:
    """Puts an error in the place of a check's result that its check did not give; other cells stay.

    What code printed to stderr beside a result that holds costs nothing, and is taken out.
    """
    about = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code" or not about.get("grade") or about.get("solution"):
        return
    if any(output.output_type == "error" for output in cell.outputs):
        return
    most = float(about.get("points", 0))
    if POINTS not in cell.source:
        held = all(number is None or 0 <= number <= most for number in numbers(cell))  # nbgrader stops at others
    elif held := agree(cell):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        scale(cell, most)
    if not held:
        cell.outputs = [output for output in cell.outputs if output.output_type == "stream"]
        cell.outputs.append(error("NoPoints", NO_RECORD))


def agree(cell: NotebookNode) -> bool:
    """Whether there is one record, of the cell's exercise, and one number, which is the record's."""
    found, shown = records(cell), numbers(cell)
    if len(found) != 1 or len(shown) != 1 or shown[0] is None:
        return False
    exercise = exercise_in(cell)
    if exercise is None or found[0].get("exercise") != exercise.name:
        return False
    return found[0].get("points") == shown[0] and 0 <= shown[0] <= exercise.points


def exercise_in(cell: NotebookNode) -> Exercise | None:
    """The exercise that a check's cell is of."""
    from minclip.course.outline import exercise_of  # not in the process that runs a notebook: it loads all lessons

    try:
        return exercise_of(str(cell.metadata["nbgrader"].get("grade_id", "")).removeprefix("check-"))[1]
    except ValueError:
        return None


def scale(cell: NotebookNode, most: float) -> None:
    """Points of the exercise become points of the cell, in the record and in the number. most: the cell's points.

    >>> one = NotebookNode(metadata={"nbgrader": {"grade_id": "check-clip_loss"}}, outputs=[])
    >>> one.outputs.append(NotebookNode(output_type="display_data", data={MIME: {"points": 3.0, "of": 4.0}}))
    >>> scale(one, 8.0)
    >>> records(one)
    [{'points': 6.0, 'of': 8.0}]
    """
    exercise = exercise_in(cell)
    if exercise is None or exercise.points == most:
        return
    points = round(records(cell)[0]["points"] * most / exercise.points, 6)
    for output in cell.outputs:
        if isinstance(output.get("data", {}).get(MIME), dict):
            output.data[MIME] = {**output.data[MIME], "points": points, "of": most}
            output.data["text/plain"] = f"{points:g} of {most:g} points"
        elif output.output_type == "execute_result":
            output.data = NotebookNode({"text/plain": repr(points)})


def numbers(cell: NotebookNode) -> list[float | None]:
    """The results that a cell shows; None for one that is no number."""
    return [number(output) for output in cell.outputs if output.output_type == "execute_result"]


def number(output: NotebookNode) -> float | None:
    try:
        return float("".join(output.get("data", {}).get("text/plain", "")))
    except ValueError:
        return None
