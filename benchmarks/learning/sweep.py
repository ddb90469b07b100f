"""The picture book's recipe with one thing changed at a time: which of its numbers matter, and how much a seed does.

python -m benchmarks.learning.sweep                 trains what is missing, the most useful first; may be stopped
python -m benchmarks.learning.sweep stem patch-4    some points: to share them out to processes
python -m benchmarks.learning.sweep --list          the points, and which of them are done
python -m benchmarks.learning.sweep --page          results/sweep.json and docs/sweep.png from the points that are done

Every point sees as many samples as the base: samples are what is equal, not time. A shared machine has no honest clock,
so the matrix operations of a training step (forward, backward, optimiser) are kept instead; they are not time either:
a small product takes longer than its operations say. Asked are validation pictures, never the test split's. A point
has one seed; the base has three, and they say what a difference means.
"""

import argparse
import json
import tempfile
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import result_files
from benchmarks.claims.trained_arms import pairs_of, train_clip
from benchmarks.claims.training_arms import Arm
from benchmarks.learning.sweep_figure import AXES, plot_sweep
from minclip.checkpoint import MODEL_FILE
from minclip.config import TrainConfig
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.devices import Device, choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.evaluation.evaluate import evaluate_task
from minclip.experiments.preparation import new_model
from minclip.experiments.recipes import RECIPES
from minclip.experiments.report import describe
from minclip.formats.weights_files import read_tensors
from minclip.model import CLIP

# Objects have taken off by then and are far from where they end (docs/recipes.md); whole batches of 128, 256 and 512.
SAMPLES = 150_016
NEVER = 10**9  # steps between checkpoints: a point that was stopped begins anew
BASE = Arm(config=replace(RECIPES["picturebook"].config, samples=SAMPLES, save_every=NEVER))
SEEDS = (0, 1, 2)  # of the base
ADAMW_RATES = (5e-4, 1e-3, 2e-3)
CROSS = ((0.5, 1), (2, 1), (1, 0.5), (1, 2))  # (factor of both rates, of the batch)
CORNERS = ((0.5, 0.5), (2, 2), (2, 0.5), (0.5, 2))
ASKED = ("object", "object_held_out_style", "held_out_combination")
VALIDATION, PER_CLASS = 1, 10  # seed of the pictures asked about (the test's is 0); pictures per class (as the test's)
NUMBERS = ("accuracy", "low", "high", "n", "chance")
PLOT = Path(__file__).parents[2] / "docs" / "sweep.png"


class ConvStem(nn.Module):
    """Instead of one convolution over a patch: 3 × 3 convolutions of stride 2 down to the same tokens, then a 1 × 1.

    image: float [batch, 3, size, size] -> float [batch, width, size / patch, size / patch]; patch is a power of 2.
    Xiao et al. 2021, "Early convolutions help transformers see better", section 4, with two differences: layer norm,
    as a batch norm would see the rows of one core only; and no block is taken away for the stem's operations.
    """

    def __init__(self, patch_size: int, width: int):
        super().__init__()
        halvings = patch_size.bit_length() - 1
        channels = [3, *(width >> step for step in reversed(range(halvings)))]  # for patch 8: 3, w / 4, w / 2, w
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.GroupNorm(1, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, width, 1))

    @property
    def weight(self) -> Tensor:
        """Asked by PatchEmbedding for its dtype."""
        return self.layers[0].weight

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image)


