"""A check of a name that no cell has defined, because its cell does not run: said in a line instead of a NameError."""

from typing import Any

from minclip.course.grading import grading
from minclip.course.learner_package import PARTS
from minclip.course.missing_names import advice_on, import_in_words
from minclip.course.notebook_cells import cells, newest_failed, shell


def explain_missing_answers() -> None:
    """From now on in this notebook. Nothing happens outside of one, or where it has a handler of its own."""
    running = shell()
    if running is not None and not running.custom_exceptions and not grading():
        running.set_custom_exc((NameError,), explained)


def explained(running: Any, kind: type, error: NameError, trace: Any, tb_offset: int | None = None) -> None:
    """IPython's handler: a line for a check of an exercise, the usual traceback for all else."""
    name, history = error.name, cells()
    if name in PARTS and history and f"check({name})" in history[-1]:
        why = newest_failed(name, None)
        what = f"your version does not run ({why}). Mend it" if why else "its cell was not run yet. Write it"
        print(f"✗ {name}: {what}, run its cell, then this one.")
        if todo := advice_on(why, name):
            print(f"  → {todo}")
    else:
        running.showtraceback((kind, error, trace), tb_offset=tb_offset)
        if name and (what := import_in_words(name)):
            print(f"→ {what}.")
