"""Hours of use in minutes: do the search page and training keep files open, or take more and more memory?

    python -m benchmarks.soak [--requests N] [--rounds N]     (12,000 requests and 60 rounds: ten minutes on one core)

Each part runs in a process of its own with one thread. Writes results/soak.json.
"""

import argparse
import json
import subprocess
import sys

from benchmarks.result_files import ROOT, keep

PARTS = {"search_page": 12_000, "training": 60}


def part(name: str, count: int) -> dict:
    """The result of a part, from its own process."""
    command = [sys.executable, "-m", f"benchmarks.soak.{name}", str(count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=PARTS["search_page"], help="of the search page")
    parser.add_argument("--rounds", type=int, default=PARTS["training"], help="of training, evaluating and embedding")
    given = parser.parse_args()
    keep("soak", {"search_page": part("search_page", given.requests), "training": part("training", given.rounds)})


if __name__ == "__main__":
    main()
