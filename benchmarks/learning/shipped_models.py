"""Trains a model that comes with minclip, and writes it into the package with its card.

python -m benchmarks.learning.shipped_models picturebook-tiny          (or picturebook-small)

Each is a run of budgets.py, which trains it if it is not there. What is measured is the very file that is shipped,
loaded anew: results/NAME.json, from which the card, minclip/models/NAME.md, is made.
"""

import argparse
import tempfile
from pathlib import Path

import torch

import minclip
from benchmarks.learning.budgets import RECIPE, folder, trained
from benchmarks.learning.model_cards import model_card
from benchmarks.result_files import keep
from minclip.data.paths import atomic_write
from minclip.data.pretrained import SHIPPED
from minclip.evaluation.evaluate import evaluate
from minclip.evaluation.suites import evaluation_suite
from minclip.model import CLIP

# model -> samples that it is trained on
MODELS = {
    "picturebook-tiny": 400_000,  # what `make train` trains
    "picturebook-small": 3_200_000,
}


def main(name: str) -> None:
    samples, path = MODELS[name], SHIPPED / f"{name}.safetensors"
    run = trained(samples)["run"]
    model, _, tokenizer = minclip.load(folder(samples), device="cpu")
    with tempfile.TemporaryDirectory() as temporary:  # what is shipped now stays until the new file was measured
        new = Path(temporary) / path.name
        minclip.save(model, tokenizer, new, compact=True)
        measured = {**report_on(new, model), "run": run}
        with atomic_write(path) as file:
            file.write(new.read_bytes())
    keep(name, measured)
    (SHIPPED / f"{name}.md").write_text(model_card(name), encoding="utf-8")


def report_on(path: Path, unrounded: CLIP) -> dict:
    """What the file reaches, and what its 8 bits cost: two captions' distance, as one minus the cosine."""
    model, _, tokenizer = minclip.load(path, device="cpu")
    suite = evaluation_suite("picturebook", model.config.image_size)
    report = evaluate(model, tokenizer, list(suite.tasks.values()), suite.retrieval)
    tokens = tokenizer(["a red car", "two blue fish"])
    with torch.no_grad():
        cosines = torch.cosine_similarity(model.encode_text(tokens), unrounded.encode_text(tokens))
    about = {"preset": RECIPE.preset, "bytes": path.stat().st_size, "vocabulary": tokenizer.vocab_size}
    return {**report, "shipped": {**about, "rounding": 1 - cosines.min().item()}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=MODELS)
    main(parser.parse_args().name)
