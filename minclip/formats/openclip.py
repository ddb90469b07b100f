"""OpenCLIP's layout: OpenAI's names, and open_clip_config.json that says the rest, the activation above all.

OpenCLIP's models take the exact GELU, unless `quick_gelu` is in their configuration or their name ends in -quickgelu.
Sources: open_clip model.py (CLIPVisionCfg, CLIPTextCfg), factory.py, constants.py, model_configs/*.json.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from minclip.config import HEAD_WIDTH, CLIPConfig
from minclip.formats.files import write_tensors
from minclip.formats.json_files import known, read_json, whole, write_json
from minclip.formats.names import OPENAI
from minclip.formats.tokenizer_files import write_tokenizer
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer

CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
PREFIX = "open_clip"  # how its weights files begin on the Hub
# of the 48,894 merges that CLIP uses, a line each
OPENAI_MERGES_SHA256 = "f61f2adf497e6f5357c347aeb4646fabe82f341e946de5bdec5d2858e41bef4a"
QUICK_GELU = "-quickgelu"  # how the names of its models with that activation end

# models by OpenCLIP's names (dashes, where OpenAI has slashes): all with the exact GELU
H_14 = CLIPConfig(1024, 224, 14, 1280, 32, 1024, 16, 24, vision_head_width=80, quick_gelu=False)
MODELS = {name: replace(CLIPConfig.preset(name), quick_gelu=False) for name in ("RN50", "RN101", "RN50x4", "RN50x16")}
MODELS |= {
    "RN50x64": replace(CLIPConfig.preset("RN50x64"), quick_gelu=False),
    "ViT-B-32": replace(CLIPConfig.preset("ViT-B/32"), quick_gelu=False),
    "ViT-B-32-256": replace(CLIPConfig.preset("ViT-B/32"), image_size=256, quick_gelu=False),
    "ViT-B-16": replace(CLIPConfig.preset("ViT-B/16"), quick_gelu=False),
    "ViT-B-16-plus-240": CLIPConfig(640, 240, 16, 896, 12, 640, 10, 12, quick_gelu=False),
    "ViT-L-14": replace(CLIPConfig.preset("ViT-L/14"), quick_gelu=False),
    "ViT-L-14-336": replace(CLIPConfig.preset("ViT-L/14@336px"), quick_gelu=False),
    "ViT-H-14": H_14,
    "ViT-H-14-378": replace(H_14, image_size=378),
    "ViT-g-14": replace(H_14, vision_width=1408, vision_layers=40, vision_head_width=88, vision_mlp_width=6144),
    "ViT-bigG-14": CLIPConfig(
        1280, 224, 14, 1664, 48, 1280, 20, 32, vision_head_width=104, vision_mlp_width=8192, quick_gelu=False
    ),
}

# what else may stand in a configuration file, and the only value that minclip's architecture has for it
ANY = object()
TOP = {"embed_dim": ANY, "vision_cfg": ANY, "text_cfg": ANY, "quick_gelu": ANY, "custom_text": False}
VISION = {"image_size": ANY, "layers": ANY, "width": ANY, "patch_size": ANY, "head_width": ANY, "mlp_ratio": ANY}
VISION |= {"patch_dropout": ANY, "pool_type": "tok", "ls_init_value": None, "timm_model_name": None}
VISION |= {"no_ln_pre": False, "pos_embed_type": "learnable", "output_tokens": ANY, "attentional_pool": False}
TEXT = {"context_length": ANY, "vocab_size": ANY, "width": ANY, "heads": ANY, "layers": ANY, "mlp_ratio": 4.0}
TEXT |= {"pool_type": "argmax", "ls_init_value": None, "embed_cls": False, "no_causal_mask": False, "pad_id": ANY}
TEXT |= {"proj_bias": False, "proj_type": "linear", "output_tokens": ANY, "hf_model_name": None}
TEXT |= {"hf_tokenizer_name": ANY, "tokenizer_kwargs": ANY}
PREPROCESS = {"size": ANY, "mode": "RGB", "mean": ANY, "std": ANY, "interpolation": "bicubic"}
PREPROCESS |= {"resize_mode": "shortest", "fill_color": ANY}


def named(name: str) -> CLIPConfig:
    """The configuration behind one of OpenCLIP's model names.

    >>> named("ViT-B-32").quick_gelu, named("ViT-B-32-quickgelu").quick_gelu
    (False, True)
    """
    plain = name.removesuffix(QUICK_GELU)
    if plain not in MODELS:
        raise ValueError(f"{name!r} is not an OpenCLIP model that minclip knows: choose one of {', '.join(MODELS)}")
    return replace(MODELS[plain], quick_gelu=name != plain)


def read_config(path: Path) -> CLIPConfig:
    """The configuration in an open_clip_config.json. ValueError for a model of another architecture, SigLIP's too."""
    content = read_json(path)
    model = content.get("model_cfg", content)  # open_clip's own model_configs/*.json are the inner part alone
    if isinstance(model, dict) and "init_logit_bias" in model:
        raise ValueError(f"{path}: init_logit_bias makes this a SigLIP, which minclip cannot load yet")
    known(path, "model_cfg", model, TOP, ANY)
    vision, text = model.get("vision_cfg"), model.get("text_cfg")
    known(path, "vision_cfg", vision, VISION, ANY)
    known(path, "text_cfg", text, TEXT, ANY)
    preprocess = content.get("preprocess_cfg", {})
    known(path, "preprocess_cfg", preprocess, PREPROCESS, ANY)
    try:
        width, layers = vision.get("width", 768), vision.get("layers", 12)
        return CLIPConfig(
            embed_dim=model["embed_dim"],
            image_size=vision.get("image_size", 224),
            patch_size=None if isinstance(layers, list) else vision.get("patch_size", 16),
            vision_width=width,
            vision_layers=layers,
            text_width=text.get("width", 512),
            text_heads=text.get("heads", 8),
            text_layers=text.get("layers", 12),
            context_length=text.get("context_length", 77),
            vocab_size=text.get("vocab_size", 49408),
            vision_head_width=vision.get("head_width", HEAD_WIDTH),
            vision_mlp_width=whole(path, "mlp_ratio", vision["mlp_ratio"] * width) if "mlp_ratio" in vision else None,
            quick_gelu=model.get("quick_gelu", False),
            pixel_mean=preprocess.get("mean", MEAN),
            pixel_std=preprocess.get("std", STD),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}" if isinstance(error, KeyError) else f"{path}: {error}") from error