def conv_stem(model: CLIP) -> None:
    """Gives the picture encoder a ConvStem, with the same weights every time; CLS and positions stay."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model.visual.embedding.conv1 = ConvStem(model.config.patch_size, model.config.vision_width)


class Point(NamedTuple):
    """One training of the sweep."""

    name: str  # of its file
    axis: str  # one of AXES
    value: str  # in words
    arm: Arm
    seed: int = 0


def points(base: Arm) -> list[Point]:
    """All of them, the most useful first: a sweep that is stopped has what matters most."""
    seeds = [Point(f"base-{seed}", "base", f"seed {seed}", base, seed) for seed in SEEDS]
    larger, patch = round(1.5 * base.model.image_size), base.model.patch_size
    return [
        *seeds,
        *(adamw_alone(base, rate) for rate in ADAMW_RATES),
        *(rates_and_batch(base, *factors) for factors in CROSS),
        Point("stem", "stem", "3 × 3 convolutions", replace(base, change=conv_stem)),
        other_pictures(base, "resolution", image_size=larger),
        other_pictures(base, "patch", patch_size=2 * patch),
        *(rates_and_batch(base, *factors) for factors in CORNERS),
        other_pictures(base, "patch", patch_size=patch // 2),  # four times the patches: the longest comes last
    ]


def adamw_alone(base: Arm, rate: float) -> Point:
    arm = base.with_config(optimizer="adamw", learning_rate=rate)
    return Point(f"adamw-{rate}", "optimiser", f"AdamW alone, rate {rate}", arm)


def rates_and_batch(base: Arm, rate: float, batch: float) -> Point:
    """AdamW's and Muon's rate times one number, the batch times another."""
    pairs = round(batch * base.config.batch_size)
    rates = {name: rate * getattr(base.config, name) for name in ("learning_rate", "muon_learning_rate")}
    arm = base.with_config(batch_size=pairs, **rates)
    return Point(f"rates-{rate}-batch-{pairs}", "rates and batch", f"rates × {rate}, batch {pairs}", arm)


def other_pictures(base: Arm, axis: str, **pixels: int) -> Point:
    (size,) = pixels.values()
    return Point(f"{axis}-{size}", axis, f"{size} pixels", replace(base, model=replace(base.model, **pixels)))


def operations_per_pair(model: CLIP, pairs: Pairs, point: Point, device: Device) -> float:
    """Of matrix products and convolutions in the first training step, counted while they are computed."""
    config, one_core = point.arm.config, replace(device, cores=1)  # the counter sees its own thread only
    rates = config.learning_rate, config.weight_decay, config.muon_learning_rate
    optimizers = build_optimizers(model.to(device.device).train(), config.optimizer, *rates)
    batch = make_batch(pairs, config, 0, model.config, one_core)
    with FlopCounterMode(display=False) as counter:
        train_step(model, optimizers, batch, one_core)
    return counter.get_total_flops() / config.batch_size


def description(point: Point) -> dict:
    """Everything that decides the outcome."""
    return {**point.arm.description(), "seed": point.seed, "per_class": PER_CLASS}


def measure(point: Point, out: Path, device: Device) -> dict:
    """Trains the point, asks it, and leaves its file, whole or not at all."""
    tokenizer, pairs = pairs_of(point.arm.data, point.arm.model, device)
    model = new_model(replace(point.arm.model, vocab_size=tokenizer.vocab_size), point.seed)
    point.arm.change(model)
    operations = operations_per_pair(model, pairs, point, device)
    with tempfile.TemporaryDirectory() as folder:  # of a point its answers are kept, and neither log nor weights
        _, stopped = train_clip(point.arm, point.seed, Path(folder), device)  # from fresh weights of its own
        model.load_state_dict(read_tensors(Path(folder) / MODEL_FILE).tensors)
    found = {}
    for name, task in tasks(point.arm.model.image_size, VALIDATION, PER_CLASS, ASKED, progress=False).items():
        answers = evaluate_task(model.eval(), tokenizer, task)
        found[name] = {number: getattr(answers, number) for number in NUMBERS}
    machine = f"{result_files.cores(torch.get_num_threads(), result_files.machine())}, {describe(device)}"
    content: dict = {"point": description(point), "machine": machine}
    content |= {"stopped": stopped, "operations_per_pair": operations, "tasks": found}
    with atomic_write(out / f"{point.name}.json") as file:
        file.write(json.dumps(content, indent=1).encode("utf-8"))
    return content


def measured(point: Point, out: Path) -> dict | None:
    """What was measured of a point; None where it is not done. ValueError where the file is of other settings."""
    path = out / f"{point.name}.json"
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    config = TrainConfig.from_dict(content["point"]["config"]).to_dict()  # what it did not know yet has its default
    if json.dumps(content["point"] | {"config": config}) != json.dumps(description(point)):
        raise ValueError(f"{path} was measured with other settings than {point.name} has now: delete it, or pass --out")
    return content


def collected(base: Arm, out: Path) -> dict:
    """The points that are done, axis by axis; ready for JSON. ValueError where the base is not among them."""
    found = [(point, measured(point, out)) for point in sorted(points(base), key=place)]
    if (first := found[0][1]) is None:
        raise ValueError(f"{out} does not hold base-0.json, with which all others are compared: run without --page")
    done = []
    for point, content in ((point, content) for point, content in found if content):
        operations = round(content["operations_per_pair"] / first["operations_per_pair"], 3)
        about = {"axis": point.axis, "value": point.value, "seed": point.seed, "stopped": content["stopped"]}
        done.append({**about, "operations": operations, "tasks": content["tasks"]})
    return {
        "split": "validation",
        "machine": " and ".join(dict.fromkeys(content["machine"] for _, content in found if content)),
        "recipe": base.config.to_dict(),
        "model": asdict(base.model),
        "points": done,
        "missing": [f"{point.axis}: {point.value}" for point, content in found if not content],
    }


def place(point: Point) -> tuple:
    """Where a point stands in table and plot: by axis, then by what is changed."""
    config, model = point.arm.config, point.arm.model
    return AXES.index(point.axis), config.batch_size, config.learning_rate, model.patch_size, point.seed


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="POINT", help="as --list calls it; default all")
    parser.add_argument("--out", type=Path, default=Path("runs/sweep"), help="folder of the points")
    parser.add_argument("--list", action="store_true", help="only say what would be done")
    parser.add_argument("--page", action="store_true", help="only gather what is done")
    asked, device = parser.parse_args(argv), choose_device("cpu")
    wanted = [point for point in points(BASE) if not asked.names or point.name in asked.names]
    if unknown := set(asked.names) - {point.name for point in wanted}:
        parser.error(f"{', '.join(sorted(unknown))}: no such point; --list shows them")
    for point in [] if asked.page else wanted:
        there = measured(point, asked.out) or (None if asked.list else measure(point, asked.out, device))
        found = f"object {100 * there['tasks']['object']['accuracy']:.1f}" if there else "to train"
        print(f"{point.name}: {point.value}, {point.arm.config.samples:,} samples: {found}", flush=True)
    if asked.page or not (asked.list or asked.names):
        result = collected(BASE, asked.out)
        result_files.keep("sweep", result)
        with atomic_write(PLOT) as file:
            plot_sweep(result).savefig(file, format="png", dpi=110)


if __name__ == "__main__":
    main()
