"""After training: few shots, learned prompts, weights between two models. Sections of docs/claims.md.

python -m benchmarks.after_training                      all three: half an hour on one core
python -m benchmarks.after_training --only few_shot      some of them
python -m benchmarks.after_training --draws 0 --out DIR  one draw, and nothing is kept: whether it runs at all
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
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
assert tuple(CLAIMS) == report.ADAPTED


def write_for_lesson(kept: Path = KEPT, names: Sequence[str] = report.ADAPTED) -> None:
    """What a lesson draws of the kept results, lesson 11 by default: claim -> label -> series -> mean, low, high."""
    told: dict[str, dict] = {}
    for result in report.read_results(result_files.RESULTS, names):
        table = told.setdefault(result["claim"], {})
        for row in result["rows"]:
            table.setdefault(row["label"], {})[row["series"]] = [row[name] for name in ("mean", "low", "high")]
    with atomic_write(kept) as file:
        file.write((json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def measure(
    claims: Mapping[str, Callable[[], ShippedClaim]],
    command: str,
    about: str | None,
    argv: list[str] | None,
    kept: Callable[[], None] = lambda: None,
) -> None:
    """A command that measures claims about a shipped model. kept: what is done once a whole result is kept."""
    parser = argparse.ArgumentParser(
        prog=command, description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=claims, default=list(claims), metavar="NAME")
    parser.add_argument("--draws", nargs="+", type=int, metavar="N", help="draws of what is drawn; all by default")
    parser.add_argument("--out", type=Path, help="a folder for the results, in place of benchmarks/results")
    asked = parser.parse_args(argv)
    for name in asked.only:
        claim = claims[name]()
        with one_thread():
            result = result_of(claim, asked.draws or claim.draws)
        if asked.out is None and set(result["seeds"]) >= set(claim.draws):
            result_files.keep(f"claims-{name}", result)
            report.write()
            kept()
        else:
            with atomic_write((asked.out or Path()) / f"claims-{name}.json") as file:
                file.write(json.dumps(result, indent=1, ensure_ascii=False).encode("utf-8"))


def main(argv: list[str] | None = None) -> None:
    measure(CLAIMS, "python -m benchmarks.after_training", __doc__, argv, write_for_lesson)


if __name__ == "__main__":
    main()
