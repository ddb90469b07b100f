"""The ordinary suite several times in a row, in one folder: what a run leaves behind must not trouble the next.

python -m benchmarks.suite_runs [--times N]     (default: 2)

Keeps how each run ended, for this version of Python, in results/suite_runs.json; runs on other versions stay there.
Ends with 1 where a test fails.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.result_files import ROOT, is_kept, keep, result, rows
from benchmarks.suite_coverage import counts_of

NAME = "suite_runs"
SUITE = ["-n", "auto", "--dist", "worksteal", "-q", "-m", "not slow"]  # as `make test` runs it


def run_once() -> dict:
    with tempfile.TemporaryDirectory() as place:
        written = Path(place) / "tests.xml"
        command = [sys.executable, "-m", "pytest", *SUITE, f"--junit-xml={written}"]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False)
        return counts_of(written)


def table() -> str:
    """A line for each run that is kept."""
    lines = [
        [python, str(number), f"{run['tests']:,}", str(run["failures"] + run["errors"]), str(run["skipped"])]
        for python, runs in sorted(result(NAME)["runs"].items())
        for number, run in enumerate(runs, start=1)
    ]
    return rows(["Python", "run", "tests", "of them failed", "of them skipped"], lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2, help="runs, one after the other")
    found = [run_once() for _ in range(parser.parse_args().times)]
    before = result(NAME)["runs"] if is_kept(NAME) else {}
    keep(NAME, {"runs": before | {platform.python_version(): found}})
    return int(any(run["failed"] for run in found))


if __name__ == "__main__":
    sys.exit(main())
