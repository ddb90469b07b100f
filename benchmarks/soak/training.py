"""Training that is stopped and resumed, evaluation and embedding, again and again in one process.

python -m benchmarks.soak.training 60
"""

import json
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from PIL import Image

from benchmarks.soak.watched import soaked
from minclip.checkpoint import load
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.devices import choose_device
from minclip.evaluation.evaluate import evaluate_retrieval
from minclip.evaluation.suites import evaluation_suite
from minclip.experiments.experiment import resume_run, run_training
from minclip.search.embed import embed_folder

PICTURES, EPOCHS, BATCH, PER = 32, 10, 8, 100
WARM = 0.25  # share of the rounds after which what is made once is made
SIZES = {
    "embed_dim": 16, "image_size": 16, "patch_size": 8, "vision_width": 64, "vision_layers": 1, "text_width": 64,
    "text_heads": 1, "text_layers": 1, "context_length": 16, "vocab_size": 560,
}  # fmt: skip
STEPS = PICTURES * EPOCHS // BATCH
CONFIG = TrainConfig(
    samples=PICTURES * EPOCHS, batch_size=BATCH, log_every=1, save_every=STEPS // 4, evaluate_every=STEPS // 2
)


def write_pictures(folder: Path) -> None:
    """PICTURES for training, and a few of the other splits, with captions."""
    folder.mkdir()
    lines = ["file,caption,split"]
    for i in range(PICTURES + 8):
        colour = (i * 7 % 256, i * 31 % 256, i * 53 % 256)
        Image.new("RGB", (20, 16), colour).save(folder / f"{i}.png")
        split = "train" if i < PICTURES else ("val", "test")[i % 2]
        lines.append(f"{i}.png,a square of the colour {colour[0]} {colour[1]} {colour[2]},{split}")
    (folder / "captions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def stop_at(step: int):
    def stop(entry: dict) -> None:
        if entry["step"] == step:
            raise KeyboardInterrupt

    return stop


def one_round(folder: Path, seed: int) -> None:
    """Trains to the half, goes on, evaluates the model, embeds the pictures; leaves nothing behind."""
    photos, out, device = folder / "photos", folder / "run", choose_device("cpu")
    preset, config = CLIPConfig.preset("tiny", **SIZES), replace(CONFIG, seed=seed)
    with suppress(KeyboardInterrupt):
        run_training(str(photos), preset, config, out, device, show_progress=False, on_log=stop_at(STEPS // 2 + 1))
    if (out / "report.json").exists():
        raise AssertionError("the run was not stopped")
    resume_run(out, device, show_progress=False)
    model, preprocess, tokenizer = load(out, "cpu")
    suite = evaluation_suite(str(photos), model.config.image_size)
    assert suite.retrieval is not None  # the pictures have captions
    evaluate_retrieval(model, tokenizer, *suite.retrieval)
    embed_folder(photos, model, preprocess, folder / "features.safetensors")
    shutil.rmtree(out)
    (folder / "features.safetensors").unlink()


def soak(folder: Path, rounds: int) -> dict:
    """folder: a new one, for pictures and runs. Growth is per 100 epochs."""
    write_pictures(folder / "photos")
    warm, every = max(1, int(WARM * rounds)), max(1, rounds // 12)
    found = soaked(lambda i: one_round(folder, i), rounds, warm, every, PER // EPOCHS)
    return {"rounds": rounds, "epochs": rounds * EPOCHS, "steps": rounds * STEPS, **found}


def main() -> None:
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        print(json.dumps(soak(Path(folder), int(sys.argv[1]))))


if __name__ == "__main__":
    main()
