"""How much a CLIP learns from the picture book: one run for every budget, which is a number of samples.

python -m benchmarks.learning.budgets                   all of them
python -m benchmarks.learning.budgets 160000 400000     some

On the CPU; what a GPU learns in minutes is asked by benchmarks/gpu. Each run has its own warm-up and cosine. Its report
is kept under the budget's name (result_files.by_cpu). Samples are what can be had again on any machine; the minutes are
what they took on the machine, and with the code, of the kept result. Run folders are runs/budget-SAMPLES; a run that
was stopped goes on, a finished one is not trained again.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from benchmarks.result_files import by_cpu, keep_report
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.devices import choose_device
from minclip.experiments.experiment import resume_run, run_training
from minclip.experiments.recipes import RECIPES
from minclip.experiments.runs import Run

RECIPE = RECIPES["picturebook"]
# result -> samples. The names say in how many minutes a run was meant to fit on two cores; no number is taken from them
BUDGETS = {
    "picturebook-2min": 160_000,
    "picturebook-5min": 400_000,  # the recipe as it is
    "picturebook-10min": 800_000,
    "picturebook-40min": 3_200_000,
}


def folder(samples: int) -> Path:
    return Path("runs") / by_cpu(f"budget-{samples}")


def trained(samples: int) -> dict:
    """The report of the finished run in `folder`.

    Raises ValueError where the folder holds a run of another recipe.
    """
    config, preset = replace(RECIPE.config, samples=samples), CLIPConfig.preset(RECIPE.preset)
    run, cpu = Run(folder(samples)), choose_device("cpu")
    if not run.exists():
        return run_training("picturebook", preset, config, run.folder, cpu)
    model, _, progress, _ = run.load()
    same_model = replace(model.config, vocab_size=preset.vocab_size) == preset
    if not same_model or TrainConfig.from_dict(progress["train_config"]) != config:
        raise ValueError(f"{run.folder} holds a run of another recipe: move it away")
    finished = run.folder / "report.json"
    return json.loads(finished.read_text(encoding="utf-8")) if finished.is_file() else resume_run(run.folder, cpu)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", nargs="*", type=int, help=f"of {', '.join(map(str, BUDGETS.values()))}; default all")
    asked = parser.parse_args(argv).samples
    if unknown := set(asked) - set(BUDGETS.values()):
        parser.error(f"samples {sorted(unknown)} are no budget: choose of {', '.join(map(str, BUDGETS.values()))}")
    for name, samples in BUDGETS.items():
        if samples in asked or not asked:
            keep_report(by_cpu(name), trained(samples), folder(samples))


if __name__ == "__main__":
    main()
