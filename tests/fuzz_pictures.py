"""The cases of the pages about pictures and about numbers that decide a model: preprocess, data, config."""

import pickle

import numpy as np
import torch
from fuzz_cases import FILES, OF_TYPES, Case, arguments, folder
from fuzz_values import NAMES, SEEDS, TEXTS, pictures
from hypothesis import strategies as st
from PIL import Image

from minclip.config import PRESETS, CLIPConfig, TrainConfig
from minclip.data import InMemory, open_dataset
from minclip.data.memory import from_pairs
from minclip.preprocess import MEAN, STD, ImageTransform, image_transform

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


CONFIG = dict(
    embed_dim=8,
    image_size=8,
    patch_size=4,
    vision_width=8,
    vision_layers=1,
    text_width=8,
    text_heads=2,
    text_layers=1,
    context_length=8,
    vocab_size=560,
    vision_head_width=4,
    vision_mlp_width=None,
    quick_gelu=True,
    pixel_mean=MEAN,
    pixel_std=STD,
)
TRAIN = dict(
    samples=st.integers(64, 999),
    batch_size=st.integers(2, 64),
    learning_rate=st.floats(1e-6, 1),
    weight_decay=st.floats(0, 1),
    warmup=st.floats(0, 1),
    optimizer="adamw",
    muon_learning_rate=0.02,
    crop_scale=(0.9, 1.0),
    mirror=st.booleans(),
    turn=st.booleans(),
    patch_dropout=st.floats(0, 0.9),
    stored_scale=st.floats(1, 4),
    micro_batch=st.none() | st.integers(1, 9),
    compiled=False,
    stream=None,
    seed=SEEDS,
    log_every=st.integers(1, 9),
    evaluate_every=st.integers(1, 9),
    save_every=st.integers(1, 9),
)
SIDES = {
    name: st.integers(1, 99) for name in ("embed_dim", "image_size", "vision_width", "text_width", "context_length")
}

CASES = [
    Case(
        "preprocess.image_transform",
        arguments(n_px=PIXELS, mean=THREE, std=THREE),
        lambda result, given: result(Image.new("L", (3, 5))).isfinite().all() or 1 / 0,
    ),
    Case(
        "preprocess.ImageTransform",
        arguments(n_px=PIXELS, mean=THREE, std=THREE),
        lambda result, given: result(Image.new("L", (3, 5))).isfinite().all() or 1 / 0,
    ),
    Case(
        "preprocess.ImageTransform.__call__",
        arguments(self=st.builds(ImageTransform, PIXELS), image=pictures()),
        is_pixels,
    ),
    Case(
        "preprocess.resize_and_crop",
        arguments(image=pictures(("RGB", "L", "RGBA", "P", "CMYK")), n_px=PIXELS),
        is_square,
        OF_TYPES,
    ),
    Case("preprocess.square", arguments(image=pictures(), n_px=PIXELS), is_square, OF_TYPES),
    Case("preprocess.resize_middle", arguments(image=pictures(("RGB",)), n_px=PIXELS), is_square, OF_TYPES),
    Case("preprocess.pixels_to_float", raw(), is_float, OF_TYPES),
    Case(
        "preprocess.per_channel",
        arguments(values=THREE, device=torch.device("cpu")),
        lambda result, given: result.shape == (3, 1, 1) or 1 / 0,
        OF_TYPES,
    ),
    Case(
        "preprocess.sent_once",
        arguments(values=THREE, device=torch.device("cpu")),
        lambda result, given: result.shape == (3, 1, 1) or 1 / 0,
        OF_TYPES,
    ),
    Case("preprocess.check_picture", arguments(image=pictures())),
    Case(
        "preprocess.to_eight_bit",
        arguments(image=pictures()),
        lambda result, given: result.mode not in ("F", "I", "I;16") or 1 / 0,
    ),
    Case("preprocess.as_seen", arguments(image=pictures()), is_seen),
    Case(
        "preprocess.upright",
        arguments(image=pictures()),
        lambda result, given: result.size == given["image"].size or 1 / 0,
    ),
    Case("preprocess.on_white", arguments(image=pictures(("RGB", "RGBA", "LA", "P", "La"))), is_seen),
    Case(
        "data.InMemory",
        sets(),
        lambda result, given: len(result) == len(given["images"]) or 1 / 0,
        words={"images": ("image",), "captions": ("image",)},
    ),
    Case(
        "data.InMemory.image", one_of_a_set(), lambda result, given: result.mode == "RGB" or 1 / 0, (*FILES, IndexError)
    ),
    Case(
        "data.InMemory.captions",
        one_of_a_set(),
        lambda result, given: result == ["a car"] or 1 / 0,
        (*FILES, IndexError),
    ),
    Case(
        "data.memory.from_pairs",
        sets().map(
            lambda given: {"pairs": list(zip(given["images"], given["captions"], strict=True)), "name": given["name"]}
        ),
        lambda result, given: len(result) == len(given["pairs"]) or 1 / 0,
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
        lambda result, given: str(result) or 1 / 0,
        FILES,
    ),
    Case(
        "data.open_dataset",
        arguments(data=st.builds(folder_of_pictures), split="train", size=st.integers(4, 9)),
        lambda result, given: len(result) == 4 or 1 / 0,
        FILES,
        cost=2,
    ),
    Case(
        "data.open_folder",
        arguments(data=st.builds(folder_of_pictures), split="test"),
        lambda result, given: len(result) == 4 or 1 / 0,
        FILES,
        cost=2,
    ),
    Case(
        "config.CLIPConfig",
        arguments(**{**CONFIG, **SIDES}),
        lambda result, given: CLIPConfig(**vars(result)) == result or 1 / 0,
    ),
    Case(
        "config.CLIPConfig.preset",
        arguments(name=st.sampled_from([*PRESETS]), vocab_size=st.integers(1, 999)),
        lambda result, given: result.vocab_size == given["vocab_size"] or 1 / 0,
        words={"name": ("preset",)},
    ),
    Case(
        "config.CLIPConfig.check_number",
        arguments(self=CLIPConfig(**CONFIG), name="embed_dim", value=PIXELS),
        words={"value": ("embed_dim",)},
        apart=("self", "name"),
    ),
    Case(
        "config.TrainConfig",
        arguments(**TRAIN),
        lambda result, given: TrainConfig.from_dict(result.to_dict()) == result or 1 / 0,
        cost=1,
    ),
    Case(
        "config.TrainConfig.from_dict",
        arguments(content=arguments(**TRAIN)),
        lambda result, given: result.to_dict() == given["content"] or 1 / 0,
    ),
    Case("config.TrainConfig.to_dict", arguments(self=TrainConfig())),
    Case(
        "config.TrainConfig.stored_size",
        arguments(self=TrainConfig(stored_scale=1.5), image_size=PIXELS),
        lambda result, given: result >= given["image_size"] or 1 / 0,
        OF_TYPES,
    ),
    Case("config.is_number", arguments(value=PIXELS, kind=int), lambda result, given: result is True or 1 / 0),
]
