"""Looking inside: heat that points, and masks made of it. Two sections of docs/claims.md.

python -m benchmarks.looking_inside                     both: about twenty minutes on one core
python -m benchmarks.looking_inside --only pointing     one of them
python -m benchmarks.looking_inside --draws 0 --out DIR one draw, and nothing is kept: whether it runs at all
"""

import json
from collections.abc import Callable
from pathlib import Path

from benchmarks import result_files
from benchmarks.after_training.__main__ import measure, write_for_lesson
from benchmarks.after_training.result import ShippedClaim
from benchmarks.claims import report
from benchmarks.looking_inside.claims import COMMAND, masks, pointing
from minclip.course.lesson_15_looking_inside.measured import DIFFERENCES, KEPT
from minclip.data.paths import atomic_write

CLAIMS: dict[str, Callable[[], ShippedClaim]] = {"pointing": pointing, "heat_to_masks": masks}


def write_differences(kept: Path = DIFFERENCES) -> None:
    """What the lesson tells of the kept findings: claim -> statement -> mean, low, high, verdict."""
    results = report.read_results(result_files.RESULTS, tuple(CLAIMS))
    told = {
        result["claim"]: {
            one["statement"]: [one[name] for name in ("mean", "low", "high", "verdict")] for one in result["findings"]
        }
        for result in results
    }
    with atomic_write(kept) as file:
        file.write((json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def write_kept() -> None:
    write_for_lesson(KEPT, tuple(CLAIMS))
    write_differences()


def main(argv: list[str] | None = None) -> None:
    measure(CLAIMS, COMMAND, __doc__, argv, kept=write_kept)


if __name__ == "__main__":
    main()
