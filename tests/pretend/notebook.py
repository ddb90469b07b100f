"""Runs a notebook's code cells on the pretend device, one after the other; says which failed, and how.

    MINCLIP_PRETEND=cuda python -m pretend.notebook NOTEBOOK.ipynb

Where the notebook says `device = "cpu"`, the device is put in its place. Long cells are done with fewer steps: on this
device every call is looked at, and after a few steps the same calls come again.
"""

import linecache
import os
import sys
from pathlib import Path

import nbformat

from pretend.device import KIND, PretendDevice, put_in_place

SHORTER = {  # notebook -> what its cells say, and what is run
    "03_vision_transformer": {"steps=40, depth=12": "steps=4, depth=12"},
    "05_symmetric_infonce": {'"steps": 150': '"steps": 10'},
    "07_training": {
        "    steps=400,": "    steps=40,",
        "for arm in broken_runs.": "broken_runs.STEPS = broken_runs.BY_HEART_STEPS = 10\nfor arm in broken_runs.",
    },
}


def main(path: Path) -> int:
    put_in_place()
    notebook = nbformat.read(path, as_version=4)
    os.chdir(path.parent)
    names: dict = {"__name__": "__main__", "display": lambda *_, **__: None}
    failed = chosen = 0
    shorter = SHORTER.get(path.stem, {})
    unused = set(shorter)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        lines = [line for line in cell.source.splitlines(keepends=True) if not line.lstrip().startswith(("%", "!"))]
        source = "".join(lines)
        chosen += 'device = "cpu"' in source
        source = source.replace('device = "cpu"', f'device = "{KIND}"')
        for text in shorter:
            if text in source:
                source = source.replace(text, shorter[text])
                unused.discard(text)
        name = f"<cell {number}>"
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name  # for inspect.getsource
        try:
            with PretendDevice():
                exec(compile(source, name, "exec"), names)
        except Exception as error:
            failed += 1
            print(f"FAILED cell {number}: {type(error).__name__}: {error}")
    for text in unused:
        failed += 1
        print(f"FAILED: no cell says {text!r}, which was to be made shorter")
    print(f"{path.name}: {failed} cells failed, {chosen} cells chose the device")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
