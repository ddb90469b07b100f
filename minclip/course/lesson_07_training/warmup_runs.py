"""What a warm-up is worth: small CLIPs trained with one and without, at three rates, with six seeds.

    python -m minclip.course.lesson_07_training.warmup_runs      (minutes on one core)

Keeps the last losses in warmup_runs.json, which lesson 07 speaks of. Pairs, batches and steps are those of the runs
"as it should be" of broken_runs.py, so with a warm-up, and where rate and seed are the same, the losses are the same.
"""

from itertools import product
from pathlib import Path
from typing import Any

from minclip.course.lesson_07_training.broken_runs import ASKED, BATCH, PICTURES, STEPS
from minclip.course.lesson_07_training.real_run import RATES, keep, run
from minclip.course.lesson_07_training.small_runs import pairs

KEPT = Path(__file__).with_name("warmup_runs.json")
SEEDS, WARMUPS = range(6), (STEPS // 10, 0)


def main() -> None:
    (pixels, tokens), _ = pairs("train", PICTURES)
    seen = pixels[ASKED:], tokens[ASKED:]
    lines: list[dict[str, Any]] = []
    for warmup, rate, seed in product(WARMUPS, RATES, SEEDS):
        _, last = run(seen, seed, rate, BATCH, STEPS, warmup)
        lines.append({"warmup": warmup, "rate": rate, "seed": seed, "last": round(last, 3)})
        print(lines[-1], flush=True)
    keep(KEPT, lines)


if __name__ == "__main__":
    main()
