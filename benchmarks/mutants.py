"""Do the tests notice a mistake? mutmut changes one thing on a page and runs the page's tests: what they pass survives.

python -m benchmarks.mutants [group ...]     all changes of the pages of these groups, or of all core pages
python -m benchmarks.mutants --survivors     only those that survived before, once there are new tests
python -m benchmarks.mutants --ending 147    a sample: only mutants whose number in their function ends so

It needs `pip install mutmut` and a system that can fork (Linux, macOS, WSL), works in runs/mutants/ and goes on there
when it is called again. Writes results/mutants.json. A survivor keeps the reason that somebody wrote into that file.
A new one has none, and a test fails until it is killed or explained.

Raise statements are left as they are, so no mutant alters an error's message alone. mutmut itself leaves out
docstrings, annotations, the texts of f-strings, decorated functions and what stands outside of functions.
"""

import argparse
import ast
import difflib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

from benchmarks.result_files import ROOT, is_kept, keep, result, rows

NAME = "mutants"
FOLDER = ROOT / "runs" / "mutants"
# group -> (its pages, the files of tests that must notice)
GROUPS = {
    "numbers": (
        ["loss", "similarity", "ties", "accuracy", "retrieval", "optim", "training"],
        ["loss", "similarity", "ties", "accuracy", "retrieval", "optim", "training_page"],
    ),
    "encoders": (
        ["text", "transformer", "vision", "model", "resnet"],
        ["text", "transformer", "vision", "model", "resnet"],
    ),
    "tokens": (["bpe", "tokenizer"], ["tokenizer"]),
    "classes": (["zero_shot", "prompts", "preprocess"], ["zero_shot", "prompts", "preprocess"]),
    "files": (["checkpoint"], ["checkpoint", "save_like", "changed_models", "resizing", "layouts"]),
}
CONFIG = """
[tool.mutmut]
source_paths = ["minclip"]
only_mutate = {pages}
do_not_mutate_patterns = ['^\\s*raise\\b', '^\\s*assert\\b']
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
also_copy = ["tests", "conftest.py"]
timeout_multiplier = 10.0
timeout_constant = 10.0
"""
COPIED = ("minclip", "tests", "conftest.py", "pyproject.toml")
DEAD = {"killed": "killed", "segfault": "killed", "timeout": "timed_out"}  # mutmut's word -> ours
ALIVE = ("survived", "no tests", "suspicious")


def project_for(group: str, folder: Path) -> None:
    """What mutmut needs of the project, copied into `folder`: it writes its mutants there, not beside our files."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / name, folder / name)
    pages, tests = GROUPS[group]
    files = {"pages": [f"minclip/{page}.py" for page in pages], "tests": [f"tests/test_{name}.py" for name in tests]}
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(CONFIG.format(**files))


def mutmut(folder: Path, *arguments: str) -> str:
    """What `mutmut ...` says in that folder, on one thread. RuntimeError with its last words if it fails."""
    quiet = {"OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | quiet, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"mutmut {arguments[0]} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def verdicts(folder: Path) -> dict[str, str]:
    """mutant -> "killed", "timeout", "survived", "not checked", ..., of all that were made."""
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    return dict(line.strip().split(": ") for line in lines if ": " in line)


def functions(source: str) -> dict[str, tuple[int, list[str]]]:
    """name -> (its line, its lines, unindented) of a page's functions, and Class.name -> those of its methods."""
    tree = ast.parse(source)
    methods = [(f"{top.name}.", node) for top in tree.body if isinstance(top, ast.ClassDef) for node in top.body]
    found = {}
    for prefix, node in [("", node) for node in tree.body] + methods:
        if isinstance(node, ast.FunctionDef):
            text = ast.get_source_segment(source, node, padded=True) or ""
            found[prefix + node.name] = (node.lineno, dedent(text).splitlines())
    return found


