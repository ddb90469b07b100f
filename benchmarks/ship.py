"""Trains a model that comes with minclip, and writes it into the package with its card.

python benchmarks/ship.py picturebook-tiny          (picturebook-small; --resume goes on with a run that was stopped)

The run stays in runs/NAME; a finished one is not trained again. What is measured is the very file that is shipped,
loaded anew: results/NAME.json, from which the card, minclip/models/NAME.md, and docs/recipes.md are made.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from cards import model_card
from keep import keep

import minclip
from minclip.config import CLIPConfig
from minclip.evaluate import evaluate
from minclip.experiment import resume_run, run_training
from minclip.pretrained import SHIPPED
from minclip.recipes import RECIPES, TrainConfig
from minclip.suites import evaluation_suite

RECIPE = RECIPES["picturebook"]


@dataclass(frozen=True)
class Shipped:
    """What a shipped model is trained with."""

    preset: str
    config: TrainConfig


MODELS = {
    "picturebook-tiny": Shipped(RECIPE.preset, RECIPE.config),  # what `make train` trains
    "picturebook-small": Shipped("tiny", replace(RECIPE.config, samples=800_000)),
}


def train(name: str) -> dict:
    """The report of the finished run in runs/NAME, trained now if there is none."""
    folder, shipped = Path("runs") / name, MODELS[name]
    report = folder / "report.json"
    if not report.is_file():
        if (folder / "state.safetensors").is_file():
            resume_run(folder)
        else:
            run_training("picturebook", CLIPConfig.preset(shipped.preset), shipped.config, folder)
    content = json.loads(report.read_text(encoding="utf-8"))
    if TrainConfig.from_dict(content["run"]["recipe"]) != shipped.config:
        raise ValueError(f"{report} is of another recipe: move it away")
    return content


def main(name: str) -> None:
    run = train(name)["run"]
    model, _, tokenizer = minclip.load(Path("runs") / name)
    path = SHIPPED / f"{name}.safetensors"
    minclip.save(model, tokenizer, path, compact=True)
    shipped, _, words = minclip.load(path)
    suite = evaluation_suite("picturebook", shipped.config.image_size)
    report = evaluate(shipped, words, list(suite.tasks.values()), suite.retrieval)
    about = {"preset": MODELS[name].preset, "bytes": path.stat().st_size, "vocabulary": words.vocab_size}
    tokens = words(["a red car", "two blue fish"])
    with torch.no_grad():
        cosines = torch.cosine_similarity(shipped.encode_text(tokens), model.encode_text(tokens))
    about["rounding"] = 1 - cosines.min().item()  # what 8 bits cost two captions, as one minus the cosine
    keep(name, {**report, "run": run, "shipped": about})
    (SHIPPED / f"{name}.md").write_text(model_card(name), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=MODELS)
    main(parser.parse_args().name)
