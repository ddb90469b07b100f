"""SigLIP's configurations in OpenCLIP's and in Hugging Face's files: sizes, activations, how pictures are prepared.

OpenCLIP's image encoder is timm's, known by its name alone, such as vit_base_patch16_siglip_224. SigLIP 2 in its usual
form is the same architecture; its NaFlex form, for pictures of any shape, is another one and is refused.
Sources: open_clip model_configs/ViT-*-SigLIP*.json and pretrained.py, timm vision_transformer.py, transformers
configuration_siglip.py and image_processing_siglip.py.
"""

import re
from pathlib import Path
from typing import Any

from minclip.formats import json_files
from minclip.formats.huggingface import both_sizes, preparation_in
from minclip.formats.json_files import ANY, count, known, per_channel, read_json, shown, stretched
from minclip.formats.siglip_model import HALF, SigLIPConfig

OPENCLIP_FILE, HUGGING_FACE_FILE = "open_clip_config.json", "config.json"
# --- OpenCLIP ---
TIMM_NAME = re.compile(r"vit_([a-z0-9]+)_patch(\d+)_siglip_(\d+)")
TIMM = {  # width, blocks, heads, width of the MLP, activation
    "base": (768, 12, 12, 3072, "gelu"),
    "large": (1024, 24, 16, 4096, "gelu"),
    "so400m": (1152, 27, 16, 4304, "gelu"),
    "giantopt": (1536, 40, 16, 6144, "gelu_tanh"),
}
TOP: dict[str, object] = {"embed_dim": ANY, "vision_cfg": ANY, "text_cfg": ANY, "custom_text": True}
TOP |= {"init_logit_bias": ANY, "init_logit_scale": ANY, "quick_gelu": False, "nonscalar_logit_scale": ANY}
VISION: dict[str, object] = {"image_size": ANY, "timm_model_name": ANY, "timm_model_pretrained": ANY}
VISION |= {"timm_pool": "map", "timm_proj": "none", "timm_proj_bias": ANY, "timm_drop": ANY, "timm_drop_path": ANY}
TEXT: dict[str, object] = dict.fromkeys(("context_length", "vocab_size", "width", "heads", "layers"), ANY)
TEXT |= {"mlp_ratio": ANY, "no_causal_mask": True, "proj_bias": True, "proj_type": "linear", "pool_type": "last"}
TEXT |= {"norm_kwargs": {"eps": 1e-6}, "act_kwargs": ANY, "hf_tokenizer_name": ANY, "tokenizer_mode": None}
TEXT |= {"tokenizer_kwargs": ANY, "embed_cls": False, "pad_id": ANY, "eos_id": ANY, "use_pad_mask": False}
PREPROCESS: dict[str, object] = {"size": ANY, "mode": "RGB", "mean": ANY, "std": ANY, "interpolation": ANY}
PREPROCESS |= {"resize_mode": "squash", "fill_color": ANY}
MUST_BE_SAID = {"no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}}
# --- Hugging Face ---
ACTIVATIONS = {"gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu"}
TEXT_SIZES = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
VISION_SIZES = TEXT_SIZES | {"image_size": 224, "patch_size": 16, "num_channels": 3}
TEXT_SIZES |= {"max_position_embeddings": 64, "vocab_size": 32000}
RESAMPLING = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers
ALWAYS: dict[str, list[Any]] = {name: [True] for name in ("do_resize", "do_rescale", "do_normalize")}
ALWAYS |= {"do_center_crop": [None, False], "rescale_factor": [1 / 255]}


def is_siglip(content: dict[str, Any]) -> bool:
    """Whether an open_clip_config.json describes a SigLIP: timm's ViT with its attention pooling, and a logit bias."""
    model = content.get("model_cfg", content)
    vision = model.get("vision_cfg") if isinstance(model, dict) else None
    return isinstance(vision, dict) and "_siglip_" in str(vision.get("timm_model_name"))


def read_openclip(path: Path) -> SigLIPConfig:
    """The configuration in an open_clip_config.json. ValueError for what minclip does not know."""
    content = read_json(path)
    model = known(path, "model_cfg", content.get("model_cfg", content), TOP)
    vision = known(path, "vision_cfg", model.get("vision_cfg"), VISION)
    text = known(path, "text_cfg", model.get("text_cfg"), TEXT)
    pictures = known(path, "preprocess_cfg", content.get("preprocess_cfg", {}), PREPROCESS)
    for name, value in MUST_BE_SAID.items():
        if name not in text:
            raise ValueError(f"{path}: text_cfg lacks {name}={value!r}: minclip cannot load it as a SigLIP")
    timm = vision.get("timm_model_name")
    match = TIMM_NAME.fullmatch(timm) if isinstance(timm, str) else None
    if match is None or match[1] not in TIMM:
        raise ValueError(
            f"{path}: vision_cfg.timm_model_name={shown(timm)} is no SigLIP that minclip knows: it loads "
            f"vit_SIZE_patchN_siglip_PIXELS with SIZE one of {', '.join(TIMM)}"
        )
    width, layers, heads, mlp_width, activation = TIMM[match[1]]
    size = count(path, "vision_cfg.image_size", vision.get("image_size"))
    if size != int(match[3]) or pictures.get("size", size) not in (size, [size, size]):
        raise ValueError(
            f"{path}: timm_model_name={timm} reads {match[3]} pixels, vision_cfg.image_size={size} and "
            f"preprocess_cfg.size={shown(pictures.get('size', size))} must be the same"
        )
    approximate = (text.get("act_kwargs") or {}) if isinstance(text.get("act_kwargs"), dict | None) else None
    if approximate not in ({}, {"approximate": "tanh"}, {"approximate": "none"}):
        raise ValueError(
            f"{path}: text_cfg.act_kwargs={shown(text['act_kwargs'])} is not of SigLIP's architecture: minclip cannot "
            f"load it"
        )
    text_width = count(path, "text_cfg.width", text.get("width", 512))
    return SigLIPConfig(
        embed_dim=count(path, "model_cfg.embed_dim", model.get("embed_dim")),
        image_size=size,
        patch_size=int(match[2]),
        vision_width=width,
        vision_layers=layers,
        text_width=text_width,
        text_heads=count(path, "text_cfg.heads", text.get("heads", 8)),
        text_layers=count(path, "text_cfg.layers", text.get("layers", 12)),
        context_length=count(path, "text_cfg.context_length", text.get("context_length", 77)),
        vocab_size=count(path, "text_cfg.vocab_size", text.get("vocab_size", 49408)),
        vision_head_width=width // heads,
        vision_mlp_width=mlp_width,
        text_mlp_width=stretched(path, "text_cfg.mlp_ratio", text.get("mlp_ratio", 4.0), text_width),
        vision_activation=activation,
        text_activation="gelu_tanh" if approximate == {"approximate": "tanh"} else "gelu",
        interpolation=chosen(path, "preprocess_cfg.interpolation", pictures.get("interpolation", "bicubic")),
        pixel_mean=per_channel(path, "preprocess_cfg.mean", pictures.get("mean", HALF)),
        pixel_std=per_channel(path, "preprocess_cfg.std", pictures.get("std", HALF), least=1e-9),
    )


def chosen(path: Path, name: str, value: object) -> str:
    """bicubic or bilinear."""
    if value not in RESAMPLING.values():
        raise ValueError(f"{path}: {name}={shown(value)} must be one of {', '.join(RESAMPLING.values())}")
    return str(value)


def read_hugging_face(path: Path) -> SigLIPConfig:
    """The configuration in a config.json of model_type "siglip". ValueError for another one."""
    content = read_json(path)
    kind = content.get("model_type")
    if kind != "siglip":
        other = ", the NaFlex form that takes pictures of any shape" if kind == "siglip2" else ""
        raise ValueError(f'{path}: model_type is {shown(kind)}{other}; minclip loads "siglip", a SiglipModel')
    text, vision = part(path, content, "text_config", TEXT_SIZES), part(path, content, "vision_config", VISION_SIZES)
    if vision.get("vision_use_head", True) is not True:
        raise ValueError(
            f"{path}: vision_config.vision_use_head={shown(vision['vision_use_head'])} leaves out the pool"
        )
    if vision["num_channels"] != 3:
        raise ValueError(f"{path}: vision_config.num_channels={vision['num_channels']}, minclip reads 3 colours")
    mean, std, interpolation = read_preparation(path.parent, vision["image_size"])
    return SigLIPConfig(
        embed_dim=count(path, "text_config.projection_size", text.get("projection_size") or text["hidden_size"]),
        **both_sizes(text, vision),
        text_mlp_width=text["intermediate_size"],
        vision_activation=ACTIVATIONS[vision["hidden_act"]],
        text_activation=ACTIVATIONS[text["hidden_act"]],
        interpolation=interpolation,
        pixel_mean=mean,
        pixel_std=std,
    )


def part(path: Path, content: dict[str, Any], name: str, sizes: dict[str, int]) -> dict[str, Any]:
    """text_config or vision_config, checked, with the defaults of what it leaves out."""
    given = content.get(name)
    if not isinstance(given, dict | None):
        raise ValueError(f"{path}: {name} must be an object, found {shown(given)}")
    defaults = {"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6}
    values = defaults | sizes | {entry: value for entry, value in (given or {}).items() if value is not None}
    for entry in sizes:
        json_files.count(path, f"{name}.{entry}", values[entry])
    act, eps = values["hidden_act"], values["layer_norm_eps"]
    if act not in list(ACTIVATIONS) or eps != 1e-6:
        raise ValueError(
            f"{path}: {name} has hidden_act={shown(act)} and layer_norm_eps={shown(eps)}, "
            f'SigLIP has "gelu_pytorch_tanh" or "gelu" and 1e-06: minclip cannot load it'
        )
    if values["hidden_size"] % values["num_attention_heads"]:
        raise ValueError(
            f"{path}: {name}.hidden_size={values['hidden_size']} must be a multiple of "
            f"num_attention_heads={values['num_attention_heads']}"
        )
    return values


def read_preparation(folder: Path, size: int) -> tuple[tuple[float, ...], tuple[float, ...], str]:
    """(mean, std, interpolation) from a folder's processor_config.json or preprocessor_config.json.

    ValueError where pictures are not squashed to the model's square.
    """
    square = {"height": size, "width": size}
    path, given = preparation_in(folder, ALWAYS | {"size": [size, square], "resample": list(RESAMPLING)})
    mean = per_channel(path, "image_mean", given.get("image_mean", HALF))
    std = per_channel(path, "image_std", given.get("image_std", HALF), least=1e-9)
    return mean, std, RESAMPLING[given.get("resample", 3)]
