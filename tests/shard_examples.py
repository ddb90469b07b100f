"""Shards and pictures that the tests of shards write and read."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minclip.data.picturebook import PictureBook

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
