"""Trains a model that comes with minclip, and writes it into the package with its card.

python benchmarks/ship.py picturebook-tiny          (or picturebook-small)

Each is a run of budgets.py, which trains it if it is not there. What is measured is the very file that is shipped,
loaded anew: results/NAME.json, from which the card, minclip/models/NAME.md, and docs/recipes.md are made.
"""

import argparse

import torch
from budgets import RECIPE, folder, trained
from cards import model_card
from keep import keep

import minclip
from minclip.evaluate import evaluate
from minclip.pretrained import SHIPPED
from minclip.suites import evaluation_suite

# model -> samples that it is trained on
MODELS = {
    "picturebook-tiny": 400_000,  # what `make train` trains
    "picturebook-small": 800_000,
}


def main(name: str) -> None:
    run = trained(MODELS[name])["run"]
    model, _, tokenizer = minclip.load(folder(MODELS[name]))
    path = SHIPPED / f"{name}.safetensors"
    minclip.save(model, tokenizer, path, compact=True)
    shipped, _, words = minclip.load(path)
    suite = evaluation_suite("picturebook", shipped.config.image_size)
    report = evaluate(shipped, words, list(suite.tasks.values()), suite.retrieval)
    about = {"preset": RECIPE.preset, "bytes": path.stat().st_size, "vocabulary": words.vocab_size}
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
