"""How much a CLIP learns from the picture book in 2, 5, 10 and 30 minutes on two CPU cores.

python benchmarks/budgets.py 2 5 10 30

Each budget is a run of its own, with its own warm-up and cosine; the number of samples is fixed, so that the numbers
can be had again on any machine, and the minutes are what that takes on the machine named in the result. The run
folders stay in runs/budget-*; the reports are kept as results/picturebook-*min.json. Takes as long as it says.
"""

import sys
from dataclasses import replace
from pathlib import Path

from keep import keep_report

from minclip.config import CLIPConfig
from minclip.experiment import run_training
from minclip.recipes import RECIPES

SAMPLES_PER_MINUTE = RECIPES["picturebook"].config.samples // 5  # the recipe is the five-minute budget


def main(minutes: list[int]) -> None:
    recipe = RECIPES["picturebook"]
    for budget in minutes:
        config = replace(recipe.config, samples=budget * SAMPLES_PER_MINUTE)
        out = Path("runs") / f"budget-{budget}min"
        report = run_training("picturebook", CLIPConfig.preset(recipe.preset), config, out)
        keep_report(f"picturebook-{budget}min", report, out)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [2, 5, 10, 30])
