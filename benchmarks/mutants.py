"""Do the tests notice a mistake? mutmut changes one thing on a page, the page's tests run: what they pass survives.

python -m benchmarks.mutants [group ...]     the pages of these groups, or all core pages
python -m benchmarks.mutants --survivors     only what survived before, once there are new tests
python -m benchmarks.mutants --minutes 10    at most so long for a group: a sample, and the next call goes on (0: only
                                             writes down what was found so far)

It needs `pip install mutmut` and a system that can fork (Linux, macOS, WSL), and works in runs/mutants/. mutmut makes
the mutants; mutants_plugin.py runs the tests, because mutmut's own way starts pytest anew for each of them. Writes
results/mutants.json. A survivor keeps the reason that somebody wrote into that file. A new one has none, and a test
fails until it is killed or explained.

Raise statements are left as they are, so no mutant alters an error's message alone. mutmut itself leaves out
docstrings, annotations, the texts of f-strings, decorated functions and what stands outside of functions.
"""

import argparse
import ast
import contextlib
import difflib
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

from benchmarks.mutants_plugin import KILLED, SURVIVED, TIMED_OUT, read_verdicts, write_verdicts
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
    "files": (["checkpoint"], ["checkpoint", "others_files", "openclip", "resizing", "changed_models"]),
}
LEFT_OUT = "not spawned and not strips_middle"  # tests that take longer than all others together
CONFIG = """
[tool.mutmut]
source_paths = ["minclip"]
do_not_mutate_patterns = ['^\\s*raise\\b', '^\\s*assert\\b']
"""
COPIED = ("minclip", "tests", "conftest.py", "pyproject.toml")


def make_mutants(group: str, folder: Path) -> dict[str, list[str]]:
    """Copies what the tests need of the project and changes the copy's pages; page -> its mutants' names.

    What was found of a page that is no longer the same is forgotten: its mutants may have other numbers.
    """
    from mutmut.mutation.file_mutation import mutate_file_contents

    paths = {page: folder / "minclip" / f"{page}.py" for page in GROUPS[group][0]}
    before = {page: path.read_text(encoding="utf-8") for page, path in paths.items() if path.is_file()}
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / name, folder / name)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(CONFIG)
    names, verdicts = {}, read_verdicts(folder)
    for page, path in paths.items():
        with contextlib.chdir(folder):  # mutmut reads its settings there
            mutated = mutate_file_contents(path.name, path.read_text(encoding="utf-8"))
        path.write_text(mutated.code, encoding="utf-8")
        names[page] = [f"minclip.{page}.{name}" for name in mutated.mutant_names]
        if before.get(page) != mutated.code:
            verdicts = {name: verdict for name, verdict in verdicts.items() if not name.startswith(f"minclip.{page}.")}
    write_verdicts(folder, verdicts)
    return names


def run_tests(group: str, folder: Path, mutants: list[str], minutes: float) -> None:
    """Writes verdicts.json: mutant -> verdict. RuntimeError where the tests fail without a mutant, too."""
    (folder / "mutants.json").write_text(json.dumps(mutants), encoding="utf-8")
    settings = {
        "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "MUTANTS_MINUTES": str(minutes),
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(__file__).parents[1])]),
    }  # fmt: skip
    tests = [f"tests/test_{name}.py" for name in GROUPS[group][1]]
    plugins = ["-p", "no:cacheprovider", "-p", "benchmarks.mutants_plugin"]
    short = ["--tb=native", "--assert=plain"]  # nobody reads why a test failed
    command = [sys.executable, "-m", "pytest", "-q", "-k", LEFT_OUT, *plugins, *short, *tests]
    done = subprocess.run(command, cwd=folder, env=os.environ | settings, capture_output=True, encoding="utf-8")
    if done.returncode not in (0, 5):  # 5: pytest itself ran no test
        raise RuntimeError(f"the tests of {group} do not run:\n{(done.stdout + done.stderr)[-3000:]}")


