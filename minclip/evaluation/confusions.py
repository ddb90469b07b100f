"""Which class is taken for which: the commonest mistakes in words, and the whole matrix as a table."""

import csv
import io

import numpy as np

from minclip.evaluation.evaluate import TaskResult

SHOWN = 5


def most_confused(result: TaskResult) -> list[dict[str, str | int]]:
    """[{"class", "taken_for", "pictures", "of"}], the commonest first; [] where a task has no classes of its own."""
    if result.confusion is None:
        return []
    names, totals = result.class_names, result.confusion.sum(axis=1)
    rows, columns = np.nonzero(result.confusion)
    mistakes = [(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if row != column]
    mistakes.sort(key=lambda cell: -result.confusion[cell])  # type: ignore[index]
    return [
        {
            "class": names[row],
            "taken_for": names[column],
            "pictures": int(result.confusion[row, column]),
            "of": int(totals[row]),
        }
        for row, column in mistakes
    ]


def confusion_lines(result: TaskResult, shown: int = SHOWN) -> list[str]:
    """The commonest mistakes, one a line."""
    mistakes = most_confused(result)
    if not mistakes:
        return []
    lines = [f"  {one['class']} → {one['taken_for']}: {one['pictures']:,} of {one['of']:,}" for one in mistakes[:shown]]
    return [f"{result.name}, classes that were taken for others most often:", *lines]


def confusion_csv(result: TaskResult) -> str:
    """The matrix as a table: a row for each true class, a column for what it was taken for."""
    assert result.confusion is not None  # a task of classes has one
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["true class", *result.class_names])
    table.writerows([name, *row] for name, row in zip(result.class_names, result.confusion.tolist(), strict=True))
    return text.getvalue()
