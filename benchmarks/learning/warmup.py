"""Does README's training loop need its warm-up? Three rates and three seeds, with and without.

python -m benchmarks.learning.warmup

The loop that runs is the text of README. A run has learned where the mean loss of its last ten steps lies clearly below
ln 256, which is the loss of a model that cannot tell pairs apart.
"""

import math
import re
from itertools import product

import torch

from benchmarks.result_files import ROOT, keep

RATES, SEEDS, WARMUPS, STEPS = (5e-4, 1e-3, 2e-3), (0, 1, 2), (0, 20), 100
LEARNED = math.log(256) - 0.5
SETTINGS = 'device, steps, rate, warmup = "cpu", 400, 1e-3, 20\n'  # README's line that a run replaces


def loop() -> str:
    """README's loop, as code that also notes every loss in `losses`."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    code = next(block for block in blocks if SETTINGS in block)
    return code.replace("    optimizer.zero_grad()\n", "    losses.append(loss.item())\n    optimizer.zero_grad()\n")


def losses_of(steps: int, rate: float, warmup: int, seed: int, pictures: int = 20_000) -> list[float]:
    """The losses of one run."""
    settings = f'device, steps, rate, warmup = "cpu", {steps}, {rate}, {warmup}\n'
    code = loop().replace(SETTINGS, settings).replace("count=20_000", f"count={pictures}")
    torch.manual_seed(seed)
    losses: list[float] = []
    exec(code, {"losses": losses})
    return losses


def main() -> None:
    runs = []
    for rate, seed, warmup in product(RATES, SEEDS, WARMUPS):
        last = losses_of(STEPS, rate, warmup, seed)[-10:]
        runs.append({"rate": rate, "seed": seed, "warmup": warmup, "loss": round(sum(last) / len(last), 3)})
        print(runs[-1], flush=True)
    learned = {
        f"rate {rate:g}, warm-up {warmup}": sum(
            run["loss"] < LEARNED for run in runs if (run["rate"], run["warmup"]) == (rate, warmup)
        )
        for rate, warmup in product(RATES, WARMUPS)
    }
    keep("warmup", {"steps": STEPS, "batch": 256, "learned_below": round(LEARNED, 2), "of_three": learned, "runs": runs})


if __name__ == "__main__":
    main()
