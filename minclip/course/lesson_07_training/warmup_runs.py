"""What a warm-up is worth: small CLIPs trained with one and without, at three rates, with three seeds.

    python -m minclip.course.lesson_07_training.warmup_runs      (a minute on one core)

Keeps the last losses in warmup_runs.json, which lesson 07 speaks of.
"""

from itertools import product
from pathlib import Path
from typing import Any

from minclip.course.lesson_07_training.real_run import PICTURES, RATES, SEEDS, keep, run
from minclip.course.lesson_07_training.small_runs import pairs

KEPT = Path(__file__).with_name("warmup_runs.json")
STEPS, BATCH, WARMUPS = 150, 32, (15, 0)


def main() -> None:
    seen, _ = pairs("train", PICTURES)
    lines: list[dict[str, Any]] = []
    for warmup, rate, seed in product(WARMUPS, RATES, SEEDS):
        _, last = run(seen, seed, rate, BATCH, STEPS, warmup)
        lines.append({"warmup": warmup, "rate": rate, "seed": seed, "last": round(last, 3)})
        print(lines[-1], flush=True)
    keep(KEPT, lines)


if __name__ == "__main__":
    main()
