"""From nothing to a trained model in a given time: a run of as many samples as fit, and what came of it.

How many fit is asked of the machine itself, by some steps on noise of the run's own shapes.
"""

import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.gpu.sizes import Learning, Sizes, Work
from minclip.config import CLIPConfig, TrainConfig
from minclip.data import open_dataset
from minclip.data.picturebook import PictureBook
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.cores import one_thread
from minclip.engine.devices import Device, choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.evaluation.suites import evaluation_suite, watched_suite
from minclip.experiments.experiment import resume_run, run_training
from minclip.experiments.preparation import new_model
from minclip.experiments.runs import Run

WARM_STEPS, BLOCK = 5, 10  # steps; between blocks the clock is read
SAFETY = 0.93  # of the time: log lines, and what a machine does beside
LEAST_STEPS = 20
POINTS, SAVES = 20, 10  # of a run: points of its curve, checkpoints


def draw_pictures(sizes: Sizes, names: Sequence[str]) -> None:
    """Those of the picture book that the named parts train on and are measured on, unless they are drawn already."""
    parts = {"minute": sizes.minute, "long": sizes.long}
    book = "picturebook"
    for size in {one.model.image_size for name, one in parts.items() if name in names and one.data == book}:
        print("drawing pictures, before the clock starts", flush=True)
        began = time.time()
        getattr(open_dataset(book, "train", size=size), "pixels", None)
        watched_suite(book, size), evaluation_suite(book, size)
        print(f"{time.time() - began:.0f} s", flush=True)


def noise_pairs(model: CLIPConfig, train: TrainConfig, device: Device) -> Pairs:
    """A batch's worth of pictures and texts without meaning, in a run's shapes; no text is longer than these."""
    generator = torch.Generator().manual_seed(0)
    side, rows = train.stored_size(model.image_size), torch.arange(train.batch_size)
    pixels = torch.randint(0, 256, (len(rows), side, side, 3), generator=generator).to(torch.uint8)
    tokens = torch.randint(1, model.vocab_size - 1, (len(rows), model.context_length), generator=generator)
    tokens[:, -1] = model.vocab_size - 1  # EOT
    return Pairs(pixels.to(device.device), tokens.int(), rows, torch.ones_like(rows))


def calibrated(model_config: CLIPConfig, train: TrainConfig, device: Device, seconds: float) -> tuple[float, float]:
    """(samples a second, seconds of the first steps, in which a GPU's programs are loaded or made)."""
    pairs, model = noise_pairs(model_config, train, device), new_model(model_config, train.seed)
    model.to(device.device).train()
    stepping = with_compiled_encoders(model, device) if train.compiled else model
    rates = train.learning_rate, train.weight_decay, train.muon_learning_rate
    optimizers = build_optimizers(model, train.optimizer, *rates)

    def steps(first: int, count: int) -> float:
        began = time.perf_counter()
        for step in range(first, first + count):
            batch = make_batch(pairs, train, step, model_config, device)
            train_step(stepping, optimizers, batch, device, train.micro_batch)
        device.wait()
        return time.perf_counter() - began

    with one_thread():
        warm = steps(0, WARM_STEPS)
        done, taken = 0, 0.0
        while taken < seconds:
            taken += steps(WARM_STEPS + done, BLOCK)
            done += BLOCK
    return train.batch_size * done / taken, warm


def samples_for(rate: float, seconds: float, batch_size: int, most: int) -> int:
    """Samples of a run of so many seconds, in whole batches. ValueError where they are too few to learn from.

    >>> samples_for(rate=1000, seconds=10, batch_size=100, most=10_000)
    9300
    """
    steps = int(min(SAFETY * rate * max(seconds, 0), most) // batch_size)
    if steps < LEAST_STEPS:
        raise ValueError(
            f"{seconds:.0f} s of training at {rate:.0f} samples/s are {steps} steps of {batch_size}: "
            f"give more --minutes, or take a smaller batch"
        )
    return steps * batch_size


def in_time(train: TrainConfig, samples: int) -> TrainConfig:
    """The same recipe with so many samples, and with a curve and checkpoints in even parts of them."""
    steps = samples // train.batch_size
    every = {"log_every": 100, "evaluate_every": POINTS, "save_every": SAVES}
    return replace(train, samples=samples, **{name: max(1, steps // parts) for name, parts in every.items()})


def place_of(learning: Learning, work: Work) -> str:
    """What `open_dataset` takes. ValueError where photos are asked for and their folder was not given."""
    if learning.data == "album":
        return str(album(work.folder / "album"))
    if learning.data == "picturebook":
        return learning.data
    if work.photos is None:
        raise ValueError(f"{learning.data} needs --photos FOLDER, in which there is a folder {learning.data}")
    return str(work.photos / learning.data)


def learned(name: str, learning: Learning, work: Work) -> dict:
    """The report of a run in work.folder / name, with its calibration and curve; one that was stopped goes on."""
    device, data, out = choose_device(work.sizes.device), place_of(learning, work), work.folder / name
    more = {}
    if Run(out).exists():
        print(f"{name}: goes on with {out}; move it away to begin anew", flush=True)
        report = resume_run(out, device, show_progress=False)
    else:
        size = learning.train.stored_size(learning.model.image_size)
        getattr(open_dataset(data, "train", size=size), "pixels", None)  # drawn now: what is left then is known
        rate, warm = calibrated(learning.model, learning.train, device, work.sizes.calibration)
        seconds = min(learning.seconds, work.left() - learning.around) - warm
        samples = samples_for(rate, seconds, learning.train.batch_size, learning.train.samples)
        more = {"calibration": {"samples_per_second": round(rate), "first_steps_seconds": round(warm, 1)}}
        work.save(more)
        print(f"{name}: {rate:,.0f} samples/s, so {samples:,} samples in {seconds:.0f} s", flush=True)
        report = run_training(data, learning.model, in_time(learning.train, samples), out, device, show_progress=False)
    report["run"]["data"] = learning.data  # not where it lay
    return {**report, **more, "curve": curve(out)}


def curve(out: Path) -> list[dict]:
    """[{"samples", "seconds", "zero_shot" or a recall or both}], as far as the run was watched."""
    log = Run(out).read_log()
    seconds = {entry["step"]: entry["seconds"] for entry in log if "loss" in entry}
    at = sorted(seconds)
    points = [entry for entry in log if "loss" not in entry]
    last = [max((step for step in at if step <= point["step"]), default=at[0]) for point in points]
    return [
        {"seconds": seconds[step], **{key: value for key, value in point.items() if key != "step"}}
        for step, point in zip(last, points, strict=True)
    ]


def album(folder: Path, pictures: int = 60) -> Path:
    """A little of the picture book as a folder with captions: a data set for a dry run, as one's own pictures are."""
    folder.mkdir(parents=True, exist_ok=True)
    book = PictureBook("train", size=16, count=pictures, captions_per_picture=2, cache=folder, progress=False)
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption", "split"])
        for i in range(pictures):
            book.image(i).save(folder / f"{i}.png")
            split = ("train", "train", "train", "val", "test")[i % 5]
            table.writerows([f"{i}.png", caption, split] for caption in book.captions(i))
    return folder
