"""A trained model at another size of pictures: picturebook-tiny, made for 32 pixels, reads 64, and learns on there.

python -m benchmarks.learning.other_size

Measured are the model at 32 pixels, the same with resized positions at 64, and what a short fine-tuning at 64 makes of
it. The pictures are drawn anew at both sizes from the same facts.
"""

from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.result_files import cores, keep, result, rows
from minclip.checkpoint import load
from minclip.engine.devices import choose_device
from minclip.evaluation.evaluate import evaluate
from minclip.evaluation.suites import evaluation_suite
from minclip.experiments.experiment import resume_run, run_finetuning
from minclip.experiments.finetuning import FineTuning
from minclip.experiments.finetuning_words import scores
from minclip.experiments.recipes import FINETUNE
from minclip.experiments.runs import Run

MODEL, DATA, SIZE, SAMPLES = "picturebook-tiny", "picturebook", 64, 40_000


def main() -> None:
    out, cpu = Path("runs") / f"{MODEL}-at-{SIZE}", choose_device("cpu")
    if Run(out).exists():
        report = resume_run(out, cpu)
    else:
        asked = FineTuning(MODEL, image_size=SIZE)
        report = run_finetuning(DATA, asked, replace(FINETUNE, samples=SAMPLES, evaluate_every=100), out, cpu)
    model, _, tokenizer = load(MODEL)
    suite = evaluation_suite(DATA, model.config.image_size)
    own = scores(evaluate(model, tokenizer, list(suite.tasks.values()), suite.retrieval))
    told, run = report["finetuning"]["scores"], report["run"]
    columns = {f"{model.config.image_size} pixels": own, f"{SIZE} pixels": told["before"], "fine-tuned": told["after"]}
    kept = {name: {column: scored[name] for column, scored in columns.items()} for name in own}
    about = {name: run[name] for name in ("samples", "seconds", "pictures_per_second", "seed", "threads", "device")}
    keep("other_size", {"model": MODEL, "image_size": SIZE, **about, "scores": kept})


def table() -> str:
    """The kept result for the page, with what was run below it."""
    kept = result("other_size")
    columns = list(next(iter(kept["scores"].values())))
    lines = []
    for name, scored in kept["scores"].items():
        cells = (scored[column] for column in columns)
        numbers = [f"{100 * score:.1f} ({100 * low:.1f} to {100 * high:.1f})" for score, low, high in cells]
        lines.append([f"`{name}`" if name.isidentifier() else name, *numbers])
    note = (
        f"\nPercent, with 95 % intervals over the test pictures. Fine-tuned: {kept['samples']:,} samples at "
        f"{kept['image_size']} pixels in {kept['seconds'] / 60:.1f} minutes of training, seed {kept['seed']}, on "
        f"{cores(kept['threads'], kept['machine'])}, {kept['device']}.\n"
    )
    return rows(["", *columns], lines) + note


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