def functions(source: str) -> dict[str, tuple[int, list[str]]]:
    """name -> (its line, its lines, unindented) of a page's functions, and Class.name -> those of its methods."""
    tree, every_line = ast.parse(source), source.splitlines()
    methods = [(f"{top.name}.", node) for top in tree.body if isinstance(top, ast.ClassDef) for node in top.body]
    found = {}
    for prefix, node in [("", node) for node in tree.body] + methods:
        if isinstance(node, ast.FunctionDef):
            text = "\n".join(every_line[node.lineno - 1 : node.end_lineno])
            found[prefix + node.name] = (node.lineno, dedent(text).splitlines())
    return found


def changes(folder: Path, page: str, mutants: list[str]) -> list[dict]:
    """{"function", "line", "from", "to"} of mutants of a page: where each is, and the lines that it changes."""
    ours = functions((ROOT / "minclip" / f"{page}.py").read_text(encoding="utf-8"))
    theirs = functions((folder / "minclip" / f"{page}.py").read_text(encoding="utf-8"))
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


def measured(group: str, folder: Path, minutes: float = 1e6, only_survivors: bool = False) -> dict[str, dict]:
    """page -> how many mutants there are, how many were tried, how many the tests noticed, the others one by one."""
    folder.mkdir(parents=True, exist_ok=True)
    names = make_mutants(group, folder)
    every = [name for of_page in names.values() for name in of_page]
    known = read_verdicts(folder)
    if only_survivors:
        every = [name for name in every if known.get(name) == SURVIVED]
        write_verdicts(folder, {name: verdict for name, verdict in known.items() if verdict != SURVIVED})
    if minutes:
        try:
            run_tests(group, folder, every, minutes)
        except RuntimeError:
            write_verdicts(folder, known)  # the survivors', too, which were to be tried again
            raise
    found, lines = read_verdicts(folder), {}
    for page, mine in names.items():
        tried = [name for name in mine if name in found]
        counts = {what: sum(found[name] == what for name in tried) for what in (KILLED, TIMED_OUT)}
        survivors = changes(folder, page, [name for name in tried if found[name] == SURVIVED])
        lines[page] = {"made": len(mine), "tried": len(tried), **counts, "survivors": survivors}
    return lines


def keep_rows(lines: dict[str, dict]) -> None:
    """Into the kept result, with the reasons that stand there already."""
    pages = result(NAME)["pages"] if is_kept(NAME) else {}
    for page, row in lines.items():
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
            code = one["to"].replace("](", "] (")  # or it looks like a link
            reasons.setdefault(one["reason"], []).append(f"`{page}.{one['function']}`: `{code}`")
    survivors = "".join(
        f"\n**{reason}** ({len(places)})\n\n" + "".join(f"- {place}\n" for place in places)
        for reason, places in sorted(reasons.items(), key=lambda item: -len(item[1]))
    )
    header = ["page", "mutants", "tried", "noticed", "of these by a time-out", "share"]
    made, tried, *_ = counts["together"]
    sample = "" if tried == made else f" {tried:,} of {made:,} mutants were tried, in an order drawn with a fixed seed."
    return rows(header, lines) + f"\nmutmut {result(NAME)['mutmut']}.{sample} The survivors:\n" + survivors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(GROUPS))
    parser.add_argument("--survivors", action="store_true", help="only what survived before")
    parser.add_argument("--minutes", type=float, default=1e6, help="at most so long for a group")
    asked = parser.parse_args()
    if unknown := [group for group in asked.groups if group not in GROUPS]:
        parser.error(f"no group: {', '.join(unknown)}. The groups are {', '.join(GROUPS)}")
    for group in asked.groups or GROUPS:
        keep_rows(measured(group, FOLDER / group, asked.minutes, asked.survivors))


if __name__ == "__main__":
    main()
