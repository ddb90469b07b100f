"""How a training step grows with the batch, the length of the texts and the size of the pictures; and how fast data is.

python -m benchmarks.speed.scaling        (a quarter of an hour; on a quiet machine, with the extra `peers`)

Steps: minclip and OpenCLIP (not compiled: every size would need its own compilation), alternating, each in a process
of its own, one number changed at a time, in the precision that minclip chooses here; and the memory of each. Data:
pictures a second of reading a set into memory (`load_pairs`, once, also of a quarter of the set) and of making batches
from it (`make_batch`, every step), against a DataLoader that decodes, crops and resizes the same files with PIL.
Writes results/scaling.json and docs/scaling.png.
"""

import csv
import os
import random
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.result_files import by_cpu, keep
from benchmarks.speed.contender_process import Apart
from benchmarks.speed.peers import OPEN_CLIP, OURS, installed, version
from benchmarks.speed.timing import alternating, load_average, print_table, seconds, spread
from minclip.config import CLIPConfig, TrainConfig
from minclip.data.folder import Folder
from minclip.data.picturebook import PictureBook
from minclip.engine.batches import all_captions, load_pairs, make_batch
from minclip.engine.cores import one_thread
from minclip.engine.devices import choose_device
from minclip.figures.look import IMAGE_COLOUR, WRONG_COLOUR, dress, legend_below, new_figure
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer

# what is changed -> its values; everything else stays as in BASE
SWEEPS = {
    "pairs in a batch": (32, 64, 128, 256, 512, 1024),
    "tokens of a text": (8, 16, 32, 48, 77),
    "pixels of a side": (32, 48, 64, 80, 96),
}
BASE = {"pairs in a batch": 128, "tokens of a text": 32, "pixels of a side": 32}
PRESET, ROUNDS, BLOCK = "tiny", 5, 1.0
PICTURES, SIDE, EPOCHS = 2048, 256, 5  # files on the disk, their pixels a side, repeats
LOOKS = {OURS: (IMAGE_COLOUR, "-o"), OPEN_CLIP: (WRONG_COLOUR, "--s")}


def step_point(pairs: int, length: int, side: int, rounds: int, block: float) -> dict:
    """Seconds and MB of a training step of each."""
    dtype = "float32" if choose_device("cpu").autocast is None else "bfloat16"
    changes = {"context_length": length, "image_size": side}
    with ExitStack() as stack:
        runners = {
            name: stack.enter_context(Apart(name, PRESET, pairs, dtype, changes=changes)).ready()
            for name in installed()
            if name in LOOKS
        }
        times = alternating({name: runner.seconds for name, runner in runners.items()}, rounds, block)
        needed = {name: runner.memory() for name, runner in runners.items()}
    return {
        name: {"seconds": spread(taken), "memory_mb": needed[name] and needed[name]["training"]}
        for name, taken in times.items()
    }


def sweep(sweeps: dict[str, Iterable[int]], rounds: int, block: float) -> dict[str, dict]:
    """what is changed -> value -> seconds and MB of each."""
    found: dict[str, dict] = {}
    for changed, values in sweeps.items():
        found[changed] = {}
        for value in values:
            point = {**BASE, changed: value}
            numbers = point["pairs in a batch"], point["tokens of a text"], point["pixels of a side"]
            found[changed][str(value)] = step_point(*numbers, rounds, block)
            print(f"{value} {changed}: {found[changed][str(value)]}", flush=True)
    return found


class FilesAsPIL(Dataset):
    """What a usual training script does: decode, random resized crop (CLIP's 0.9 to 1), to numbers, at every step."""

    def __init__(self, files: list[Path], side: int):
        self.files, self.side = files, side

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> torch.Tensor:
        with Image.open(self.files[index]) as image:
            share = random.uniform(0.9, 1) ** 0.5
            width, height = share * image.width, share * image.height
            left, top = random.uniform(0, image.width - width), random.uniform(0, image.height - height)
            box, size = (left, top, left + width, top + height), (self.side, self.side)
            seen = image.convert("RGB").resize(size, Image.Resampling.BICUBIC, box=box)
        x = torch.from_numpy(np.array(seen)).permute(2, 0, 1).float().div(255)  # [3, side, side]
        return x.sub_(torch.tensor(MEAN).view(3, 1, 1)).div_(torch.tensor(STD).view(3, 1, 1))


def write_files(folder: Path, count: int, side: int) -> list[Path]:
    """Pages of the picture book as JPEG files, with their table of captions."""
    folder.mkdir()
    book = PictureBook("val", size=side, count=count, captions_per_picture=1, cache=folder, progress=False)
    files = [folder / f"{index:05}.jpg" for index in range(count)]
    for index, file in enumerate(files):
        book.image(index).save(file, quality=90)
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as table:
        lines = [[file.name, book.captions(index)[0], "train"] for index, file in enumerate(files)]
        csv.writer(table).writerows([["file", "caption", "split"], *lines])
    return files


