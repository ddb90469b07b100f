"""The cases of the numbers that decide a model and a training: config."""

from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_values import SEEDS
from hypothesis import strategies as st

from minclip.config import PRESETS, CLIPConfig, TrainConfig
from minclip.preprocess import MEAN, STD

PIXELS = st.integers(1, 9)


CONFIG = {
    "embed_dim": 8,
    "image_size": 8,
    "patch_size": 4,
    "vision_width": 8,
    "vision_layers": 1,
    "text_width": 8,
    "text_heads": 2,
    "text_layers": 1,
    "context_length": 8,
    "vocab_size": 560,
    "vision_head_width": 4,
    "vision_mlp_width": None,
    "quick_gelu": True,
    "pixel_mean": MEAN,
    "pixel_std": STD,
}


TRAIN = {
    "samples": st.integers(64, 999),
    "batch_size": st.integers(2, 64),
    "learning_rate": st.floats(1e-6, 1),
    "weight_decay": st.floats(0, 1),
    "warmup": st.floats(0, 1),
    "optimizer": "adamw",
    "muon_learning_rate": 0.02,
    "crop_scale": (0.9, 1.0),
    "mirror": st.booleans(),
    "turn": st.booleans(),
    "patch_dropout": st.floats(0.1, 0.9),
    "small_pictures": st.none() | st.integers(1, 99),
    "short_texts": st.none() | st.integers(3, 99),
    "unmasked_tuning": st.floats(0, 1),
    "stored_scale": st.floats(1, 4),
    "micro_batch": st.none() | st.integers(1, 9),
    "compiled": False,
    "stream": None,
    "loss": st.sampled_from(["infonce", "siglip"]),
    "seed": SEEDS,
    "log_every": st.integers(1, 9),
    "evaluate_every": st.integers(1, 9),
    "save_every": st.integers(1, 9),
}


SIDES = {
    name: st.integers(1, 99) for name in ("embed_dim", "image_size", "vision_width", "text_width", "context_length")
}

CASES = [
    Case(
        "config.CLIPConfig",
        arguments(**{**CONFIG, **SIDES}),
        lambda result, given: CLIPConfig(**vars(result)) == result,
    ),
    Case(
        "config.CLIPConfig.preset",
        arguments(name=st.sampled_from([*PRESETS]), vocab_size=st.integers(1, 999)),
        lambda result, given: result.vocab_size == given["vocab_size"],
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
        lambda result, given: TrainConfig.from_dict(result.to_dict()) == result,
        cost=1,
    ),
    Case(
        "config.TrainConfig.from_dict",
        arguments(content=arguments(**TRAIN)),
        lambda result, given: result.to_dict() == given["content"],
    ),
    Case("config.TrainConfig.to_dict", arguments(self=TrainConfig())),
    Case(
        "config.TrainConfig.stored_size",
        arguments(self=TrainConfig(stored_scale=1.5), image_size=PIXELS),
        lambda result, given: result >= given["image_size"],
        OF_TYPES,
    ),
    Case(
        "config.TrainConfig.at",
        arguments(self=TrainConfig(patch_dropout=0.5, unmasked_tuning=0.1), step=st.integers(0, 9999)),
        lambda result, given: result.patch_dropout == (0.5 if result is given["self"] else 0),
        OF_TYPES,
    ),
    Case("config.is_number", arguments(value=PIXELS, kind=int), lambda result, given: result is True),
]
