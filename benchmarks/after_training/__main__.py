"""After training: few shots, learned prompts, weights between two models. Sections of docs/claims.md.

python -m benchmarks.after_training                      all three: half an hour on one core
python -m benchmarks.after_training --only few_shot      some of them
python -m benchmarks.after_training --draws 0 --out DIR  one draw, and nothing is kept: whether it runs at all
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from benchmarks import result_files
from benchmarks.after_training.few_shot import few_shot, learned_prompts
from benchmarks.after_training.result import ShippedClaim, result_of
from benchmarks.after_training.weight_mixing import weight_mixing
from benchmarks.claims import report
from minclip.course.lesson_11_after_training.pictures import KEPT
from minclip.data.paths import atomic_write
from minclip.engine.cores import one_thread

CLAIMS: dict[str, Callable[[], ShippedClaim]] = {
    "few_shot": few_shot,
    "learned_prompts": learned_prompts,
    "weight_mixing": weight_mixing,
}
assert tuple(CLAIMS) == report.SHIPPED


def write_for_lesson() -> None:
    """What lesson 11 draws of the kept results: claim -> label -> series -> mean, low, high."""
    told: dict[str, dict] = {}
    for result in report.read_results(result_files.RESULTS, report.SHIPPED):
        table = told.setdefault(result["claim"], {})
        for row in result["rows"]:
            table.setdefault(row["label"], {})[row["series"]] = [row[name] for name in ("mean", "low", "high")]
    with atomic_write(KEPT) as file:
        file.write((json.dumps(told, indent=1) + "\n").encode("utf-8"))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.after_training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=CLAIMS, default=list(CLAIMS), metavar="NAME")
    parser.add_argument("--draws", nargs="+", type=int, metavar="N", help="draws of the shots; all by default")
    parser.add_argument("--out", type=Path, help="a folder for the results, in place of benchmarks/results")
    asked = parser.parse_args(argv)
    for name in asked.only:
        claim = CLAIMS[name]()
        with one_thread():
            result = result_of(claim, asked.draws or claim.draws)
        if asked.out is None and set(result["seeds"]) >= set(claim.draws):
            result_files.keep(f"claims-{name}", result)
            report.write()
            write_for_lesson()
        else:
            with atomic_write((asked.out or Path()) / f"claims-{name}.json") as file:
                file.write(json.dumps(result, indent=1, ensure_ascii=False).encode("utf-8"))


if __name__ == "__main__":
    main()
