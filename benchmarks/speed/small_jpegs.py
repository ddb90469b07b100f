"""Shards of small JPEGs with captions, drawn in a minute: for streaming.py, which measures how many are read."""

import io
import tarfile
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

PER_SHARD, MEASURED = 2000, 500  # pictures of a shard; of val and of test
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "black", "brown", "pink")


def sample(number: int, rng: np.random.Generator) -> tuple[bytes, str]:
    """(a JPEG of 32 to 40 pixels a side, its caption): two squares on a ground, with some noise."""
    height, width = rng.integers(32, 41, 2)
    pixels = np.empty((height, width, 3), np.int64)
    ground, *squares = rng.choice(len(COLOURS), 3)
    said, pixels[:] = [], Image.new("RGB", (1, 1), COLOURS[ground]).getpixel((0, 0))
    for colour in squares:
        top, left, side = rng.integers(0, height - 12), rng.integers(0, width - 12), rng.integers(6, 12)
        pixels[top : top + side, left : left + side] = Image.new("RGB", (1, 1), COLOURS[colour]).getpixel((0, 0))
        said.append(f"a {COLOURS[colour]} square of {side} at {left} {top}")
    buffer = io.BytesIO()
    noisy = (pixels + rng.integers(-8, 9, pixels.shape)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(buffer, "jpeg", quality=85)
    return buffer.getvalue(), f"{' and '.join(said)} on {COLOURS[ground]}, number {number}"


def write_shards(folder: Path, pictures: int) -> Path:
    """Shards of so many pictures to train on, and one of val and one of test."""
    folder.mkdir()
    rng, numbers = np.random.default_rng(0), count()
    names = [(f"train-{i:06d}.tar", min(PER_SHARD, pictures - i * PER_SHARD)) for i in range(-(-pictures // PER_SHARD))]
    for name, samples in (*names, ("val-000000.tar", MEASURED), ("test-000000.tar", MEASURED)):
        with tarfile.open(folder / name, "w", format=tarfile.USTAR_FORMAT) as tar:
            for _, number in zip(range(samples), numbers, strict=False):
                picture, caption = sample(number, rng)
                for suffix, content in (("jpg", picture), ("txt", caption.encode())):
                    member = tarfile.TarInfo(f"{number:09d}.{suffix}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
    return folder
