"""How many of the library's lines the ordinary suite runs, with its tests in random order.

python -m benchmarks.suite_coverage [--seed N] [--jobs N] [--only PYTEST'S WORDS ...]

--seed: an order that was printed before; --jobs: workers; --only: some tests, whose figures are shown and not kept.

Lines that run in processes of their own count, too: commands, workers, notebooks. pyproject.toml says which lines are
left out, and why. Ends with 1 where a test fails, or where fewer than 95 % of the lines run.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.result_files import ROOT, is_kept, keep, result, rows
from benchmarks.uncovered import why
from tests.coverage_saved import SAVED

LEAST = 95  # percent, of all lines; files below it are listed by themselves


def run_suite(folder: Path, seed: int, jobs: int, only: list[str]) -> dict:
    """Runs the tests under coverage; returns their counts and the seconds. The data lie in the folder afterwards."""
    plugins = ["-p", "tests.coverage_saved", "-p", "tests.random_order", f"--order-seed={seed}"]
    written = folder / "tests.xml"
    words = ["-n", str(jobs), "--dist", "worksteal", "-q", "-m", "not slow", f"--junit-xml={written}"]
    began = time.monotonic()
    subprocess.run([*coverage("run", "-m", "pytest"), *plugins, *words, *only], cwd=ROOT, env=environment(folder))
    seconds = time.monotonic() - began
    counts = counts_of(written)
    saved = len(list(folder.glob(f"{SAVED}*")))
    if saved != jobs:
        raise RuntimeError(f"{saved} of {jobs} workers saved what they ran: without the others the share is too low")
    return {**counts, "seconds": round(seconds)}


def counts_of(written: Path) -> dict:
    """How many tests ran, failed and were skipped, and which failed, by a file of pytest's --junit-xml."""
    found = ElementTree.parse(written).getroot().find("testsuite") if written.is_file() else None
    if found is None:
        raise RuntimeError("pytest ended without a result: see its last lines above, and start again")
    counts = {name: int(found.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    failed = [
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        for case in found.iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]
    return {**counts, "failed": sorted(failed)}


def coverage(*words: str) -> list[str]:
    return [sys.executable, "-m", "coverage", *words]


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"COVERAGE_FILE": str(folder / "coverage"), "OMP_NUM_THREADS": "1"}


def lines_run(folder: Path) -> dict:
    """What coverage says of all files together, and of each that is below the limit."""
    for words in (("combine", "-q"), ("json", "-q", "-o", str(folder / "lines.json"))):
        subprocess.run(coverage(*words), cwd=ROOT, env=environment(folder), check=True)
    found = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    files = {Path(path).as_posix(): one for path, one in found["files"].items()}
    return {
        **counted(found["totals"]),
        "files": len(files),
        "below": {
            path: {**counted(one["summary"]), "missing": ranges(one["missing_lines"])}
            for path, one in files.items()
            if one["summary"]["percent_covered"] < LEAST
        },
    }


def counted(summary: dict) -> dict:
    lines, covered = summary["num_statements"], summary["covered_lines"]
    percent = round(100 * covered / lines, 2) if lines else 100.0
    return {"percent": percent, "lines": lines, "covered": covered, "excluded": summary["excluded_lines"]}


def ranges(numbers: list[int]) -> str:
    """Line numbers in words.

    >>> ranges([3, 4, 5, 9])
    '3-5, 9'
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def table() -> str:
    """What was measured last, in words, and the files below the limit, each with its reason."""
    if not is_kept("coverage"):
        return "Not measured yet.\n"
    kept = result("coverage")
    suite, below = kept["suite"], kept["below"]
    said = (
        f"{kept['percent']:.1f} % of {kept['lines']:,} lines in {kept['files']} files: {suite['tests']:,} tests in the "
        f"order of `--seed {kept['seed']}`, {suite['failures'] + suite['errors']} of them failed, "
        f"{suite['skipped']} skipped. Left out are "
        f"{kept['excluded']:,} lines: imports for type checkers, and empty bodies.\n"
    )
    if not below:
        return said
    lines = [[f"`{path}`", f"{one['percent']:.1f} %", one["missing"], why(path)] for path, one in sorted(below.items())]
    return f"{said}\n{rows(['file', 'lines that run', 'lines that do not', 'why'], lines)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="the tests' order")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="workers (default: one for each core)")
    parser.add_argument("--only", nargs=argparse.REMAINDER, default=[], help="words for pytest: some tests")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tests = run_suite(folder, arguments.seed, arguments.jobs, arguments.only)
        found = {"seed": arguments.seed, "jobs": arguments.jobs, "suite": tests, **lines_run(folder)}
    if arguments.only:
        print(json.dumps(found, indent=1))
        return 0
    keep("coverage", found)
    return int(bool(tests["failed"]) or found["percent"] < LEAST)


if __name__ == "__main__":
    sys.exit(main())
