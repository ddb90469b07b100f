"""A CLIP from nothing on real photos, with minclip's own ViT: Flickr8k or RSICD, and CIFAR-10 beside it.

python -m benchmarks.learning.photos flickr8k PATH/TO/flickr8k [PATH/TO/cifar10]
python -m benchmarks.learning.photos rsicd PATH/TO/rsicd

The data set's recipe is used as it is; a run that was stopped goes on. The run folder runs/photos-* shows queries
with the photos found (it is not kept in the repository: the photos are not ours); the report is kept as
results/*.json.
"""

import sys
from pathlib import Path

from benchmarks.result_files import keep_report
from minclip.checkpoint import load
from minclip.config import CLIPConfig
from minclip.evaluation.evaluate import evaluate
from minclip.evaluation.suites import evaluation_suite
from minclip.experiments.experiment import resume_run, run_training
from minclip.experiments.recipes import RECIPES
from minclip.experiments.runs import Run


def main(name: str, path: str, cifar: str | None = None) -> None:
    recipe, out = RECIPES[name], Path("runs") / f"photos-{name}"
    if Run(out).exists():
        report = resume_run(out)
    else:
        report = run_training(path, CLIPConfig.preset(recipe.preset), recipe.config, out)
    report["run"]["data"] = name  # not where it lay
    more = {}
    if cifar is not None:
        model, _, tokenizer = load(out)
        suite = evaluation_suite(cifar, model.config.image_size)
        more["cifar10"] = evaluate(model, tokenizer, list(suite.tasks.values()))["tasks"]["object"]
    keep_report(name, report, out, **more)


if __name__ == "__main__":
    main(*sys.argv[1:])
