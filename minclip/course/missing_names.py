"""A name that Python does not know: run a cell further up, or import it, and by which line."""

import json
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from minclip.course.failures import Mistake
from minclip.course.learner_package import PARTS
from minclip.course.outline import exercise_of
from minclip.course.statements import bound_names

NOTEBOOKS = Path(__file__).parent / "notebooks"
UNKNOWN = re.compile(r"NameError: name '(\w+)' is not defined")
NOT_RUN = Mistake(
    "a cell further up defines this name, and it has not run since the notebook was started",
    way="run all cells above this one: in the menu Run, Run All Above Selected Cell",
)
MODULES = "collections copy einops functools itertools json math numpy operator os random re regex sys time torch"
MEMBERS = {  # module -> what people take of it by name; what is often a variable's name is left out
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "collections.abc": "Callable Iterable Iterator Mapping Sequence",
    "contextlib": "contextmanager nullcontext suppress",
    "copy": "deepcopy",
    "dataclasses": "dataclass",
    "einops": "rearrange",
    "functools": "cache lru_cache partial reduce",
    "heapq": "heappop heappush",
    "itertools": "accumulate chain combinations groupby islice pairwise product zip_longest",
    "math": "inf pi",
    "pathlib": "Path",
    "PIL": "Image",
    "torch": "LongTensor Tensor arange einsum nn no_grad optim stack zeros",
    "torch.nn": "Embedding Linear Module Parameter functional",
    "tqdm": "tqdm",
    "typing": "Any Dict List NamedTuple Optional Tuple Union",
}
USUAL = (  # name -> the line that imports it
    {name: f"from {module} import {name}" for module, names in MEMBERS.items() for name in names.split()}
    | {name: f"import {name}" for name in MODULES.split()}
    | {
        "F": "from torch.nn import functional as F",
        "np": "import numpy as np",
        "pd": "import pandas as pd",
        "plt": "from matplotlib import pyplot as plt",
    }
)


def advice(name: str, exercise: str) -> Mistake | None:
    """What to do where an answer to the exercise uses a name that its notebook does not have; None: nobody knows."""
    if name in names_above(exercise):
        return NOT_RUN
    what = import_in_words(name, exercise)
    return Mistake(f"{what}. It is kept with your answer" if "`" in what else what) if what else None


def advice_on(why: str, exercise: str) -> Mistake | None:
    """`advice` on what Python said of a cell that stopped."""
    found = UNKNOWN.match(why)
    return advice(found[1], exercise) if found else None


def import_in_words(name: str, exercise: str = "") -> str:
    """That a name is to be imported, and by which line: a usual one, or one of the exercise's module; else ""."""
    home = f"minclip.{PARTS.get(exercise, '')}"
    line = USUAL.get(name, "")
    if not line and exercise and name != exercise and hasattr(sys.modules.get(home), name):
        line = f"from {home} import {name}"
    package = line.split()[1].partition(".")[0] if line else "minclip"
    if find_spec(package) is None:
        return f"{name} belongs to {package}, which is not installed here: PyTorch is enough"
    return f"{name} is not imported: add `{line}` at the top of its cell" if line else ""


@cache
def names_above(exercise: str) -> frozenset[str]:
    """What the cells of its lesson that stand above the exercise import, define or assign; none for what is none."""
    if exercise not in PARTS:
        return frozenset()
    path = NOTEBOOKS / f"{exercise_of(exercise)[0].name}.ipynb"
    names: set[str] = set()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else []:
        if cell["id"] == exercise:
            break
        if cell["cell_type"] == "code":
            code = "".join(cell["source"]).splitlines()
            names |= set(bound_names("\n".join(line for line in code if not line.startswith(("%", "!")))))
    return frozenset(names)