def config_content(config: CLIPConfig, own_words: bool) -> dict:
    """What read_config reads. own_words: the vocabulary is not OpenAI's, so the tokenizer lies beside the weights."""
    vision: dict[str, object] = {
        "image_size": config.image_size,
        "layers": config.vision_layers,
        "width": config.vision_width,
    }
    vision |= {"head_width": config.vision_head_width, "patch_size": config.patch_size}
    if config.vision_mlp_width is not None:
        vision["mlp_ratio"] = (config.vision_mlp_width + 0.5) / config.vision_width  # open_clip cuts the product off
    text: dict[str, object] = {
        "context_length": config.context_length,
        "vocab_size": config.vocab_size,
        "width": config.text_width,
    }
    text |= {"heads": config.text_heads, "layers": config.text_layers}
    if own_words:  # open_clip looks for it in the model's own folder, whatever the name
        text["hf_tokenizer_name"] = "minclip"
    model = {"embed_dim": config.embed_dim, "quick_gelu": config.quick_gelu, "vision_cfg": vision, "text_cfg": text}
    preprocess = {"mean": config.pixel_mean, "std": config.pixel_std, "interpolation": "bicubic"}
    return {"model_cfg": model, "preprocess_cfg": {**preprocess, "resize_mode": "shortest"}}


def is_openais(tokenizer: BPETokenizer) -> bool:
    """Has it OpenAI's vocabulary, which open_clip brings along?"""
    merges = "\n".join(" ".join(pair) for pair in tokenizer.merges)
    return not tokenizer.special_tokens and hashlib.sha256(merges.encode("utf-8")).hexdigest() == OPENAI_MERGES_SHA256


def save_openclip(model: CLIP, tokenizer: BPETokenizer, folder: str | Path) -> None:
    """Writes a folder that `open_clip.create_model_and_transforms("local-dir:FOLDER")` reads."""
    folder = Path(folder)
    write_tokenizer(tokenizer, folder)
    write_json(folder / CONFIG_FILE, config_content(model.config, own_words=not is_openais(tokenizer)))
    write_tensors(folder / WEIGHTS_FILE, OPENAI.from_ours(model.state_dict()), {"format": "pt"})
