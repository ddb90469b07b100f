"""Shards and pictures that the tests of shards write and read."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from minclip.config import CLIPConfig, TrainConfig
from minclip.data.picturebook import PictureBook
from minclip.formats.weights_files import read_tensors

COUNTS = {"train": 25, "val": 6, "test": 4}


NOISE = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)


@pytest.fixture
def book(tmp_path):
    return PictureBook("train", size=16, count=25, cache=tmp_path / "cache", progress=False)


def picture(kind: str, pixels: np.ndarray = NOISE, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def write_tar(path: Path, *files: tuple[str, bytes], **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", **options) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def captions(dataset) -> list[list[str]]:
    return [dataset.captions(i) for i in range(len(dataset))]


class Album:
    """Three pictures, of which the second cannot be read and the third has no caption."""

    name, split = "album", "train"

    def __len__(self):
        return 3

    def image(self, index):
        if index == 1:
            raise ValueError("holiday.jpg is cut off")
        return Image.fromarray(NOISE)

    def captions(self, index):
        return [] if index == 2 else ["a holiday"]


J, T = picture("jpeg"), b"a text"

TINY = CLIPConfig(128, 16, 8, 64, 1, 64, 1, 1, context_length=32, vocab_size=600)
RUN = TrainConfig(batch_size=6, samples=24, stream=True, save_every=2, evaluate_every=100, log_every=2)


def write_shards_of(folder: Path, counts: list[int], split: str = "train") -> Path:
    """Shards that hold so many pictures, each with a colour and a caption of its own."""
    folder.mkdir(exist_ok=True)
    number = 0
    for shard, samples in enumerate(counts):
        files = []
        for _ in range(samples):
            colour = (number * 37 % 256, number * 91 % 256, number * 53 % 256)
            caption = f"{split} number {number} of colour {colour[0]} {colour[1]}"
            files += [
                (f"{number:05d}.png", picture("png", np.full((20, 16, 3), colour, dtype=np.uint8))),
                (f"{number:05d}.txt", caption.encode()),
            ]
            number += 1
        write_tar(folder / f"{split}-{shard:06d}.tar", *files)
    return folder


def assert_same_model(*runs: Path) -> None:
    one, two = (read_tensors(run / "model.safetensors").tensors for run in runs)
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
