"""Each encoder's own learning rate, for the claims about the ResNet: four rates, seed 0, the validation split.

    python -m benchmarks.claims.resnet_rates

The trainings are those of the claims, so the best ones are not trained again. Keeps results/resnet_rates.json.
"""

import argparse
from pathlib import Path

import torch

from benchmarks import result_files
from benchmarks.claims.catalogue.resnets import RATES, RESNET, VIT, small
from benchmarks.claims.trained_arms import done, learned
from benchmarks.claims.training_arms import Arm, Setting
from minclip.data.picturebook import PictureBook
from minclip.engine.devices import choose_device
from minclip.engine.recall import match_ranks
from minclip.evaluation.suites import retrieval_pairs
from minclip.zero_shot import encode_pixels, encode_texts

TRIED = (2e-4, 7e-4, 2e-3, 6e-3)


def asked_val(arm: Arm, setting: Setting) -> dict:
    """R@10 of 1,000 validation pairs, and the seconds of the training."""
    trained, size = learned(arm, 0, setting), arm.model.image_size
    pixels, texts, owner = retrieval_pairs(PictureBook("val", size, 1000, progress=False), size, one_caption=True)
    images = encode_pixels(trained.model, pixels)
    captions = encode_texts(trained.model, trained.tokenizer, texts, truncate=True)
    ranks, _ = match_ranks(images, captions, torch.as_tensor(owner))
    hits = ranks.hit(10).numpy()
    return {"val_r10": round(float(hits.mean()), 4), "seconds": done(arm, 0, setting.out)["seconds"]}


def best(lines: list[dict]) -> dict[str, float]:
    """The rate of each encoder that found most captions."""
    found = {}
    for encoder in RATES:
        of_it = [line for line in lines if line["encoder"] == encoder]
        found[encoder] = max(of_it, key=lambda line: line["val_r10"])["rate"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims.resnet_rates", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/claims"))
    setting = Setting(Arm(), parser.parse_args().out, choose_device(None))
    lines = []
    for rate in TRIED:
        for encoder, model in {"ResNet": RESNET, "ViT": VIT}.items():
            line = {"encoder": encoder, "rate": rate, **asked_val(small(setting, model, rate), setting)}
            print(line, flush=True)
            lines.append(line)
    result_files.keep("resnet_rates", {"machine": result_files.machine(), "runs": lines, "best": best(lines)})


if __name__ == "__main__":
    main()
