"""A CLIP from nothing on real photos, with minclip's own ViT: Flickr8k or RSICD, and CIFAR-10 beside it.

python -m benchmarks.learning.photos flickr8k PATH/TO/flickr8k --cifar PATH/TO/cifar10
python -m benchmarks.learning.photos rsicd PATH/TO/rsicd --seeds 0 1 2

The data set's recipe is used as it is, once with each seed; a run that was stopped goes on. The run folders
runs/photos-* show queries with the photos found (they are not kept in the repository: the photos are not ours).
results/*.json keeps the report of the first seed and, under "seeds", the scores of all that have run.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.result_files import keep_report
from minclip.checkpoint import load
from minclip.config import CLIPConfig
from minclip.evaluation.evaluate import evaluate
from minclip.evaluation.suites import evaluation_suite
from minclip.experiments.experiment import resume_run, run_training
from minclip.experiments.recipes import RECIPES
from minclip.experiments.runs import Run


def trained(name: str, path: str, seed: int) -> tuple[dict, Path]:
    """The report of the recipe's run with this seed, and the run's folder."""
    recipe, out = RECIPES[name], Path("runs") / f"photos-{name}-seed{seed}"
    if Run(out).exists():
        report = resume_run(out)
    else:
        report = run_training(path, CLIPConfig.preset(recipe.preset), replace(recipe.config, seed=seed), out)
    report["run"]["data"] = name  # not where it lay
    return report, out


def scores(report: dict) -> dict:
    """What a seed may change, in one line: accuracy of the scenes, where there are any, and both R@10."""
    found = {
        "seed": report["run"]["seed"],
        **{f"{way} R@10": report["retrieval"][way]["R@10"] for way in ("image_to_text", "text_to_image")},
    }
    return found | {task: scored["accuracy"] for task, scored in report["tasks"].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("flickr8k", "rsicd"))
    parser.add_argument("path", help="the data set's folder")
    parser.add_argument("--cifar", help="CIFAR-10's folder: its pictures are classified by the first seed's model")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    runs, more = [], {}
    for seed in arguments.seeds:
        runs.append(trained(arguments.name, arguments.path, seed))
        report, out = runs[0]
        if arguments.cifar and not more:
            model, _, tokenizer = load(out)
            suite = evaluation_suite(arguments.cifar, model.config.image_size)
            more["cifar10"] = evaluate(model, tokenizer, list(suite.tasks.values()))["tasks"]["object"]
        keep_report(arguments.name, report, out, **more, seeds=[scores(report) for report, _ in runs])


if __name__ == "__main__":
    main()
