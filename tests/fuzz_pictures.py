"""The cases of the pages about pictures and of data in memory: preprocess, data."""

import pickle

import numpy as np
import torch
from fuzz_cases import FILES, OF_TYPES, Case, arguments, folder
from fuzz_values import NAMES, SEEDS, TEXTS, pictures
from hypothesis import strategies as st
from PIL import Image

from minclip.data import InMemory
from minclip.preprocess import ImageTransform

PIXELS = st.integers(1, 9)


THREE = st.tuples(*[st.floats(0.1, 1)] * 3)


@st.composite
def raw(draw):
    batch, height, width = draw(st.integers(0, 3)), draw(PIXELS), draw(PIXELS)
    values = np.random.default_rng(draw(SEEDS)).integers(0, 256, (batch, height, width, 3), np.uint8)
    values = draw(st.sampled_from([values, values[:, 1:], torch.from_numpy(values)]))
    return {"pixels": values, "device": draw(st.sampled_from([None, "cpu"])), "mean": draw(THREE), "std": draw(THREE)}


@st.composite
def sets(draw):
    n = draw(st.integers(0, 3))
    images = [draw(pictures() | pictures(("RGB",)).map(np.asarray)) for _ in range(n)]
    captions = [draw(TEXTS | st.lists(TEXTS, max_size=2)) for _ in range(n)]
    return {"images": images, "captions": captions, "name": draw(NAMES), "split": "train"}


@st.composite
def one_of_a_set(draw):
    n = draw(st.integers(1, 3))
    return {"self": InMemory([draw(pictures()) for _ in range(n)], ["a car"] * n), "index": draw(st.integers(0, n - 1))}


def is_square(result, given):
    assert result.size == (given["n_px"],) * 2 and result.mode == "RGB"


def is_float(result, given):
    batch, height, width, _ = given["pixels"].shape
    assert result.shape == (batch, 3, height, width) and result.dtype == torch.float32
    mean, std = (torch.tensor(given[name]).view(3, 1, 1) for name in ("mean", "std"))
    back = (result * std + mean) * 255
    assert torch.allclose(
        back.permute(0, 2, 3, 1),
        torch.as_tensor(given["pixels"].copy() if isinstance(given["pixels"], np.ndarray) else given["pixels"]).float(),
        atol=1e-2,
    )


def is_pixels(result, given):
    side = given["self"].n_px
    assert result.shape == (3, side, side) and result.isfinite().all()
    assert result.equal(pickle.loads(pickle.dumps(given["self"]))(given["image"]))


def is_seen(result, given):
    assert result.mode == "RGB" and sorted(result.size) == sorted(given["image"].size)


def folder_of_pictures():
    place = folder() / "pictures"
    for label in ("cat", "dog"):
        for split in ("train", "test"):
            (place / split / label).mkdir(parents=True, exist_ok=True)
            for i in range(2):
                Image.new("RGB", (4, 4), (i, 9, 9)).save(place / split / label / f"{i}.png")
    return place


TRANSFORMS = st.builds(ImageTransform, PIXELS, squash=st.sampled_from([None, "bicubic", "bilinear"]))
CASES = [
    Case(
        "preprocess.image_transform",
        arguments(n_px=PIXELS, mean=THREE, std=THREE),
        lambda result, given: result(Image.new("L", (3, 5))).isfinite().all(),
    ),
    Case(
        "preprocess.ImageTransform",
        arguments(n_px=PIXELS, mean=THREE, std=THREE),
        lambda result, given: result(Image.new("L", (3, 5))).isfinite().all(),
    ),
    Case(
        "preprocess.ImageTransform.__call__",
        arguments(self=TRANSFORMS, image=pictures()),
        is_pixels,
    ),
    Case(
        "preprocess.ImageTransform.square",
        arguments(self=TRANSFORMS, image=pictures()),
        lambda result, given: is_square(result, {"n_px": given["self"].n_px}),
    ),
    Case(
        "preprocess.resize_and_crop",
        arguments(image=pictures(("RGB", "L", "RGBA", "P", "CMYK")), n_px=PIXELS),
        is_square,
        OF_TYPES,
    ),
    Case("preprocess.square", arguments(image=pictures(), n_px=PIXELS), is_square, OF_TYPES),
    Case(
        "preprocess.squashed",
        arguments(image=pictures(), n_px=PIXELS, interpolation=st.sampled_from(["bicubic", "bilinear"])),
        is_square,
        OF_TYPES,
    ),
    Case("preprocess.resize_middle", arguments(image=pictures(("RGB",)), n_px=PIXELS), is_square, OF_TYPES),
    Case("preprocess.pixels_to_float", raw(), is_float, OF_TYPES),
    Case(
        "preprocess.per_channel",
        arguments(values=THREE, device=torch.device("cpu")),
        lambda result, given: result.shape == (3, 1, 1),
        OF_TYPES,
    ),
    Case(
        "preprocess.sent_once",
        arguments(values=THREE, device=torch.device("cpu")),
        lambda result, given: result.shape == (3, 1, 1),
        OF_TYPES,
    ),
    Case("preprocess.check_picture", arguments(image=pictures())),
    Case(
        "preprocess.to_eight_bit",
        arguments(image=pictures()),
        lambda result, given: result.mode not in ("F", "I", "I;16"),
    ),
    Case("preprocess.as_seen", arguments(image=pictures()), is_seen),
    Case(
        "preprocess.upright",
        arguments(image=pictures()),
        lambda result, given: result.size == given["image"].size,
    ),
    Case("preprocess.on_white", arguments(image=pictures(("RGB", "RGBA", "LA", "P", "La"))), is_seen),
    Case(
        "data.InMemory",
        sets(),
        lambda result, given: len(result) == len(given["images"]),
        words={"images": ("image",), "captions": ("image",)},
    ),
    Case("data.InMemory.image", one_of_a_set(), lambda result, given: result.mode == "RGB", (*FILES, IndexError)),
    Case(
        "data.InMemory.captions",
        one_of_a_set(),
        lambda result, given: result == ["a car"],
        (*FILES, IndexError),
    ),
    Case(
        "data.memory.from_pairs",
        sets().map(
            lambda given: {"pairs": list(zip(given["images"], given["captions"], strict=True)), "name": given["name"]}
        ),
        lambda result, given: len(result) == len(given["pairs"]),
        words={"pairs": ("data", "image", "item")},
    ),
    Case(
        "data.DataSource",
        arguments(
            data=NAMES,
            image_column=st.none() | NAMES,
            caption_column=st.none() | NAMES,
            split_column=None,
            class_names=None,
            templates=None,
        ),
        lambda result, given: str(result),
        FILES,
    ),
    Case(
        "data.open_dataset",
        arguments(data=st.builds(folder_of_pictures), split="train", size=st.integers(4, 9)),
        lambda result, given: len(result) == 4,
        FILES,
        cost=2,
    ),
    Case(
        "data.open_folder",
        arguments(data=st.builds(folder_of_pictures), split="test"),
        lambda result, given: len(result) == 4,
        FILES,
        cost=2,
    ),
]