def data_loading(pictures: int = PICTURES, side: int = SIDE, epochs: int = EPOCHS, batch: int = 256) -> dict:
    """Pictures a second, once and at every step; the files are in the system's cache for all."""
    config = CLIPConfig.preset(PRESET)
    device, recipe = choose_device("cpu"), TrainConfig(batch_size=batch)
    with tempfile.TemporaryDirectory() as temporary:
        found = {}
        for count in (pictures // 4, pictures):
            folder = Path(temporary) / str(count)
            files = write_files(folder, count, side)
            dataset = Folder(folder)
            captions = all_captions(dataset)
            tokenizer = BPETokenizer.train([text for texts in captions for text in texts], 600, config.context_length)
            load = partial(load_pairs, dataset, captions, tokenizer, config.image_size, device)
            taken = [seconds(load, nullcontext, 1) for _ in range(epochs)]
            found[f"load_pairs, once, of {count:,} files"] = spread(count / one for one in taken)
        pairs, steps = load(), pictures // batch

        def batches() -> None:
            for step in range(steps):
                make_batch(pairs, recipe, step, config, device)

        for workers in (0, os.cpu_count() or 1):
            loader = DataLoader(
                FilesAsPIL(files, config.image_size), batch, True, num_workers=workers, persistent_workers=workers > 0
            )
            taken = [epoch_seconds(loader) for _ in range(epochs + 1)][1:]  # the first one starts the workers
            found[f"DataLoader with PIL, {workers} workers, every step"] = spread(pictures / one for one in taken)
        made = [seconds(batches, one_thread, 1) for _ in range(epochs)]
        found["make_batch, every step"] = spread(steps * batch / one for one in made)
    return {"pictures": pictures, "file_pixels": side, "read_pixels": config.image_size, "batch": batch, "rates": found}


def epoch_seconds(loader: DataLoader) -> float:
    began = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - began


def plot_scaling(steps: dict[str, dict]) -> Figure:
    """Two rows, time and memory; a column for each number that was changed."""
    figure = new_figure(4.2 * len(steps), 7)
    rows = figure.subplots(2, len(steps), squeeze=False)
    for column, (changed, points) in enumerate(steps.items()):
        values = [int(value) for value in points]
        for name, (colour, look) in LOOKS.items():
            found = [point.get(name) for point in points.values()]
            if not all(found):
                continue
            times = [[1000 * one["seconds"][which] for one in found] for which in ("median", "lowest", "highest")]
            rows[0][column].plot(values, times[0], look, color=colour, label=name)
            rows[0][column].fill_between(values, times[1], times[2], color=colour, alpha=0.2, linewidth=0)
            if all(one["memory_mb"] is not None for one in found):
                rows[1][column].plot(values, [one["memory_mb"] for one in found], look, color=colour, label=name)
        dress(rows[0][column], f"By {changed}", changed, "step (ms)")
        dress(rows[1][column], "", changed, "memory (MB)")
        for axes in (rows[0][column], rows[1][column]):
            if max(values) >= 16 * min(values):  # each the double of the last
                axes.set_xscale("log", base=2)
                axes.set_yscale("log", base=2)
                axes.set_xticks(values, values)
                axes.yaxis.set_major_formatter("{x:g}")
            else:
                axes.set_ylim(bottom=0)
                axes.set_xlim(left=0)
    legend_below(figure, rows[0][0])
    return figure


def measure(sweeps: dict[str, Iterable[int]] = SWEEPS, rounds: int = ROUNDS, block: float = BLOCK, **data: int) -> dict:
    """Everything; `data` goes to data_loading."""
    device, load = choose_device("cpu"), load_average()
    return {
        "threads": torch.get_num_threads(),
        "load_before": load,
        "device": device.reason,
        "preset": PRESET,
        "base": BASE,
        "rounds": rounds,
        "versions": {OPEN_CLIP: version(OPEN_CLIP)},
        "data": data_loading(**data),
        "steps": sweep(sweeps, rounds, block),
    }


def table(result: dict) -> None:
    """The same for a reader."""
    lines = []
    for changed, points in result["steps"].items():
        for value, point in points.items():
            cells = [
                f"{1000 * point[n]['seconds']['median']:.0f} ms, {point[n]['memory_mb']} MB" if n in point else "-"
                for n in LOOKS
            ]
            lines.append([f"{value} {changed}", *cells])
    print_table(["", *LOOKS], lines)
    rates = result["data"]["rates"]
    print_table(["data", "pictures a second"], [[name, f"{rate['median']:,.0f}"] for name, rate in rates.items()])


def main() -> None:
    result, name = measure(), by_cpu("scaling")
    keep(name, result)
    plot_scaling(result["steps"]).savefig(Path(__file__).parents[2] / "docs" / f"{name}.png", dpi=110)
    table(result)


if __name__ == "__main__":
    main()