def changes(folder: Path, page: str, mutants: list[str]) -> list[dict]:
    """{"function", "line", "from", "to"} of mutants of a page: where each is, and the lines that it changes."""
    ours = functions((ROOT / "minclip" / f"{page}.py").read_text(encoding="utf-8"))
    theirs = functions((folder / "mutants" / "minclip" / f"{page}.py").read_text(encoding="utf-8"))
    by_name = {name.rsplit(".", 1)[-1]: lines for name, (_, lines) in theirs.items()}
    found = []
    for mutant in mutants:
        mangled = mutant.rsplit(".", 1)[1]
        stem = mangled.rsplit("__mutmut_", 1)[0]
        function = stem.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in stem else stem.removeprefix("x_")
        first, original = ours[function]
        changed = [line.replace(mangled, function.rsplit(".", 1)[-1], 1) for line in by_name[mangled]]
        parts = difflib.SequenceMatcher(None, original, changed, autojunk=False).get_opcodes()
        _, begin, end, new_begin, new_end = next(part for part in parts if part[0] != "equal")
        old, new = (" ".join(map(str.strip, part)) for part in (original[begin:end], changed[new_begin:new_end]))
        found.append({"function": function, "line": first + begin, "from": old, "to": new})
    return found


def key(survivor: dict) -> tuple[str, str, str]:
    """A mutant by what it does: line numbers change with every line that is written above."""
    return survivor["function"], survivor["from"], survivor["to"]


def measured(group: str, folder: Path, ending: str, only_survivors: bool) -> dict[str, dict]:
    """page -> how many mutants there are, how many were tried, how many the tests noticed, the others one by one."""
    before = verdicts(folder) if only_survivors and (folder / "mutants").is_dir() else {}
    project_for(group, folder)
    pages, _ = GROUPS[group]
    which = [mutant for mutant, verdict in before.items() if verdict in ALIVE]
    if ending:
        which += [f"minclip.{page}.*__mutmut_*[{ending}]" for page in pages]
    mutmut(folder, "run", "--max-children", "1", *which)
    found, rows = verdicts(folder), {}
    for page in pages:
        mine = {mutant: verdict for mutant, verdict in found.items() if mutant.split(".")[1] == page}
        counts = {ours: sum(DEAD.get(verdict) == ours for verdict in mine.values()) for ours in ("killed", "timed_out")}
        survivors = changes(folder, page, [mutant for mutant, verdict in mine.items() if verdict in ALIVE])
        tried = sum(counts.values()) + len(survivors)
        rows[page] = {"made": len(mine), "tried": tried, **counts, "survivors": survivors}
    return rows


def keep_rows(rows: dict[str, dict]) -> None:
    """Into the kept result, with the reasons that stand there already."""
    pages = result(NAME)["pages"] if is_kept(NAME) else {}
    for page, row in rows.items():
        reasons = {key(one): one["reason"] for one in pages.get(page, {"survivors": []})["survivors"]}
        survivors = [{**one, "reason": reasons.get(key(one), "")} for one in row["survivors"]]
        pages[page] = {**row, "survivors": survivors}
    every = [page for of_group, _ in GROUPS.values() for page in of_group]
    keep(NAME, {"mutmut": version("mutmut"), "pages": {page: pages[page] for page in every if page in pages}})


def table() -> str:
    """For docs: a line for each page, then the survivors, put together by their reasons."""
    pages = result(NAME)["pages"]
    counts = {page: [row[what] for what in ("made", "tried", "killed", "timed_out")] for page, row in pages.items()}
    counts["together"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    lines = []
    for page, (made, tried, killed, timed_out) in counts.items():
        share = f"{100 * (killed + timed_out) / tried:.1f} %"
        lines.append([page, f"{made:,}", f"{tried:,}", f"{killed + timed_out:,}", str(timed_out), share])
    reasons: dict[str, list[str]] = {}
    for page, row in pages.items():
        for one in row["survivors"]:
            reasons.setdefault(one["reason"], []).append(f"`{page}.{one['function']}`: `{one['to']}`")
    survivors = "".join(
        f"\n**{reason}** ({len(places)})\n\n" + "".join(f"- {place}\n" for place in places)
        for reason, places in sorted(reasons.items(), key=lambda item: -len(item[1]))
    )
    header = ["page", "mutants", "tried", "noticed", "of these by a time-out", "share"]
    return rows(header, lines) + f"\nmutmut {result(NAME)['mutmut']}, {result(NAME)['machine']}.\n" + survivors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(GROUPS))
    parser.add_argument("--survivors", action="store_true", help="only those that survived before")
    parser.add_argument("--ending", metavar="DIGITS", default="", help="only those whose number ends in one of these")
    asked = parser.parse_args()
    if unknown := [group for group in asked.groups if group not in GROUPS]:
        parser.error(f"no group: {', '.join(unknown)}. The groups are {', '.join(GROUPS)}")
    for group in asked.groups or GROUPS:
        keep_rows(measured(group, FOLDER / group, asked.ending, asked.survivors))


if __name__ == "__main__":
    main()
