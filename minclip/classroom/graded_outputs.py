"""Is what a graded cell shows a result that its check gave? nbgrader takes whatever else it finds for full points."""

from nbformat import NotebookNode

POINTS = "points_of("  # in a check whose result is its points


def error(name: str, words: str) -> NotebookNode:
    """An output that says in words why a cell has no other, or gives no points."""
    return NotebookNode(output_type="error", ename=name, evalue=words, traceback=[f"{name}: {words}"])


def refuse_what_is_no_result(cell: NotebookNode) -> None:
    """Puts an error before the outputs of a check where they are not what a check shows."""
    about = cell.metadata.get("nbgrader", {})
    if cell.cell_type == "code" and about.get("grade") and not about.get("solution"):
        why = fault(cell, float(about.get("points", 0)))
        if why:
            cell.outputs.insert(0, error("NoPoints", why))


def fault(cell: NotebookNode, points: float) -> str:
    """What is wrong with a check's outputs; "" where nothing is, or where they say so themselves."""
    if any(output.output_type == "error" for output in cell.outputs):
        return ""
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    if not results:
        return "the check gave no points" if POINTS in cell.source else ""
    if len(results) > 1:
        return f"the check shows {len(results)} results, and gives one: something else made the others"
    shown = results[0].get("data", {}).get("text/plain", "")
    try:
        value = float("".join(shown))
    except ValueError:
        return "the check shows a result that is no number"
    return "" if 0 <= value <= points else f"the check shows {value:g} points, and there are {points:g}"
