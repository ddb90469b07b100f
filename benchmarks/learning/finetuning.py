"""picturebook-small learns emoji: 300 pictures, three rates, three seeds, before and after side by side.

python -m benchmarks.learning.finetuning PATH/TO/EMOJI

150 animals, plants and dishes. Two drawing styles train, a third is val, a fourth test: the model must name things that
it has seen drawn by other hands. Rates are compared on val. Run folders are runs/emoji-*; one that is finished is not
trained again.
"""

import argparse
import csv
import json
from itertools import product
from pathlib import Path

import minclip
from benchmarks.result_files import keep, result, rows
from minclip.data.emoji import Emoji, read_table
from minclip.evaluation.suites import score_of
from minclip.experiments.recipes import FINETUNE

MODEL, THINGS = "picturebook-small", 150
STYLES = {"noto": "train", "emojitwo": "train", "fluent3d": "val", "fluentflat": "test"}
GROUPS = ("Animals & Nature", "Food & Drink")
MODELS = ("after", "mixed")
RATES, SEEDS = (3e-5, FINETUNE.learning_rate, 3e-4), (0, 1, 2)


def write_folder(emoji: Path, folder: Path) -> None:
    """The pictures as a folder with captions.csv, as anybody's own lie. The caption is the name alone."""
    folder.mkdir(parents=True, exist_ok=True)
    table = json.loads((emoji / "emoji.json").read_text(encoding="utf-8"))["emoji"]
    wanted = {entry["key"] for entry in table if entry["group"] in GROUPS}
    everywhere = [entry["key"] for entry in read_table(emoji) if STYLES.keys() <= entry["images"].keys()]
    chosen = set([key for key in everywhere if key in wanted][:THINGS])
    dataset, rows = Emoji(emoji, styles=tuple(STYLES)), []
    for i, (key, style) in enumerate(zip(dataset.keys, dataset.styles, strict=True)):
        if key in chosen:
            file = f"{style}-{key}.png"
            dataset.image(i).save(folder / file)
            rows.append((file, dataset.captions(i)[0], STYLES[style]))
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as table_file:
        csv.writer(table_file).writerows([("file", "caption", "split"), *rows])


def trained(folder: Path, rate: float, seed: int) -> dict:
    """What a run says of itself: the best score on val, its seconds, and before, after and mixed."""
    out = Path("runs") / f"emoji-{rate:g}-{seed}"
    if (out / "report.json").is_file():
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    else:
        report = minclip.fit(
            folder, model=MODEL, mix="auto", learning_rate=rate, seed=seed, out=out, overwrite=True
        ).report
    log = [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    told = report["finetuning"]
    return {
        "rate": rate,
        "seed": seed,
        "val": max(score for entry in log if (score := score_of(entry)) is not None),
        "share": told["share"],
        "seconds": report["run"]["seconds"],
        "pictures": sum(1 for _ in folder.glob("noto-*.png")) * 2,
        "scores": told["scores"],
    }


def table() -> str:
    """Before, after and mixed with the recipe's rate, each seed; and the rates' scores on val."""
    runs = result("finetuning")["runs"]
    of_recipe = [run for run in runs if run["rate"] == FINETUNE.learning_rate]
    first = of_recipe[0]["scores"]
    lines = []
    for name in first["before"]:
        score, low, high = (100 * number for number in first["before"][name])
        after = (", ".join(f"{100 * run['scores'][model][name][0]:.1f}" for run in of_recipe) for model in MODELS)
        lines.append([name, f"{score:.1f} ({low:.1f} to {high:.1f})", *after])
    best = {rate: ", ".join(f"{100 * run['val']:.1f}" for run in runs if run["rate"] == rate) for rate in RATES}
    seconds = [run["seconds"] for run in of_recipe]
    return (
        rows(["", f"before: {MODEL}", *(f"{model}, seeds {', '.join(map(str, SEEDS))}" for model in MODELS)], lines)
        + f"\nPercent; the interval covers the choice of test pictures. Training took {min(seconds):.0f} to "
        f"{max(seconds):.0f} seconds on {result('finetuning')['machine']}. R@10 on val by rate: "
        + "; ".join(f"{rate:g}: {scores}" for rate, scores in best.items())
        + ".\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emoji", type=Path, help="the folder with emoji.json and images-64.tar")
    folder = Path("runs") / "emoji-pictures"
    write_folder(parser.parse_args().emoji, folder)
    runs = [trained(folder, rate, seed) for rate, seed in product(RATES, SEEDS)]
    keep("finetuning", {"model": MODEL, "recipe": FINETUNE.to_dict(), "runs": runs})


if __name__ == "__main__":
    main()
